"""Seconds, memory and bits of the codec: ``python tests/bench/bench_codec.py PICTURE [--megapixels 24] [--model codec-photo]``.

One picture (of Kodak's, say) is encoded and decoded several times, beside Pillow's default AVIF in the same run, and the bits of its file
are held against what the model's tables say the symbols cost. Then a large picture, made of mirrored copies of the first, is encoded and
decoded once, each in a process of its own whose peak of resident memory is told (picture, torch and all). The median of the times counts.
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
    parser.add_argument("--child", choices=("encode", "decode"), help=argparse.SUPPRESS)
    parser.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        large(arguments)
        return
    small(arguments)
    with tempfile.TemporaryDirectory() as folder:
        for child in ("encode", "decode"):
            subprocess.run([sys.executable, __file__, *sys.argv[1:], "--child", child, "--file", f"{folder}/a.aed"], check=True)


def small(arguments: argparse.Namespace) -> None:
    import torch

    from aedesk.codec.loading import load_codec
    from aedesk.codec.picture_codec import EncodeOptions
    from aedesk.formats.container import read_aed
    from aedesk.imaging.io import read
    from aedesk.imaging.metrics import psnr

    picture, codec = read(arguments.picture), load_codec(arguments.model, "cpu")
    encode_s, encoded = timed(lambda: codec.encode(picture, EncodeOptions(arguments.quality, count_bits=True)))
    decode_s, decoded = timed(lambda: codec.decode(read_aed(encoded.data)).picture)
    avif_s, avif = timed(lambda: as_avif(Image.fromarray(picture.pixels)), 3)
    estimate = float(encoded.bits.sum()) + encoded.side_bits
    file = read_aed(encoded.data)
    bpp, fidelity = 8 * len(encoded.data) / picture.width / picture.height, psnr(picture.pixels, decoded.pixels)
    payload = sum(map(len, file.tiles))
    print(f"{picture.width} x {picture.height}, quality {arguments.quality}, {torch.get_num_threads()} threads")
    print(f"{bpp:.3f} bpp, {fidelity:.2f} dB")
    print(f"encode {encode_s:.3f} s, decode {decode_s:.3f} s; AVIF encode {avif_s:.3f} s for {len(avif)} bytes")
    print(f"file {len(encoded.data)} bytes, of them coded {payload}; estimated {estimate / 8:.1f}: {8 * payload / estimate - 1:+.3%}")
    if arguments.slow:
        slow_s, slow = timed(lambda: codec.encode(picture, EncodeOptions(arguments.quality, slow=True)), 1)
        again = codec.decode(read_aed(slow.data)).picture
        print(f"preset slow: {slow_s:.1f} s, {len(slow.data)} bytes, {psnr(picture.pixels, again.pixels):.2f} dB")


def large(arguments: argparse.Namespace) -> None:
    """The child process: encode or decode the large picture once, the model already loaded."""
    from aedesk.codec.loading import load_codec
    from aedesk.codec.picture_codec import EncodeOptions
    from aedesk.formats.container import read_aed
    from aedesk.imaging.io import read
    from aedesk.imaging.picture import Picture

    codec = load_codec(arguments.model, "cpu")
    begun = time.perf_counter()
    if arguments.child == "encode":
        picture = Picture(mirrored(read(arguments.picture).pixels, arguments.megapixels))
        begun = time.perf_counter()
        arguments.file.write_bytes(codec.encode(picture, EncodeOptions(arguments.quality)).data)
    else:
        picture = codec.decode(read_aed(arguments.file.read_bytes())).picture
    seconds = time.perf_counter() - begun
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    bpp = 8 * arguments.file.stat().st_size / (picture.width * picture.height)
    print(f"{picture.width} x {picture.height}: {arguments.child} {seconds:.1f} s, peak {peak:.2f} GB, {bpp:.3f} bpp")


def mirrored(pixels: np.ndarray, megapixels: float) -> np.ndarray:
    """A picture of this size and the proportions 3:2, from copies that meet without an edge."""
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
    """Median of the seconds, and the last result; one round before them does not count."""
    seconds = []
    result = work() if rounds > 1 else None
    for _ in range(rounds):
        begun = time.perf_counter()
        result = work()
        seconds.append(time.perf_counter() - begun)
    return median(seconds), result


if __name__ == "__main__":
    main()
