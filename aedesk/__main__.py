"""``python -m aedesk``, and the entry point of the packaged program."""

from __future__ import annotations

import multiprocessing
import sys

if __name__ == "__main__":
    multiprocessing.freeze_support()  # before anything else: a packaged program starts its workers through this file

    from aedesk.cli.main import main

    sys.exit(main())
