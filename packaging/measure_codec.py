"""Measures the codec beside JPEG, WebP, AVIF and JPEG XL, and prints the README's tables.

    python packaging/measure_codec.py --data FOLDER [--model codec-photo] [--plot resources/screenshots/rate-distortion.svg] [--record]

FOLDER holds the pictures themselves (Kodak's 24 for the README); it takes some minutes. All codecs run in one process, one after the
other, so that their seconds can be compared.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

from measure import record

from aedesk.analysis.codec.bd_rate import HIGH_DB, LOW_DB, bd_rate
from aedesk.analysis.codec.plot import rate_distortion_svg
from aedesk.core.codec_specs import EvaluateCodecSpec
from aedesk.core.events import Event, Failed, Finished, Progress
from aedesk.imaging.atomic import replacing
from aedesk.jobs.inline import run

Curve = Mapping[str, Any]


def measure(spec: EvaluateCodecSpec) -> dict[str, Any]:
    last: Event | None = None
    for last in run(spec):
        if isinstance(last, Progress):
            print(f"{last.done:.0f}/{last.total:.0f} {last.detail}", file=sys.stderr, end="\r")
    if isinstance(last, Failed):
        sys.exit(f"{last.message} {last.hint}")
    assert isinstance(last, Finished)
    result: dict[str, Any] = last.result
    return result


def bd_table(curves: Sequence[Curve]) -> list[str]:
    """BD-rates between all codecs, and mean encoding and decoding times over the settings inside the PSNR range."""
    names = [curve["name"] for curve in curves]
    lines = [
        f"| | {' | '.join(f'against {name}' for name in names[1:])} | encode s | decode s |",
        "|---" * (len(names) + 2) + "|",
    ]
    for curve in curves:
        figures = [percent(curve, other) for other in curves[1:]]
        counted = [point for point in curve["points"] if LOW_DB <= point["psnr"] <= HIGH_DB] or curve["points"]
        figures += [f"{fmean(point[key] for point in counted):.3f}" for key in ("encode_s", "decode_s")]
        lines.append(f"| {curve['name']} | {' | '.join(figures)} |")
    return lines


def percent(curve: Curve, other: Curve) -> str:
    found = bd_of(curve, other)
    return "-" if found is None else f"{found:+.1f} %"


def bd_of(curve: Curve, other: Curve) -> float | None:
    ours, theirs = ([(point["bpp"], point["psnr"]) for point in points["points"]] for points in (curve, other))
    found = bd_rate(ours, theirs)
    return found.percent if found else None


def quality_table(curve: Curve) -> list[str]:
    lines = ["| quality | bits per pixel | PSNR dB | SSIM | MS-SSIM |", "|---|---|---|---|---|"]
    for point in curve["points"]:
        similar = " | ".join("-" if point[key] is None else f"{point[key]:.4f}" for key in ("ssim", "ms_ssim"))
        lines.append(f"| {point['setting']:g} | {point['bpp']:.3f} | {point['psnr']:.2f} | {similar} |")
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure the codec and print the tables of the README.")
    parser.add_argument("--data", required=True, help="folder of pictures")
    parser.add_argument("--model", default=EvaluateCodecSpec(data="").model)
    parser.add_argument("--preset", default="normal")
    parser.add_argument("--limit", type=int, help="measure on so many pictures only")
    parser.add_argument("--plot", type=Path, help="draw the curves into this SVG file, which may be there already")
    parser.add_argument("--record", action="store_true", help="write the BD-rates into the model file")
    arguments = parser.parse_args()
    if arguments.record and arguments.limit:
        parser.error("--record needs the whole set: leave out --limit")
    result = measure(
        EvaluateCodecSpec(arguments.data, arguments.model, preset=arguments.preset, baselines=True, limit=arguments.limit, device="cpu")
    )
    curves = result["codecs"]
    print(f"{result['data']}, {result['n']} pictures, {result['device']}, {result['threads']} threads\n")
    print("\n".join((*bd_table(curves), "", *quality_table(curves[0]))))
    if arguments.record:
        data = Path(arguments.data).name
        found = {other["name"]: bd_of(curves[0], other) for other in curves[1:]}
        figures = {f"{data}_bd_{name.lower().replace(' ', '_')}": round(value, 1) for name, value in found.items() if value is not None}
        record(arguments.model, figures)
    if arguments.plot:
        with replacing(arguments.plot, overwrite=True) as file:
            file.write(rate_distortion_svg(result).encode())


if __name__ == "__main__":
    main()
