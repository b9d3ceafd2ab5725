"""The codes of a folder of pictures: what map, ranking, features and probe begin with."""

from __future__ import annotations

from collections.abc import Generator, Hashable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from aedesk.analysis.latents import heat
from aedesk.analysis.latents.framing import square, square_edge
from aedesk.analysis.latents.latent_model import LatentModel
from aedesk.core.cancel import CancelToken
from aedesk.core.errors import DataError, PictureError
from aedesk.core.events import Event, Log, Progress
from aedesk.core.explore_specs import FolderSpec
from aedesk.imaging.io import is_picture_path, read
from aedesk.imaging.picture import Picture
from aedesk.imaging.thumbnails import thumbnail
from aedesk.models.descriptor import Descriptor

BATCH = 32
THUMBNAIL_PX = 64


@dataclass(frozen=True)
class FolderCodes:
    """What a model makes of the pictures of a folder.

    Args:
        paths: of the pictures that could be read; ``classes``: the sub-folder of each, empty without one.
        squares: (n, C, e, e) uint8: what the network was given.
        codes: (n, d) float32, flattened.
        errors: (n,) root mean square error in gray levels.
        note: how pictures became squares.
    """

    paths: tuple[Path, ...]
    classes: tuple[str, ...]
    squares: Tensor
    codes: NDArray[np.float32]
    errors: NDArray[np.float32]
    note: str

    def floats(self, chosen: slice | list[int]) -> Tensor:
        """Some of the squares as (m, C, e, e) in [0, 1]."""
        return self.squares[chosen].float() / 255


def find_pictures(folder: Path, limit: int) -> list[Path]:
    """The pictures below a folder by name, hidden ones left out; of more than ``limit``, evenly spaced ones.

    Raises :class:`DataError` for a folder that does not exist or holds no picture.
    """
    if not folder.is_dir():
        raise DataError(f"The folder {folder} does not exist.", "Choose another folder.")
    found = sorted(path for path in folder.rglob("*") if is_picture_path(path) and path.is_file())
    found = [path for path in found if not any(part.startswith(".") for part in path.relative_to(folder).parts)]
    if not found:
        raise DataError(f"There are no pictures in {folder}.", "Choose another folder.")
    return [found[index * len(found) // limit] for index in range(limit)] if len(found) > limit else found


def class_of(path: Path, folder: Path) -> str:
    """The name of the folder's own sub-folder that a picture lies in; empty for none."""
    inside = path.relative_to(folder).parts
    return inside[0] if len(inside) > 1 else ""


def read_squares(paths: list[Path], contract: Descriptor, fit: str, edge_px: int, cancel: CancelToken) -> Iterator[Tensor | PictureError]:
    """(1, C, e, e) uint8 of each picture in turn, or why it cannot be read."""
    edge = square_edge(contract, edge_px)
    for path in paths:
        cancel.check()
        try:
            picture = read(path) if fit == "crop" else _small(path, edge)
            found, _ = square(picture, contract, fit, edge)
        except PictureError as error:
            yield error
            continue
        yield found.mul(255).round().to(torch.uint8)


def folder_codes(spec: FolderSpec, model: LatentModel, least: int, cancel: CancelToken) -> Generator[Event, None, FolderCodes]:
    """Encode and decode every picture. Pictures that cannot be read are left out and named in the log.

    Raises :class:`DataError` if fewer than ``least`` can be read.
    """
    folder = Path(spec.folder)
    wanted = find_pictures(folder, spec.limit)
    key = _key(spec, model, wanted)
    if key in _latest:
        yield Log("The codes of these pictures are still known.")
        return _enough(_latest[key], folder, least)
    paths, squares, codes, errors = [], [], [], []
    waiting: list[Tensor] = []

    def finish() -> None:
        batch = torch.cat(waiting)
        given = batch.float() / 255
        code = model.encode(given)
        errors.append(heat.rms(given, model.decode(code)))
        codes.append(_flat(code, spec.pooling))
        squares.append(batch)
        waiting.clear()

    for done, (path, found) in enumerate(
        zip(wanted, read_squares(wanted, model.descriptor, spec.fit, spec.edge_px, cancel), strict=True), start=1
    ):
        if isinstance(found, PictureError):
            yield Log(f"Left out: {found}", "warning")
        else:
            paths.append(path)
            waiting.append(found)
            if len(waiting) == BATCH:
                finish()
        yield Progress(done, len(wanted), "pictures", path.name)
    if waiting:
        finish()
    if not paths:
        raise DataError(f"None of the {len(wanted)} pictures in {folder} can be read.", "The log has the reasons.")
    edge = squares[0].shape[-1]
    how = "at full resolution" if spec.fit == "crop" else "scaled"
    note = f"{len(paths)} pictures, the middle square of each {how} to {edge} \N{MULTIPLICATION SIGN} {edge}."
    made = FolderCodes(
        tuple(paths),
        tuple(class_of(path, folder) for path in paths),
        torch.cat(squares),
        torch.cat(codes).numpy(),
        torch.cat(errors).numpy(),
        note,
    )
    _latest.clear()
    _latest[key] = made
    return _enough(made, folder, least)


def thumbnails(squares: Tensor) -> Tensor:
    """(n, C, e, e) uint8 to (n, 3, t, t) in [0, 1] with t at most ``THUMBNAIL_PX``."""
    pictures = squares.float() / 255
    if pictures.shape[-1] > THUMBNAIL_PX:
        pictures = torch.nn.functional.interpolate(pictures, (THUMBNAIL_PX, THUMBNAIL_PX), mode="area")
    return pictures.expand(-1, 3, -1, -1)


_latest: dict[Hashable, FolderCodes] = {}
"""The last folder, because questions about one come in a row. Whatever changes a code or a file is part of the key."""


def _key(spec: FolderSpec, model: LatentModel, wanted: list[Path]) -> Hashable:
    stamps = tuple((str(path), stat.st_mtime_ns, stat.st_size) for path in wanted if (stat := path.stat()))
    return (model.network, spec.folder, spec.fit, spec.edge_px, spec.pooling, stamps)


def _enough(found: FolderCodes, folder: Path, least: int) -> FolderCodes:
    if len(found.paths) < least:
        what = "1 readable picture" if len(found.paths) == 1 else f"{len(found.paths)} readable pictures"
        raise DataError(f"{folder} holds {what}; this needs at least {least}.", "Choose a folder with more pictures.")
    return found


def _flat(code: Tensor, pooling: str) -> Tensor:
    if pooling == "mean" and code.dim() == 4:
        return code.mean((2, 3))
    return code.flatten(1)


def _small(path: Path, edge: int) -> Picture:
    """Read no larger than a square of ``edge`` needs: pictures up to three times as long as wide stay sharp."""
    return Picture(thumbnail(path, max(3 * edge, 192)))
