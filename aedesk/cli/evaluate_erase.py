"""``aedesk evaluate erase``: measure the erasing on a folder of clean pictures."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import Any

from aedesk.cli.console import print_json, say, table
from aedesk.cli.drive import result_of
from aedesk.cli.values import device, whole
from aedesk.core.erase_specs import PRECISIONS, EvaluateEraseSpec

NAME = "erase"
CLEAN = {"tone": "", "untouched": ".0%", "above_50_db": ".0%", "psnr_least": ".1f"}
HELP = "Measure the erasing: marks found and taken off, clean pictures left alone, holes filled."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    default = EvaluateEraseSpec(data="")
    parser.add_argument("--data", required=True, metavar="DIR", help="a folder of clean pictures")
    parser.add_argument("--model", default=default.model, metavar="NAME|FILE", help="takes marks off (default %(default)s)")
    parser.add_argument("--inpaint-model", default=default.inpaint_model, metavar="NAME|FILE", help="fills holes (default %(default)s)")
    parser.add_argument("--baselines", "--peers", action="store_true", help="also run OpenCV's two methods of inpainting")
    parser.add_argument("--logos", default=default.logos, metavar="DIR", help="logos (PNG) for marks, none of them trained on")
    parser.add_argument("--fonts", default=default.fonts, metavar="DIR", help="fonts for marks, none of them trained on")
    parser.add_argument("--limit", type=whole(1), default=None, metavar="N", help="use only the first N pictures")
    parser.add_argument("--seed", type=whole(0), default=default.seed, metavar="N", help="of the marks (default 0)")
    parser.add_argument("--device", type=device, default=default.device, metavar="auto|cpu|cuda:N", help="where to compute (default auto)")
    parser.add_argument("--precision", choices=PRECISIONS, default=default.precision, help="of the networks (default auto)")
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def run(args: argparse.Namespace) -> int:
    spec = EvaluateEraseSpec(
        data=args.data,
        model=args.model,
        inpaint_model=args.inpaint_model,
        baselines=args.baselines,
        logos=args.logos,
        fonts=args.fonts,
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
    """The figures in three tables."""
    head = ("kind", "alpha", "removed", "marked dB", "restored dB", "inside, before", "after", "F1", "coverage")
    keys = {
        "kind": "", "alpha": "g", "removed": ".0%", "psnr_marked": ".2f", "psnr": ".2f", "psnr_marked_inside": ".2f", "psnr_inside": ".2f",
        "f1": ".3f", "coverage": ".3f",
    }  # fmt: skip
    rows = [tuple(format(row[key], form) for key, form in keys.items()) for row in result["automatic"]]
    about = f"{result['data']}, {result['n']} pictures, {result['device']}, {result['precision']}, {result['seconds']:.0f} s"
    clean = [tuple(format(row[key], form) for key, form in CLEAN.items()) for row in result["clean"]]
    brush = result["brush"]
    filled = [
        (result["inpaint_model"], f"{brush['psnr_inside']:.2f}"),
        *((p["name"], f"{p['psnr_inside']:.2f}") for p in brush.get("baselines", ())),
    ]
    tables = (
        table(rows, head=head),
        table(clean, head=("clean pictures", "untouched", "50 dB or more", "worst dB")),
        table(filled, head=("holes filled by", "inside dB")),
    )
    return "\n\n".join((about, *tables))
