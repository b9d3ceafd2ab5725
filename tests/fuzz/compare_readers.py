"""Compares how aedesk reads the pictures of a folder with independent decoders.

    python tests/fuzz/compare_readers.py FOLDER [--list KIND] [--tolerance 2.5]

The others are Pillow and Qt, and libtiff for TIFF; OpenCV, too, if it is installed. Each file is read in processes that may crash. Colours
are compared as stored, without colour management, upright, in 8 bits; CMYK and Lab are left out, because every program converts them
differently. Kinds of outcomes:

    same        at least one other decoder gives the same pixels, within the tolerance (mean absolute difference of 255)
    differs     others read it, and none agrees
    refused     aedesk refuses what another decoder reads
    alone       only aedesk reads it
    unreadable  nobody reads it
    crashed     a decoder ended aedesk's reading process

The exit code is 1 if anything differs, is refused or has crashed.
"""

from __future__ import annotations

import argparse
import sys
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from aedesk.core.errors import PictureError
from aedesk.imaging import formats
from aedesk.imaging.picture import Picture
from aedesk.imaging.samples import to_8_bit
from aedesk.jobs.picture_reader import PictureReader

KINDS = ("same", "differs", "refused", "alone", "unreadable", "crashed")
TOLERANCE = 2.5
WRONG = {"differs", "refused", "crashed"}


def by_pillow(path: Path) -> np.ndarray | None:
    from PIL import Image, ImageOps

    Image.MAX_IMAGE_PIXELS = None
    with Image.open(path) as image:
        if image.mode in ("CMYK", "LAB", "F"):
            return None
        image.load()
        if image.format != "TIFF":
            image = ImageOps.exif_transpose(image)
        if image.mode.startswith("I"):
            deep = np.asarray(image).astype(np.int64)
            return np.repeat((deep // 256).clip(0, 255).astype(np.uint8)[:, :, np.newaxis], 3, axis=2)
        return np.asarray(image.convert("RGB"))


def by_qt(path: Path) -> np.ndarray | None:
    from PySide6.QtGui import QColorSpace, QImage, QImageReader

    QImageReader.setAllocationLimit(0)
    reader = QImageReader(str(path))
    reader.setDecideFormatFromContent(True)
    reader.setAutoTransform(True)
    image = reader.read()
    if image.isNull() or image.format() == QImage.Format.Format_CMYK8888:
        return None
    image.setColorSpace(QColorSpace())
    image = image.convertToFormat(QImage.Format.Format_RGBA8888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : image.width() * 4].reshape(image.height(), image.width(), 4)[:, :, :3].copy()


def by_libtiff(path: Path) -> np.ndarray | None:
    import imagecodecs

    if path.read_bytes()[:4] not in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"):
        return None
    decoded = imagecodecs.tiff_decode(path.read_bytes(), index=0, asrgb=True)
    return np.asarray(decoded)[..., :3] if decoded.dtype == np.uint8 and decoded.ndim == 3 else None


def by_opencv(path: Path) -> np.ndarray | None:
    try:
        import cv2
    except ImportError:
        return None
    decoded = cv2.imread(str(path), cv2.IMREAD_COLOR)
    return None if decoded is None else decoded[:, :, ::-1]


OTHERS: tuple[Callable[[Path], np.ndarray | None], ...] = (by_pillow, by_qt, by_libtiff, by_opencv)


def attempt(decoder: Callable[[Path], np.ndarray | None], path: Path) -> np.ndarray | None:
    """What a decoder makes of a file; None if it refuses."""
    warnings.simplefilter("ignore")
    try:
        return decoder(path)
    except Exception:  # whatever it raises, it does not read the file
        return None


class Others:
    """The other decoders, in a process that is replaced after a crash."""

    def __init__(self) -> None:
        self._pool = self._new_pool()

    def _new_pool(self) -> ProcessPoolExecutor:
        return ProcessPoolExecutor(1, mp_context=get_context("spawn"))

    def read(self, path: Path) -> Iterator[tuple[str, np.ndarray]]:
        for decoder in OTHERS:
            try:
                found = self._pool.submit(attempt, decoder, path).result()
            except BrokenProcessPool:
                self._pool = self._new_pool()
                continue
            if found is not None and found.size:
                yield decoder.__name__.removeprefix("by_"), found

    def close(self) -> None:
        self._pool.shutdown()


def difference(picture: Picture, other: np.ndarray) -> float:
    """Mean absolute difference of the colours where the picture is not transparent; 255 if the sizes differ.

    Qt and libtiff may give colours multiplied by alpha; the smaller of both differences counts.
    """
    ours = to_8_bit(picture.pixels)
    if ours.shape[:2] != other.shape[:2]:
        return 255.0
    ours = np.broadcast_to(ours, (*ours.shape[:2], 3))
    if picture.alpha is None:
        return float(np.abs(ours.astype(int) - other).mean())
    alpha = to_8_bit(picture.alpha)
    seen = alpha > 0
    multiplied = ours * (alpha[:, :, np.newaxis] / 255)
    return min(float(np.abs(colours[seen] - other[seen]).mean()) if seen.any() else 0.0 for colours in (ours.astype(float), multiplied))


def judged(path: Path, reader: PictureReader, others: Others, tolerance: float = TOLERANCE) -> tuple[str, str]:
    """The kind of outcome for one file, and its details."""
    picture, message = None, ""
    try:
        picture = reader.read(path)
    except PictureError as error:
        message = str(error)
    if "stopped working" in message:
        return "crashed", message
    found = dict(others.read(path))
    if picture is None:
        return ("refused", f"{message} Read by {', '.join(found)}.") if found else ("unreadable", message)
    if not found or any("CMYK" in note or "Lab" in note for note in picture.notes):
        return "alone", repr(picture)
    differences = {name: difference(picture, other) for name, other in found.items()}
    told = ", ".join(f"{name} {value:.2f}" for name, value in differences.items())
    return ("same" if min(differences.values()) <= tolerance else "differs"), f"{picture}: {told}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--list", choices=KINDS, nargs="*", default=sorted(WRONG), help="kinds whose files are listed")
    parser.add_argument("--tolerance", type=float, default=TOLERANCE)
    args = parser.parse_args()
    files = sorted(path for path in args.folder.rglob("*") if path.is_file() and formats.is_picture_path(path))
    reader, others = PictureReader(), Others()
    counts: Counter[str] = Counter()
    try:
        for path in files:
            kind, details = judged(path, reader, others, args.tolerance)
            counts[kind] += 1
            if kind in args.list:
                print(f"{kind:10} {path.relative_to(args.folder)}: {details}", flush=True)
    finally:
        reader.close()
        others.close()
    print(f"{len(files)} files: " + ", ".join(f"{counts[kind]} {kind}" for kind in KINDS))
    return 1 if any(counts[kind] for kind in WRONG) else 0


if __name__ == "__main__":
    sys.exit(main())
