"""``aedesk gui``: the window; also what ``aedesk`` alone does."""

from __future__ import annotations

import argparse

NAME = "gui"
HELP = "Open the window (also without any command)."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", nargs="*", metavar="FILE", help="pictures or folders to open")


def run(args: argparse.Namespace) -> int:
    from aedesk.gui.app import main

    return main(args.files)
