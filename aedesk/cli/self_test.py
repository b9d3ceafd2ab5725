"""``aedesk self-test``: does this installation work, from pictures to the worker?"""

from __future__ import annotations

import argparse
import tempfile
import time
import traceback
from pathlib import Path

from aedesk.cli.console import note, say
from aedesk.core.errors import AedeskError

NAME = "self-test"
HELP = "Exercise the installed program end to end."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    pass


def run(args: argparse.Namespace) -> int:
    from aedesk.cli.self_checks import CHECKS

    failures = 0
    with tempfile.TemporaryDirectory(prefix="aedesk-self-test-") as folder:
        for name, check in CHECKS:
            begun = time.monotonic()
            try:
                said, result = check(Path(folder)), "ok"
            except Exception as error:
                said, result = f"{type(error).__name__}: {error}", "FAILED"
                failures += 1
                if not isinstance(error, AedeskError):
                    note(traceback.format_exc())
            say(f"{result:<6}  {time.monotonic() - begun:6.1f} s  {name:<24}  {said}")
    say(f"{len(CHECKS) - failures} of {len(CHECKS)} checks passed.")
    return 1 if failures else 0
