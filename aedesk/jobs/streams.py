"""Standard streams for programs that have none."""

from __future__ import annotations

import os
import sys


def ensure_streams() -> None:
    """Give a windowed build, where ``sys.stdout`` is None, streams that swallow what libraries print."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115 - it lives as long as the process
