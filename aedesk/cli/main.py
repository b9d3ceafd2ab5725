"""The program ``aedesk``: finds the command, turns errors into messages and exit codes.

Exit codes: 0 all done, 1 something failed, 2 bad usage, 130 interrupted by Ctrl-C (143 by a request to terminate).
"""

from __future__ import annotations

import argparse
import importlib
import io
import sys
from collections.abc import Sequence
from pathlib import Path

from aedesk import __version__
from aedesk.cli import gui, reading
from aedesk.cli.console import complain, stdout_failed
from aedesk.core.errors import AedeskError, SpecError
from aedesk.jobs.streams import ensure_streams

COMMANDS = ("gui", "denoise", "erase", "encode", "decode", "info", "train", "evaluate", "models", "devices", "thumbnail", "self-test")
"""In the order of the help; each is a module of this package."""
BAD_USAGE = 2


def build_parser(first: str = "") -> argparse.ArgumentParser:
    """Returns the parser of the command ``first``, or of all commands if there is none of that name: importing one is much faster."""
    parser = argparse.ArgumentParser(
        prog="aedesk",
        description="Restore and compress photographs with autoencoders. Without a command, the window opens.",
        epilog="`aedesk COMMAND --help` explains a command. Exit codes: 0 all done, 1 something failed, 2 bad usage.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"aedesk {__version__}")
    parser.set_defaults(run=gui.run, files=[], smoke_test=None)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    for name in [first] if first in COMMANDS else COMMANDS:
        command = importlib.import_module(f"aedesk.cli.{name.replace('-', '_')}")
        sub = commands.add_parser(command.NAME, help=command.HELP, description=command.HELP, allow_abbrev=False)
        command.add_arguments(sub)
        sub.set_defaults(run=command.run)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; argparse itself leaves with 2 for what it cannot parse."""
    ensure_streams()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # file names need not be text, and a terminal need not know all letters
    try:
        Path.cwd()
    except OSError:
        complain("The current folder no longer exists. Change to another one.")  # libraries end the program without a word
        return BAD_USAGE
    argv = sys.argv[1:] if argv is None else argv
    args = build_parser(argv[0] if argv else "").parse_args(argv)
    try:
        code: int = args.run(args)
        return code or int(stdout_failed())
    except SpecError as error:
        complain(str(error))
        return BAD_USAGE
    except AedeskError as error:
        complain(str(error))
        return 1
    except KeyboardInterrupt:
        complain("Interrupted.")
        return 130
    finally:
        reading.close()
