"""Time to find and remove one text watermark in the corner of a 12-megapixel picture, on the CPU.

    python tests/bench/bench_erase.py PICTURE...

Each picture is enlarged to 4240 x 2830 pixels. The time excludes loading the models.
"""

from __future__ import annotations

import sys
import time
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from aedesk.core.cancel import CancelToken
from aedesk.core.erase_specs import EraseSpec
from aedesk.core.events import Finished
from aedesk.data.watermarks.fonts import built_in_font
from aedesk.imaging.metrics import psnr
from aedesk.imaging.picture import Picture
from aedesk.watermark.single.erase import erase

WIDTH, HEIGHT, ALPHA = 4240, 2830, 0.5


def erased(pixels: np.ndarray, precision: str) -> Any:
    events = erase(EraseSpec(device="cpu", precision=precision), Picture(pixels), None, CancelToken())
    return next(event.result for event in events if isinstance(event, Finished))


def main(paths: list[str]) -> None:
    canvas = Image.new("L", (WIDTH, HEIGHT))
    ImageDraw.Draw(canvas).text((WIDTH - 1250, HEIGHT - 380), "Atelier Blum", fill=255, font=built_in_font(180), stroke_width=3)
    cover = ALPHA * np.asarray(canvas, np.float32)[:, :, None] / 255
    for precision in ("bfloat16", "float32"):
        erased(np.zeros((64, 64, 3), np.uint8), precision)
        for path in paths:
            clean = np.asarray(Image.open(path).convert("RGB").resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS))
            marked = np.rint(cover * 255 + (1 - cover) * clean).astype(np.uint8)
            begun = time.perf_counter()
            result = erased(marked, precision)
            seconds = time.perf_counter() - begun
            print(
                f"{path}, {precision}: {seconds:.1f} s, {psnr(marked, clean):.2f} to {psnr(result.picture.pixels, clean):.2f} dB",
                flush=True,
            )


if __name__ == "__main__":
    main(sys.argv[1:])
