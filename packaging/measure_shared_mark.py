"""Evaluates watermark removal from collections, with synthetic watermarks and the service of ``aedesk erase --shared-mark``.

    python packaging/measure_shared_mark.py --data FOLDER [--counts 10 30] [--marks text logo tiled] [--jpeg 0 95] [--alpha 0.5] [--seed 0]

FOLDER holds clean pictures of at least 512 x 512 pixels, such as CID22 validation. PSNR is over the pixels under the watermark, averaged
over the pictures. *Known mark* unblends with the true watermark: the limit set by rounding and JPEG. Each row takes some minutes on two
cores.
"""

from __future__ import annotations

import argparse
import io as streams
import sys
import tempfile
from pathlib import Path
from random import Random
from statistics import fmean

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from aedesk.core.events import Failed, Finished, Progress
from aedesk.core.shared_mark_specs import SharedMarkResult, SharedMarkSpec
from aedesk.imaging import io
from aedesk.imaging.io import is_picture_path
from aedesk.imaging.metrics import psnr
from aedesk.imaging.picture import Picture
from aedesk.jobs.inline import run

EDGE_PX = 512
Array = NDArray[np.float64]


def text_mark() -> tuple[Array, Array]:
    """White words across the middle."""
    canvas = Image.new("L", (EDGE_PX, EDGE_PX), 0)
    ImageDraw.Draw(canvas).text((90, 220), "© Studio Nord", font=ImageFont.load_default(52), fill=255)
    return np.asarray(canvas) / 255, np.ones((EDGE_PX, EDGE_PX, 3))


def logo_mark() -> tuple[Array, Array]:
    """A logo of three colours with a soft edge, near a corner."""
    size, fine = 160, 4
    canvas = Image.new("RGB", (size * fine, size * fine), (200, 40, 40))
    draw = ImageDraw.Draw(canvas)
    draw.ellipse([40 * fine, 40 * fine, 118 * fine, 118 * fine], fill=(240, 220, 60))
    draw.polygon([(x * fine, y * fine) for x, y in ((80, 50), (105, 105), (55, 105))], fill=(20, 60, 160))
    disc = Image.new("L", (size * fine, size * fine), 0)
    ImageDraw.Draw(disc).ellipse([12 * fine, 12 * fine, 148 * fine, 148 * fine], fill=255)
    soft = disc.resize((size, size), Image.Resampling.BOX).filter(ImageFilter.GaussianBlur(4))
    alpha, colour = np.zeros((EDGE_PX, EDGE_PX)), np.ones((EDGE_PX, EDGE_PX, 3))
    alpha[330 : 330 + size, 330 : 330 + size] = np.asarray(soft) / 255
    colour[330 : 330 + size, 330 : 330 + size] = np.asarray(canvas.resize((size, size), Image.Resampling.BOX)) / 255
    return alpha, colour


def tiled_mark() -> tuple[Array, Array]:
    """A gray word, tiled and rotated."""
    canvas = Image.new("L", (900, 900), 0)
    draw = ImageDraw.Draw(canvas)
    for row, y in enumerate(range(0, 900, 80)):
        for x in range(-(row % 2) * 90, 900, 180):
            draw.text((x, y), "PROOF", font=ImageFont.load_default(34), fill=255)
    turned = canvas.rotate(30, Image.Resampling.BICUBIC).crop((194, 194, 194 + EDGE_PX, 194 + EDGE_PX))
    return np.asarray(turned) / 255, np.full((EDGE_PX, EDGE_PX, 3), 0.5)


MARKS = {"text": text_mark, "logo": logo_mark, "tiled": tiled_mark}


def compressed(pixels: NDArray[np.uint8], quality: int) -> NDArray[np.uint8]:
    """Returns pixels after JPEG 4:4:4 compression at that quality; 0 for none."""
    if not quality:
        return pixels
    file = streams.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=quality, subsampling=0)
    return np.asarray(Image.open(file))


def measure(pictures: list[NDArray[np.uint8]], name: str, opacity: float, quality: int) -> str:
    """One row of the table."""
    cover, colour = MARKS[name]()
    alpha = (cover * opacity)[:, :, None]
    inside = alpha[:, :, 0] > 0
    with tempfile.TemporaryDirectory() as folder:
        inputs, outputs, known = [], [], []
        for index, clean in enumerate(pictures):
            marked = compressed(np.rint(255 * (alpha * colour + (1 - alpha) * (clean / 255))).astype(np.uint8), quality)
            io.write(Picture(marked), Path(folder, f"in-{index}.png"))
            inputs.append(str(Path(folder, f"in-{index}.png")))
            outputs.append(str(Path(folder, f"out-{index}.png")))
            best = np.rint(255 * np.clip((marked / 255 - alpha * colour) / (1 - alpha), 0, 1)).astype(np.uint8)
            known.append(psnr(clean[inside][None], best[inside][None]))
        result = clean_up(SharedMarkSpec(tuple(inputs), tuple(outputs), inpaint_model=""))
        kept = [clean for clean, output in zip(pictures, outputs, strict=True) if output in result.written]
        found = [
            psnr(clean[inside][None], io.read(output).pixels[inside][None]) for clean, output in zip(kept, result.written, strict=True)
        ]
    return (
        f"| {name} {opacity:g}{f', JPEG {quality}' if quality else ''} | {len(pictures)} | {fmean(found):.2f} | {min(found):.2f} "
        f"| {fmean(known):.2f} | {result.error:.1f} | {len(result.written)} | {result.seconds:.0f} |"
    )


def clean_up(spec: SharedMarkSpec) -> SharedMarkResult:
    for event in run(spec):
        if isinstance(event, Progress):
            print(f"{event.done:3.0f} % {event.detail:30.30}", file=sys.stderr, end="\r")
        if isinstance(event, Failed):
            sys.exit(f"{event.message} {event.hint}")
        if isinstance(event, Finished):
            result: SharedMarkResult = event.result
            return result
    raise AssertionError("a job ends with a terminal event")


def main() -> None:
    parser = argparse.ArgumentParser(description="Evaluate watermark removal from collections.")
    parser.add_argument("--data", required=True, type=Path, help="folder of clean pictures")
    parser.add_argument("--counts", type=int, nargs="+", default=[10, 30])
    parser.add_argument("--marks", nargs="+", choices=tuple(MARKS), default=list(MARKS))
    parser.add_argument("--jpeg", type=int, nargs="+", default=[0, 95], help="JPEG qualities applied after the watermark, 0 for none")
    parser.add_argument("--alpha", type=float, default=0.5)
    parser.add_argument("--seed", type=int, default=0, help="seed of the order in which pictures are used")
    arguments = parser.parse_args()
    paths = sorted(path for path in arguments.data.iterdir() if is_picture_path(path))
    Random(arguments.seed).shuffle(paths)
    print("| mark, alpha | pictures | PSNR inside dB | least | known mark | expected error | written | seconds |\n" + "|---" * 8 + "|")
    for quality in arguments.jpeg:
        for name in arguments.marks:
            for count in arguments.counts:
                pictures = [io.read(path).pixels[:EDGE_PX, :EDGE_PX] for path in paths[:count]]
                print(measure(pictures, name, arguments.alpha, quality), flush=True)


if __name__ == "__main__":
    main()
