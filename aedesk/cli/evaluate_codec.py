"""``aedesk evaluate codec``: rate, fidelity and time per quality, from real files."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aedesk.cli.console import note, print_json, say, table
from aedesk.cli.drive import result_of
from aedesk.cli.values import device, list_of, whole
from aedesk.core.codec_specs import PRESETS, EvaluateCodecSpec
from aedesk.core.errors import SpecError

NAME = "codec"
HELP = "Measure a codec: bits per pixel of whole files, PSNR, SSIM, MS-SSIM, time."
COLUMNS = {"setting": "g", "bpp": ".4f", "psnr": ".2f", "ssim": ".4f", "ms_ssim": ".4f", "encode_s": ".3f", "decode_s": ".3f"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    default = EvaluateCodecSpec(data="")
    parser.add_argument("--data", required=True, metavar="DIR", help="a folder of pictures")
    parser.add_argument(
        "--model", default=default.model, metavar="NAME|FILE", help="a codec or any model with a latent (default %(default)s)"
    )
    parser.add_argument(
        "--qualities",
        type=list_of(whole(0, 100)),
        default=default.qualities,
        metavar="Q,Q,...",
        help="qualities to measure (default 0,10,...,100)",
    )
    parser.add_argument("--preset", choices=PRESETS, default=default.preset, help="encoder preset (default normal)")
    parser.add_argument(
        "--baselines", "--peers", action="store_true", help="also measure JPEG, WebP, AVIF and JPEG XL, with BD-rates against each"
    )
    parser.add_argument("--limit", type=whole(1), default=None, metavar="N", help="use only the first N pictures")
    parser.add_argument("--device", type=device, default=default.device, metavar="auto|cpu|cuda:N", help="device to run on (default auto)")
    parser.add_argument("--plot", metavar="FILE.svg", help="also draw the rate-distortion curves")
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def run(args: argparse.Namespace) -> int:
    spec = EvaluateCodecSpec(
        data=args.data,
        model=args.model,
        qualities=args.qualities,
        preset=args.preset,
        baselines=args.baselines,
        limit=args.limit,
        device=args.device,
    )
    if args.plot and Path(args.plot).exists():
        raise SpecError(f"{args.plot} exists already.", "Choose another name for the plot.")  # before minutes of measuring
    result, code = result_of(spec, title="evaluate codec")
    if code:
        return code
    if args.json:
        print_json(result)
    else:
        say(describe(result))
    if args.plot:
        write_plot(result, Path(args.plot))
        note(f"{args.plot} shows the curves.")
    return 0


def describe(result: Mapping[str, Any]) -> str:
    """Returns a table of all points, then one of BD-rates."""
    rows = [
        (codec["name"], *("-" if point[name] is None else format(point[name], form) for name, form in COLUMNS.items()))
        for codec in result["codecs"]
        for point in codec["points"]
    ]
    text = f"{result['data']}, {result['n']} pictures, {result['device']}, {result['threads']} threads\n\n"
    text += table(rows, head=("codec", *COLUMNS))
    if result["bd_rates"]:
        rates = [
            (name, *((f"{found['percent']:+.1f}", f"{found['low_db']:.1f} to {found['high_db']:.1f}") if found else ("-", "no overlap")))
            for name, found in result["bd_rates"].items()
        ]
        text += "\n\n" + table(rates, head=("BD-rate against", "%", "over dB"))
    return text


def write_plot(result: Mapping[str, Any], path: Path) -> None:
    """Writes the curves as SVG. Raises :class:`PictureError` if the file cannot be written or already exists."""
    from aedesk.analysis.codec.plot import rate_distortion_svg
    from aedesk.imaging import failures
    from aedesk.imaging.atomic import replacing

    with failures.writing(path), replacing(path, overwrite=False) as file:
        file.write(rate_distortion_svg(result).encode())
