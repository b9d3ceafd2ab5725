"""Picture files: found in folders and inside zip files, without decoding any."""

from __future__ import annotations

import lzma
import shutil
import struct
import zipfile
import zlib
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from aedesk.core.cancel import CancelToken
from aedesk.core.errors import DataError, PictureError
from aedesk.core.leftovers import scratch_folder
from aedesk.imaging.io import is_picture_path, read
from aedesk.imaging.picture import Picture

MAX_MEMBER_BYTES = 1 << 30
"""Of a picture inside a zip file: what it is unpacked to must fit on the disk beside everything else."""
ZIP_ERRORS = (
    *(OSError, zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError),
    *(KeyError, ValueError, NotImplementedError, RuntimeError, OverflowError),
)
"""What ``zipfile`` raises for damaged archives."""


@dataclass(frozen=True)
class PictureFile:
    """A picture on the disk, or a member of a zip file.

    Args:
        path: of the picture, or of the zip file.
        name: where it lies below the folder that was searched, with ``/`` on every system; a zip file counts as a folder.
        member: name inside the zip file, empty for a file of its own.
    """

    path: Path
    name: str
    member: str = ""

    @property
    def stem(self) -> str:
        """``name`` without its suffix."""
        return str(PurePosixPath(self.name).with_suffix(""))

    @property
    def label(self) -> str:
        """The first sub-folder, by which classes are told apart; empty directly in the folder or in a zip file there."""
        first, slash, _ = self.name.partition("/")
        return first if slash and not (self.member and first == self.path.name) else ""


class Unpacker:
    """Gives picture files as files of their own: ``with Unpacker() as unpacker: unpacker.path(file)``.

    Zip files stay open in between, because finding their members anew for every picture takes long in large ones.
    """

    def __init__(self) -> None:
        self._cleanup = ExitStack()
        self._archives: dict[Path, zipfile.ZipFile] = {}

    def __enter__(self) -> Unpacker:
        self._folder = self._cleanup.enter_context(scratch_folder())
        return self

    def __exit__(self, *_: object) -> None:
        self._cleanup.close()

    def path(self, file: PictureFile) -> Path:
        """The picture on the disk. A member of a zip file is copied, over the one before it.

        Raises :class:`PictureError`.
        """
        if not file.member:
            return file.path
        # The readers take files, and know every format by its content; the suffix tells them a camera's RAW.
        copy = self._folder / f"picture{PurePosixPath(file.member).suffix}"
        try:
            if file.path not in self._archives:
                self._archives[file.path] = self._cleanup.enter_context(zipfile.ZipFile(file.path))
            archive = self._archives[file.path]
            size = archive.getinfo(file.member).file_size
            if size > MAX_MEMBER_BYTES:
                hint = f"The limit is {MAX_MEMBER_BYTES >> 20:,} MiB: unpack it, or remove it."
                raise PictureError(f"{file.path}/{file.member} has {size / 2**20:,.0f} MiB.", hint)
            with archive.open(file.member) as packed, copy.open("wb") as unpacked:
                shutil.copyfileobj(packed, unpacked)
        except ZIP_ERRORS as error:
            raise PictureError(f"{file.path}/{file.member} cannot be unpacked: {error}.", "Pack it again.") from error
        return copy

    def read(self, file: PictureFile) -> Picture:
        """The picture, decoded. Raises :class:`PictureError` naming the file as a person knows it."""
        try:
            return read(self.path(file))
        except MemoryError as error:
            raise PictureError(f"{file.path / file.member} needs more memory than there is.", "Make it smaller, or remove it.") from error
        except PictureError as error:
            if not file.member:
                raise
            raise PictureError(f"{file.path}/{file.member} cannot be read: {error.message}", error.hint) from error


def find_pictures(folder: Path, cancel: CancelToken, problems: list[str] | None = None) -> list[PictureFile]:
    """Every picture below ``folder`` by its name, also those inside zip files, sorted; hidden files are left out.

    Args:
        problems: is told of zip files that cannot be read; None makes them an error.

    Raises :class:`DataError` for a folder that does not exist or holds no picture.
    """
    if not folder.is_dir():
        raise DataError(f"The data folder {folder} does not exist.", "Choose the folder of the training pictures (--data).")
    found: list[PictureFile] = []
    for path in sorted(folder.rglob("*")):
        cancel.check()
        name = path.relative_to(folder).as_posix()
        if _hidden(name):
            continue
        if path.suffix.lower() == ".zip":
            try:
                found += [PictureFile(path, f"{name}/{member}", member) for member in _members(path)]
            except DataError as error:
                if problems is None:
                    raise
                problems.append(error.message)
        elif is_picture_path(path) and path.is_file():
            found.append(PictureFile(path, name))
    if not found:
        raise DataError(
            f"There are no pictures in {folder}.", "Choose a folder with pictures (JPEG, PNG, TIFF, ...) or with zip files of them."
        )
    return found


def listed_files(files: Sequence[str]) -> list[PictureFile]:
    """Single pictures by their paths. Raises :class:`DataError` for one that does not exist."""
    for file in files:
        if not Path(file).is_file():
            raise DataError(f"The training picture {file} does not exist.", "Check the name; it may have been moved or renamed.")
    return [PictureFile(Path(file), Path(file).name) for file in files]


def _members(path: Path) -> list[str]:
    try:
        with zipfile.ZipFile(path) as archive:
            return sorted(name for name in archive.namelist() if is_picture_path(name) and not _hidden(name))
    except ZIP_ERRORS as error:
        raise DataError(f"{path} cannot be read as a zip file: {error}.", "Remove it or pack it again.") from error


def _hidden(name: str) -> bool:
    """Whether a person would not see the file: macOS leaves ``._name`` and ``__MACOSX`` beside the pictures it packs."""
    return any(part.startswith((".", "__MACOSX")) for part in name.split("/"))
