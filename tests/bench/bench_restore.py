"""Time and peak memory of a restoration: ``python tests/bench/bench_restore.py [--megapixels 12] [--precision auto]``.

Runs the service in this process, with one core's worth of threads per core, on a noise picture made here; prints seconds, megapixels
per second and the peak of resident memory (of the picture, the result, torch and the tiles together).
"""

from __future__ import annotations

import argparse
import resource
import sys

import numpy as np

from aedesk.core.events import Failed, Finished
from aedesk.core.specs import DenoiseSpec
from aedesk.imaging.picture import Picture
from aedesk.jobs.inline import run


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--megapixels", type=float, default=12)
    parser.add_argument("--model", default="denoise-photo")
    parser.add_argument("--precision", default="auto")
    parser.add_argument("--tile", type=int)
    arguments = parser.parse_args()
    height = int((arguments.megapixels * 1e6 * 3 / 4) ** 0.5)
    width = int(arguments.megapixels * 1e6 / height)
    pixels = np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)
    for model_is_loaded in (False, True):
        spec = DenoiseSpec(model=arguments.model, precision=arguments.precision, tile_px=arguments.tile)
        picture = Picture(pixels if model_is_loaded else pixels[:256, :256])
        *_, last = run(spec, picture)
        if isinstance(last, Failed):
            sys.exit(f"{last.message} {last.hint}")
        assert isinstance(last, Finished)
    seconds = last.result.seconds
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    speed = width * height / 1e6 / seconds
    where = f"{last.result.device}, {last.result.precision}"
    print(f"{width} x {height}, {where}: {seconds:.1f} s, {speed:.2f} MP/s, peak {peak:.2f} GB")


if __name__ == "__main__":
    main()
