"""``aedesk evaluate denoise``: measure a denoiser on a folder of pictures."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from typing import Any

from aedesk.cli.console import print_json, say, table
from aedesk.cli.drive import result_of
from aedesk.cli.values import device, number, whole
from aedesk.core.specs import HIGHEST_SIGMA, EvaluateDenoiseSpec

NAME = "denoise"
HELP = "Measure a denoiser: PSNR and SSIM."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    default = EvaluateDenoiseSpec()
    parser.add_argument("--data", required=True, metavar="DIR", help="clean pictures, or pairs NAME_real and NAME_mean")
    parser.add_argument("--model", default=None, metavar="NAME|FILE", help="a shipped model or a model file")
    parser.add_argument(
        "--sigma", type=number(0, HIGHEST_SIGMA), default=None, metavar="0..100", help="noise to add to clean pictures (8-bit units)"
    )
    parser.add_argument("--jpeg", type=whole(1), default=None, metavar="1..100", help="JPEG quality to degrade clean pictures with")
    parser.add_argument("--auto", action="store_true", help="do not tell the model the noise level")
    parser.add_argument("--baselines", "--peers", action="store_true", help="also run the classic methods that are installed")
    parser.add_argument("--limit", type=whole(1), default=None, metavar="N", help="use only the first N pictures")
    parser.add_argument("--seed", type=whole(0), default=default.seed, metavar="N", help="of the noise (default 0)")
    parser.add_argument("--device", type=device, default=default.device, metavar="auto|cpu|cuda:N", help="where to compute (default auto)")
    parser.add_argument(
        "--precision", choices=["auto", "float32", "bfloat16", "float16"], default=default.precision, help="of the network (default auto)"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def run(args: argparse.Namespace) -> int:
    spec = EvaluateDenoiseSpec(
        data=args.data,
        model=args.model or ("denoise-photo" if args.sigma is None else "denoise-gaussian"),
        sigma=args.sigma,
        jpeg=args.jpeg,
        auto=args.auto,
        device=args.device,
        precision=args.precision,
        baselines=args.baselines,
        limit=args.limit,
        seed=args.seed,
    )
    result, code = result_of(spec, title=f"evaluate {NAME}")
    if code:
        return code
    if args.json:
        print_json(result)
    else:
        say(table(_lines(result)))
    return 0


def _lines(result: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for key, value in result.items():
        if isinstance(value, Mapping):
            yield from _lines(value, f"{prefix}{key}.")
        elif isinstance(value, list):  # the baselines: tables with a name each
            for entry in value:
                yield from _lines({name: figure for name, figure in entry.items() if name != "name"}, f"{entry['name']}.")
        else:
            yield f"{prefix}{key}", f"{value:.3f}" if isinstance(value, float) else str(value)
