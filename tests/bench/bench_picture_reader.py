"""What it costs to read pictures in a process of their own, and what share of a batch that is.

    python tests/bench/bench_picture_reader.py [--count 10] [--megapixels 12]

Reads the same JPEG files here and in the reading process, and denoises one of them for comparison: the overhead of a batch is the extra
time per picture, and once the start of the process, over the time of the whole batch.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from aedesk.core.specs import DenoiseSpec
from aedesk.imaging import io
from aedesk.imaging.picture import Picture
from aedesk.jobs import inline
from aedesk.jobs.picture_reader import InlineReader, PictureReader, Reads


def seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def scene(megapixels: float) -> Picture:
    height, width = round((megapixels * 1e6 * 2 / 3) ** 0.5), round((megapixels * 1e6 * 3 / 2) ** 0.5)
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    planes = [np.sin(x / 37 + at) * np.cos(y / (23 + at)) * 90 + 128 for at in range(3)]
    noise = np.random.default_rng(0).normal(0, 8, (height, width, 3))
    return Picture(np.clip(np.stack(planes, -1) + noise, 0, 255).astype(np.uint8))


def each(reader: Reads, files: list[Path]) -> float:
    """Median seconds for a file."""
    return float(np.median([seconds(lambda file=file: reader.read(file)) for file in files]))  # type: ignore[misc]


def denoise(picture: Picture) -> None:
    for _ in inline.run(DenoiseSpec(device="cpu"), picture):
        pass


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=10)
    parser.add_argument("--megapixels", type=float, default=12)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        picture = scene(args.megapixels)
        files = [io.write(picture, Path(folder) / f"{at}.jpg") for at in range(args.count)]
        InlineReader().read(files[0])
        here = each(InlineReader(), files)
        reader = PictureReader()
        try:
            first = seconds(lambda: reader.read(files[0]))
            there = each(reader, files)
        finally:
            reader.close()
        small = scene(1)
        denoise(small)  # loads torch and the model
        batch = seconds(lambda: denoise(small)) / small.megapixels * picture.megapixels
    start = max(first - there, 0)
    print(f"{picture.megapixels:.0f} MP JPEG: {here * 1000:.0f} ms here, {there * 1000:.0f} ms there; start of the process {start:.2f} s")
    print(f"denoising takes {batch:.1f} s (from 1 MP)")
    share = ((there - here) * args.count + start) / ((here + batch) * args.count)
    print(f"overhead in a batch of {args.count}: {share:.2%} (of reading alone: {there / here - 1:.0%})")


if __name__ == "__main__":
    main()
