"""Fits the thresholds of watermark removal on training pictures and training watermarks, and prints them.

    python packaging/fit_watermark_thresholds.py tiled --data PICTURES --fonts FONTS [--logos LOGOS] [--count N] [--seed S] [--json FILE]

PICTURES is a folder of training pictures, or of zip files with them; FONTS and LOGOS are those that ``packaging/mark_sources.py`` keeps for
training. Never use a reported set. Each method is a function below that measures the evidence on watermarked and on clean pictures.

``tiled``: each picture is measured clean and with one text or logo of one colour tiled over it (every other one as a JPEG), and so are
drawn textures (stripes, checks, bricks, weave and dots, in uneven light and with noise), alone and on half of a picture. A threshold lies
halfway between the 10th percentile of watermarks that are removed (by 3 dB or more) and the highest smaller value without a tiled
watermark. A picture must reach all of them; the number of clean pictures and textures that do is part of the result.
"""

from __future__ import annotations

import argparse
import io
import json
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import asdict, fields
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from aedesk.core.cancel import CancelToken
from aedesk.core.generators import result_of
from aedesk.data.watermarks.bank import ShapeBank, training_bank
from aedesk.data.watermarks.held_out import blend_over_pixels
from aedesk.data.watermarks.sampling import VISIBLE_ALPHA, place_shape
from aedesk.imaging.io import is_picture_path
from aedesk.imaging.metrics import psnr
from aedesk.imaging.picture import Picture
from aedesk.watermark.tiled.lattice import find_lattice
from aedesk.watermark.tiled.removal import Evidence, TiledMark, find_tiled_mark

EDGE_PX = 768
MIN_GAIN_DB = 3.0
"""Gain of PSNR under the watermark from which it counts as removed."""
LATTICE_ONLY = Evidence(4.0, 0.5, -np.inf, -np.inf)
"""Evidence from which pictures are measured further: half of a lattice, and any watermark."""


def pictures(folder: Path, count: int, rng: Random) -> Iterator[NDArray[np.uint8]]:
    """Yields ``count`` random training pictures (H, W, 3), cropped to ``EDGE_PX``."""
    archives = [zipfile.ZipFile(path) for path in sorted(folder.glob("*.zip"))]
    members = [(archive, name) for archive in archives for name in archive.namelist() if is_picture_path(name)]
    files = sorted(path for path in folder.rglob("*") if path.suffix != ".zip" and is_picture_path(path))
    for item in rng.sample([*members, *files], min(count, len(members) + len(files))):
        source = io.BytesIO(item[0].read(item[1])) if isinstance(item, tuple) else item
        yield np.array(Image.open(source).convert("RGB"))[:EDGE_PX, :EDGE_PX]


def draw_tiled(bank: ShapeBank, height: int, width: int, rng: Random) -> tuple[Tensor, Tensor]:
    """Returns premultiplied colour (1, 3, H, W) and alpha (1, 1, H, W) of a shape, tiled in white, gray or any colour."""
    shape = bank[rng.randrange(len(bank))]
    while shape.has_colour or not 0.2 < shape.proportions < 6:
        shape = bank[rng.randrange(len(bank))]
    size = rng.uniform(50, 130)
    sides = (size * min(1.0, shape.proportions), size / max(1.0, shape.proportions))
    cell = (sides[0] * rng.uniform(1.1, 1.7), max(30.0, sides[1] * rng.uniform(1.3, 3)))
    angle = rng.choice((0.0, rng.uniform(-0.9, 0.9)))
    placed = place_shape(shape.planes(size), height, width, (rng.uniform(0, width), rng.uniform(0, height)), size, angle, cell)
    alpha = placed[3:] * rng.uniform(0.25, 0.6)
    colour = placed.new_tensor(rng.choice(((1, 1, 1), (1, 1, 1), (0.6, 0.6, 0.6), [rng.random() for _ in range(3)])))
    return (alpha * colour.view(3, 1, 1))[None], alpha[None]


def textures(count: int, rng: np.random.Generator) -> Iterator[NDArray[np.uint8]]:
    """Yields drawn periodic textures in uneven light and with noise, which must not be taken for a tiled watermark."""
    y, x = np.mgrid[0:512, 0:640].astype(float)
    for number in range(count):
        angle, pitch = rng.uniform(0, np.pi), rng.uniform(24, 90)
        u, v = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
        row = np.floor(v / pitch)
        kinds = (
            (u % pitch < pitch * 0.4).astype(float),
            (np.floor(u / pitch) + row) % 2,
            np.minimum(v % pitch > 4, (u + pitch * (row % 2)) % (2 * pitch) > 4).astype(float),
            np.where(((np.floor(u / pitch) + row) % 2) > 0, np.abs(np.sin(np.pi * u / 12)), np.abs(np.sin(np.pi * v / 12))),
            (np.hypot(u % pitch - pitch / 2, v % pitch - pitch / 2) < pitch / 4).astype(float),
        )
        pattern = 0.35 + rng.uniform(0.15, 0.5) * kinds[number % len(kinds)]
        light = 0.6 + 0.4 * np.sin(x / rng.uniform(80, 400) + rng.uniform(0, 6)) * np.cos(y / rng.uniform(80, 400))
        noisy = pattern * light + rng.normal(0, rng.uniform(0, 0.05), pattern.shape)
        tint = rng.uniform(0.5, 1, 3)
        yield np.rint(255 * np.clip(noisy[:, :, None] * tint, 0, 1)).astype(np.uint8)


