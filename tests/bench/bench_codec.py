"""Time, memory and rate of the codec: ``python tests/bench/bench_codec.py PICTURE [--megapixels 24] [--model codec-photo]``.

One picture, such as one of Kodak's, is encoded and decoded several times, next to Pillow's default AVIF in the same run; medians are
printed, and the size of its file compared with the estimate from the model's tables. Then a large picture, made of mirrored copies of the
first, is encoded and decoded once, fully and fast, each in a process of its own. Printed are the time, the processor time, which hardly
depends on other load, and the peak of resident memory, including the picture and torch.
"""

from __future__ import annotations

import argparse
import io
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from PIL import Image

ROUNDS = 5


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("picture", type=Path)
    parser.add_argument("--model", default="codec-photo")
    parser.add_argument("--quality", type=int, default=50)
    parser.add_argument("--megapixels", type=float, default=24)
    parser.add_argument("--slow", action="store_true", help="also try the preset slow")
    parser.add_argument("--child", choices=("encode", "decode", "fast"), help=argparse.SUPPRESS)
    parser.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        large(arguments)
        return
    small(arguments)
    with tempfile.TemporaryDirectory() as folder:
        for child in ("encode", "decode", "fast"):
            subprocess.run([sys.executable, __file__, *sys.argv[1:], "--child", child, "--file", f"{folder}/a.aed"], check=True)


def small(arguments: argparse.Namespace) -> None:
    import torch

    from aedesk.codec.loading import load_codec
    from aedesk.codec.picture_codec import DecodeOptions, EncodeOptions
    from aedesk.formats.container import read_aed
    from aedesk.imaging.io import read
    from aedesk.imaging.metrics import psnr

    picture, codec = read(arguments.picture), load_codec(arguments.model, "cpu")
    encode_s, encoded = timed(lambda: codec.encode(picture, EncodeOptions(arguments.quality, count_bits=True)))
    decode_s, decoded = timed(lambda: codec.decode(read_aed(encoded.data)).picture)
    fast_s, base = timed(lambda: codec.decode(read_aed(encoded.data), DecodeOptions(fast=True)).picture)
    avif_s, avif = timed(lambda: as_avif(Image.fromarray(picture.pixels)), 3)
    estimate = float(encoded.bits.sum()) + encoded.side_bits
    file = read_aed(encoded.data)
    bpp, fidelity = 8 * len(encoded.data) / picture.width / picture.height, psnr(picture.pixels, decoded.pixels)
    payload = sum(map(len, file.tiles))
    print(f"{picture.width} x {picture.height}, quality {arguments.quality}, {torch.get_num_threads()} threads")
    print(f"{bpp:.3f} bpp, {fidelity:.2f} dB, fast decode {psnr(picture.pixels, base.pixels):.2f} dB")
    print(f"encode {encode_s:.3f} s, decode {decode_s:.3f} s, fast decode {fast_s:.3f} s; AVIF encode {avif_s:.3f} s for {len(avif)} bytes")
    print(f"file {len(encoded.data)} bytes, of which payload {payload}; estimated {estimate / 8:.1f}: {8 * payload / estimate - 1:+.3%}")
    if arguments.slow:
        slow_s, slow = timed(lambda: codec.encode(picture, EncodeOptions(arguments.quality, slow=True)), 1)
        again = codec.decode(read_aed(slow.data)).picture
        print(f"preset slow: {slow_s:.1f} s, {len(slow.data)} bytes, {psnr(picture.pixels, again.pixels):.2f} dB")


def large(arguments: argparse.Namespace) -> None:
    """Encodes or decodes the large picture once, with the model already loaded; runs in a child process."""
    from aedesk.codec.loading import load_codec
    from aedesk.codec.picture_codec import DecodeOptions, EncodeOptions
    from aedesk.formats.container import read_aed
    from aedesk.imaging.io import read
    from aedesk.imaging.picture import Picture

    codec = load_codec(arguments.model, "cpu")
    begun, cpu = time.perf_counter(), time.process_time()
    if arguments.child == "encode":
        picture = Picture(mirrored(read(arguments.picture).pixels, arguments.megapixels))
        begun, cpu = time.perf_counter(), time.process_time()
        arguments.file.write_bytes(codec.encode(picture, EncodeOptions(arguments.quality)).data)
    else:
        picture = codec.decode(read_aed(arguments.file.read_bytes()), DecodeOptions(fast=arguments.child == "fast")).picture
    seconds, cpu_s = time.perf_counter() - begun, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    bpp = 8 * arguments.file.stat().st_size / (picture.width * picture.height)
    size = f"{picture.width} x {picture.height}"
    print(f"{size}: {arguments.child} {seconds:.1f} s (processor {cpu_s:.1f} s), peak {peak:.2f} GB, {bpp:.3f} bpp")


def mirrored(pixels: np.ndarray, megapixels: float) -> np.ndarray:
    """Returns a picture of this size and aspect ratio 3:2, tiled from mirrored copies."""
    height = round((megapixels * 1e6 / 1.5) ** 0.5)
    width = round(1.5 * height)
    pair = np.concatenate((pixels, pixels[:, ::-1]), axis=1)
    four = np.concatenate((pair, pair[::-1]), axis=0)
    return np.tile(four, (-(-height // four.shape[0]), -(-width // four.shape[1]), 1))[:height, :width]


def as_avif(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "AVIF")
    return file.getvalue()


def timed(work: Callable[[], Any], rounds: int = ROUNDS) -> tuple[float, Any]:
    """Returns the median time in seconds and the last result, after one round for warming up."""
    seconds = []
    result = work() if rounds > 1 else None
    for _ in range(rounds):
        begun = time.perf_counter()
        result = work()
        seconds.append(time.perf_counter() - begun)
    return median(seconds), result


if __name__ == "__main__":
    main()
