"""What smaller tiles cost in rate: ``python tests/bench/bench_tiles.py PICTURE... [--quality 50] [--tiles 256 512 1024]``.

Tiles are coded independently, so that damage costs less of a picture if they are small, at the price of a higher rate. Each picture is
encoded with every tile size, and the total bytes are compared with those of the largest.
"""

from __future__ import annotations

import argparse
from pathlib import Path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pictures", type=Path, nargs="+")
    parser.add_argument("--model", default="codec-photo")
    parser.add_argument("--quality", type=int, nargs="+", default=[20, 50, 80])
    parser.add_argument("--tiles", type=int, nargs="+", default=[256, 384, 512, 1024], metavar="PX")
    arguments = parser.parse_args()

    from aedesk.codec.learned.codec import LearnedCodec
    from aedesk.codec.loading import load_codec
    from aedesk.codec.picture_codec import EncodeOptions
    from aedesk.imaging.io import read

    codec = load_codec(arguments.model, "cpu")
    if not isinstance(codec, LearnedCodec):
        parser.error(f"{arguments.model} is not a learned codec")
    pictures = [read(path) for path in arguments.pictures]
    for quality in arguments.quality:
        options = {tile: EncodeOptions(quality, tile_px=tile) for tile in arguments.tiles}
        sizes = {tile: sum(len(codec.encode(picture, options[tile]).data) for picture in pictures) for tile in arguments.tiles}
        base = sizes[max(sizes)]
        costs = ", ".join(f"{tile} px {size:,} bytes ({size / base - 1:+.2%})" for tile, size in sizes.items())
        print(f"quality {quality}: {costs}", flush=True)


if __name__ == "__main__":
    main()
