"""``aedesk evaluate repair``: measure the repair of prints on a folder of clean pictures."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import Any

from aedesk.cli.console import print_json, say, table
from aedesk.cli.drive import result_of
from aedesk.cli.values import device, number, whole
from aedesk.core.damage_specs import DAMAGE_KINDS, PRECISIONS, EvaluateRepairSpec

NAME = "repair"
HELP = "Measure the repair of prints: damage found, undamaged pictures left alone."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    default = EvaluateRepairSpec(data="")
    parser.add_argument("--data", required=True, metavar="DIR", help="a folder of clean pictures")
    parser.add_argument("--model", default=default.model, metavar="NAME|FILE", help="finds damage (default %(default)s)")
    parser.add_argument("--sensitivity", type=number(0, 1), default=default.sensitivity, metavar="0..1", help="default %(default)s")
    parser.add_argument("--limit", type=whole(1), default=None, metavar="N", help="use only the first N pictures")
    parser.add_argument("--seed", type=whole(0), default=default.seed, metavar="N", help="of prints and damage (default 0)")
    parser.add_argument("--device", type=device, default=default.device, metavar="auto|cpu|cuda:N", help="where to compute (default auto)")
    parser.add_argument("--precision", choices=PRECISIONS, default=default.precision, help="of the network (default auto)")
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def run(args: argparse.Namespace) -> int:
    spec = EvaluateRepairSpec(
        data=args.data,
        model=args.model,
        sensitivity=args.sensitivity,
        limit=args.limit,
        seed=args.seed,
        device=args.device,
        precision=args.precision,
    )
    result, code = result_of(spec, title=f"evaluate {NAME}")
    if code:
        return code
    if args.json:
        print_json(result)
    else:
        say(describe(result))
    return 0


def describe(result: Mapping[str, Any]) -> str:
    """The figures as a table, and a line about undamaged pictures."""
    rows = [(kind, *(f"{result[kind][key]:.3f}" for key in ("f1", "precision", "recall"))) for kind in DAMAGE_KINDS]
    sound = result["undamaged"]
    about = f"{result['data']}, {result['n']} pictures, {result['device']}, {result['precision']}, {result['seconds']:.0f} s"
    kept = f"undamaged: {100 * sound['untouched']:.1f} % untouched, {100 * sound['small']:.1f} % with at most 0.1 % of their pixels marked"
    return "\n\n".join((about, table(rows, head=("damage", "F1", "precision", "recall")), f"{kept}, at worst {100 * sound['worst']:.2f} %"))
