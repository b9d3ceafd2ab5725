"""What a double click starts: the window, with the files that were dropped on it."""

from __future__ import annotations

import multiprocessing
import sys

if __name__ == "__main__":
    multiprocessing.freeze_support()  # before anything else: the workers are this program too

    from aedesk.gui.app import main

    sys.exit(main())
