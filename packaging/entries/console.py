"""The packaged command line."""

from __future__ import annotations

import multiprocessing
import sys

if __name__ == "__main__":
    multiprocessing.freeze_support()  # before anything else: the workers are this program too

    from aedesk.cli.main import main

    sys.exit(main())
