"""``aedesk evaluate``: measure a model on a folder of pictures; each task has options of its own."""

from __future__ import annotations

import argparse

from aedesk.cli import evaluate_codec, evaluate_denoise, evaluate_erase, evaluate_repair

NAME = "evaluate"
HELP = "Measure a model on a folder of pictures."
TASKS = (evaluate_denoise, evaluate_erase, evaluate_repair, evaluate_codec)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    tasks = parser.add_subparsers(title="tasks", metavar="TASK", required=True)
    for task in TASKS:
        sub = tasks.add_parser(task.NAME, help=task.HELP, description=task.HELP, allow_abbrev=False)
        task.add_arguments(sub)
        sub.set_defaults(measure=task.run)


def run(args: argparse.Namespace) -> int:
    code: int = args.measure(args)
    return code