def fit_tiled(arguments: argparse.Namespace) -> dict[str, Any]:
    """Fits ``aedesk.watermark.tiled.removal.MIN_EVIDENCE``."""
    rng = Random(arguments.seed)
    bank = training_bank(seed=arguments.seed, logos=arguments.logos, fonts=arguments.fonts)
    watermarked: list[tuple[Evidence, bool]] = []
    clean: list[Evidence] = []
    kept: list[NDArray[np.uint8]] = []
    for number, pixels in enumerate(pictures(arguments.data, arguments.count, rng)):
        premultiplied, alpha = draw_tiled(bank, *pixels.shape[:2], rng)
        seen = blend_over_pixels(pixels, premultiplied, alpha)
        if number % 2:
            seen = recompress(seen, rng.randint(85, 95))
        inside = (alpha[0, 0] > VISIBLE_ALPHA).numpy()
        mark = find_mark(seen)
        if mark is not None and inside.any():
            before, after = (psnr(each[inside][None], pixels[inside][None]) for each in (seen, mark.remove_from(seen)))
            watermarked.append((mark.evidence, after >= before + MIN_GAIN_DB))
            print(f"{number} watermarked {asdict(mark.evidence)} {before:.1f} to {after:.1f} dB", file=sys.stderr, flush=True)
        else:
            print(f"{number} watermarked: nothing of one colour on a lattice", file=sys.stderr, flush=True)
        lattice = find_lattice(pixels.mean(2, dtype=np.float32) / 255)
        if lattice is not None:
            clean.append(Evidence(lattice.peak, lattice.peak_fraction))
        clean += measure_evidence(pixels, f"{number} clean")
        kept.append(pixels)
    for number, texture in enumerate(textures(max(10, arguments.count // 2), np.random.default_rng(arguments.seed))):
        clean += measure_evidence(texture, f"texture {number}")
        clean += measure_evidence(with_texture(texture, kept[number % len(kept)]), f"texture {number} on half of a picture")
    thresholds = {each.name: fit_threshold(each.name, [e for e, good in watermarked if good], clean) for each in fields(Evidence)}
    minimum = Evidence(**thresholds)
    return {
        "thresholds": thresholds,
        "pictures": arguments.count,
        "removed": sum(good for _, good in watermarked),
        "accepted": sum(e.reaches(minimum) for e, good in watermarked if good),
        "not_removed_but_accepted": sum(e.reaches(minimum) for e, good in watermarked if not good),
        "clean": len(clean),
        "clean_but_accepted": sum(e.reaches(minimum) for e in clean),
    }


def recompress(pixels: NDArray[np.uint8], quality: int) -> NDArray[np.uint8]:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=quality)
    return np.array(Image.open(file))


def with_texture(texture: NDArray[np.uint8], picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Returns a picture whose left half is a texture."""
    height, width = (min(edges) for edges in zip(texture.shape[:2], picture.shape[:2], strict=True))
    result = picture[:height, :width].copy()
    result[:, : width // 2] = texture[:height, : width // 2]
    return result


def find_mark(pixels: NDArray[np.uint8]) -> TiledMark | None:
    mark: TiledMark | None = result_of(find_tiled_mark(Picture(pixels), CancelToken(), LATTICE_ONLY))
    return mark


def measure_evidence(pixels: NDArray[np.uint8], name: str) -> list[Evidence]:
    mark = find_mark(pixels)
    if mark is None:
        return []
    print(f"{name} {asdict(mark.evidence)}", file=sys.stderr, flush=True)
    return [mark.evidence]


def fit_threshold(name: str, good: list[Evidence], bad: list[Evidence]) -> float:
    accepted = float(np.quantile([getattr(e, name) for e in good], 0.1)) if good else 0.0
    highest = max((value for e in bad if (value := getattr(e, name)) < accepted), default=0.0)
    return round((accepted + highest) / 2, 3)


METHODS = {"tiled": fit_tiled}


def main() -> None:
    parser = argparse.ArgumentParser(description="Fit thresholds of watermark removal on training data.")
    parser.add_argument("method", choices=tuple(METHODS))
    parser.add_argument("--data", type=Path, required=True, help="folder of training pictures, or of zip files with them")
    parser.add_argument("--fonts", default="", help="folder of training fonts")
    parser.add_argument("--logos", default="", help="folder of training logos")
    parser.add_argument("--count", type=int, default=40, help="pictures to measure on")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path, help="write the result here too")
    arguments = parser.parse_args()
    result = json.dumps(METHODS[arguments.method](arguments), indent=1)
    print(result)
    if arguments.json:
        arguments.json.write_text(result, "utf-8")


if __name__ == "__main__":
    main()
