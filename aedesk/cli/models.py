"""``aedesk models``: what can be used with ``--model``."""

from __future__ import annotations

import argparse
from dataclasses import asdict

from aedesk.cli.console import print_json, say, table
from aedesk.cli.drive import result_of
from aedesk.core.specs import ModelsSpec

NAME = "models"
HELP = "List the models."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print one JSON document with the models' cards")


def run(args: argparse.Namespace) -> int:
    models, code = result_of(ModelsSpec(), title="models")
    if code:
        return code
    if args.json:
        print_json([{**asdict(model), "card": dict(model.card)} for model in models])
    else:
        say(table([(model.name, model.purpose, model.title) for model in models], head=("name", "purpose", "title")))
    return 0
