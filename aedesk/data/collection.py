"""Training pictures: found in folders and zip files, decoded once, kept as bytes, cropped in batches on any device."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from aedesk.core.errors import DataError

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".tif", ".tiff", ".webp", ".bmp"})


def iterate_pictures(folder: Path, limit: int | None = None) -> Iterator[tuple[str, np.ndarray]]:
    """Names and (H, W, 3) uint8 pixels of every picture below ``folder``, also of those inside zip files, in sorted order.

    Zip files are read in place, so that a shard of a data set need not be unpacked. Raises :class:`DataError` for a folder
    without pictures and for a file that cannot be decoded: a hole in the training data should be seen.
    """
    if not folder.is_dir():
        raise DataError(f"The data folder {folder} does not exist.", "Give the folder of the training pictures with --data.")
    count = 0
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() == ".zip":
            with zipfile.ZipFile(path) as archive:
                for name in sorted(archive.namelist()):
                    if Path(name).suffix.lower() in SUFFIXES and count != limit:
                        yield f"{path.name}/{name}", _decode(io.BytesIO(archive.read(name)), f"{path}/{name}")
                        count += 1
        elif path.suffix.lower() in SUFFIXES and count != limit:
            yield path.relative_to(folder).as_posix(), _decode(path, str(path))
            count += 1
    if not count:
        raise DataError(f"There are no pictures in {folder}.", f"Pictures are {', '.join(sorted(SUFFIXES))} files, or zip files of them.")


def _decode(source: Path | io.BytesIO, name: str) -> np.ndarray:
    try:
        with Image.open(source) as image:
            return np.array(image.convert("RGB"))
    except (OSError, ValueError, SyntaxError) as error:
        raise DataError(f"{name} cannot be decoded: {error}.", "Remove or replace it.") from error


def split(names: Sequence[str], held_out: int) -> tuple[list[int], list[int]]:
    """Indices for training and for validation: every n-th picture is held out, by picture and never by patch."""
    if not held_out:
        return list(range(len(names))), []
    if held_out * 2 > len(names):
        raise DataError(f"{held_out} of {len(names)} pictures cannot be held out for validation.", "Add pictures or hold out fewer.")
    stride = len(names) / held_out
    validation = {int((i + 0.5) * stride) for i in range(held_out)}
    return [i for i in range(len(names)) if i not in validation], sorted(validation)


class PatchStore:
    """All training pictures in one flat buffer, from which a batch of crops is one gather.

    No Python runs per sample, so a GPU never waits. Holds 3 bytes per pixel on ``device``.

    Args:
        pictures: (H, W, 3) uint8 arrays; those smaller than a patch are left out of the draw.
    """

    def __init__(self, pictures: Sequence[np.ndarray], device: torch.device | str = "cpu") -> None:
        if not pictures:
            raise DataError("There is no training picture.", "Give a folder with pictures.")
        sizes = torch.tensor([p.shape[:2] for p in pictures], dtype=torch.int64)
        areas = sizes.prod(1)
        self.height, self.width = sizes[:, 0], sizes[:, 1]
        self.start = areas.cumsum(0) - areas
        self.pixels = torch.empty((int(areas.sum()), 3), dtype=torch.uint8, device=device)
        for picture, start, area in zip(pictures, self.start.tolist(), areas.tolist(), strict=True):
            self.pixels[start : start + area] = torch.from_numpy(np.ascontiguousarray(picture)).reshape(-1, 3).to(device)

    def sample(self, count: int, patch_px: int, generator: torch.Generator) -> Tensor:
        """Random crops with random flips and quarter turns.

        Pictures are drawn in proportion to their area, so that every pixel is as likely as any other.

        Returns:
            (count, 3, patch_px, patch_px) uint8, channels_last, on the store's device.
        """
        fits = (self.height >= patch_px) & (self.width >= patch_px)
        weights = (self.height - patch_px + 1).clamp(min=0) * (self.width - patch_px + 1).clamp(min=0) * fits
        if not bool(fits.any()):
            raise DataError(f"No training picture is {patch_px} pixels wide and high.", "Choose a smaller patch or larger pictures.")
        index = torch.multinomial(weights.double(), count, replacement=True, generator=generator)
        u = torch.rand((2, count), generator=generator, dtype=torch.float64)
        top = (u[0] * (self.height[index] - patch_px + 1)).long()
        left = (u[1] * (self.width[index] - patch_px + 1)).long()
        turn = torch.randint(0, 8, (count,), generator=generator)
        width = self.width[index]
        corner = self.start[index] + top * width + left
        plan = torch.stack((corner, width, turn)).to(self.pixels.device)
        corner, width, turn = (t.view(-1, 1, 1) for t in plan)
        span = torch.arange(patch_px, device=self.pixels.device)
        row, column = span.view(1, -1, 1), span.view(1, 1, -1)
        row, column = torch.where(turn & 1 > 0, column, row), torch.where(turn & 1 > 0, row, column)
        row = torch.where(turn & 2 > 0, patch_px - 1 - row, row)
        column = torch.where(turn & 4 > 0, patch_px - 1 - column, column)
        return self.pixels[corner + row * width + column].permute(0, 3, 1, 2)
