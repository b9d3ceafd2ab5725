"""Time to inpaint painted areas of a 12-megapixel picture, on the CPU: a bar, a scratch from top to bottom, specks of dust.

    python tests/bench/bench_fill.py PICTURE [MODEL...]

The picture is enlarged to 2832 x 4248 pixels. MODEL is inpaint-photo by default. The time excludes loading the models.
"""

from __future__ import annotations

import sys
import time

import numpy as np
from PIL import Image

from aedesk.core.cancel import CancelToken
from aedesk.core.erase_specs import EraseSpec
from aedesk.imaging.picture import Picture
from aedesk.watermark.single.erase import erase

WIDTH, HEIGHT = 2832, 4248


def masks() -> dict[str, np.ndarray]:
    bar, scratch, specks = (np.zeros((HEIGHT, WIDTH), bool) for _ in range(3))
    bar[2000:2060, 1000:1200] = True
    for row in range(100, 4100):
        scratch[row, 200 + row // 2 : 212 + row // 2] = True
    for top, left in np.random.default_rng(0).integers(0, WIDTH - 8, (200, 2)):
        specks[top : top + 8, left : left + 8] = True
    return {"bar of 200 x 60": bar, "scratch of 12 px": scratch, "200 specks": specks}


def main(path: str, models: list[str]) -> None:
    picture = Picture(np.asarray(Image.open(path).convert("RGB").resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)))
    for model in models:
        for precision in ("bfloat16", "float32"):
            spec = EraseSpec(inpaint_model=model, method="inpaint", device="cpu", precision=precision)
            for number, (name, mask) in enumerate(masks().items()):
                for _ in range(2 if number == 0 else 1):
                    begun = time.perf_counter()
                    list(erase(spec, picture, mask, CancelToken()))
                    seconds = time.perf_counter() - begun
                print(f"{model}, {precision}, {name}: {seconds:.1f} s", flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:] or ["inpaint-photo"])
