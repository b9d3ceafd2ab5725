"""``aedesk gui``: the window; also what ``aedesk`` alone does."""

from __future__ import annotations

import argparse

NAME = "gui"
HELP = "Open the window (also without any command)."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", nargs="*", metavar="FILE", help="pictures or folders to open")
    parser.add_argument(
        "--smoke-test", metavar="OUT", help="restore the first picture, save it as OUT and close: a test of the installation"
    )


def run(args: argparse.Namespace) -> int:
    from aedesk.gui.app import main

    smoke_test = ["--smoke-test", args.smoke_test] if args.smoke_test else []
    return main([*smoke_test, "--", *args.files])
