"""How commands read pictures: in a process beside this one, so that a file on which a decoder crashes costs no more than itself."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from aedesk.cli.console import note

if TYPE_CHECKING:
    from aedesk.imaging.io import PictureInfo
    from aedesk.imaging.picture import Picture
    from aedesk.imaging.samples import Pixels
    from aedesk.jobs.picture_reader import Reads

_readers: list[Reads] = []


def read(path: Path, page: int | None = None) -> Picture:
    """The picture in a file; what reading it left out or changed is said on stderr. Raises :class:`PictureError`."""
    picture = _reader().read(path, page)
    for sentence in picture.notes:
        note(f"{path}: {sentence}")
    return picture


def probe(path: Path) -> PictureInfo:
    """A description of a picture file. Raises :class:`PictureError`."""
    return _reader().probe(path)


def thumbnail(path: Path, edge_px: int) -> Pixels:
    """(h, w, 3) uint8. Raises :class:`PictureError`."""
    return _reader().thumbnail(path, edge_px)


def close() -> None:
    """End the process, if there is one. The next call starts another."""
    while _readers:
        _readers.pop().close()


def _reader() -> Reads:
    if not _readers:
        _readers.append(_make_reader())
    return _readers[0]


def _make_reader() -> Reads:
    from aedesk.jobs.picture_reader import PictureReader  # late, because most commands read nothing

    return PictureReader()
