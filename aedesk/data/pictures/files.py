"""Lists picture files in folders and zip archives without decoding them, and gives access to archive members."""

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
    """A picture file, or a member of a zip archive.

    Args:
        path: of the picture, or of the archive.
        name: path relative to the searched folder, with ``/`` as the separator on every system; an archive counts as a folder.
        member: name inside the archive; empty for a plain file.
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
        """The name of the first sub-folder, which is the picture's class; empty for files and archives directly in the searched folder."""
        first, slash, _ = self.name.partition("/")
        return first if slash and not (self.member and first == self.path.name) else ""


class Unpacker:
    """Gives access to picture files on the disk, extracting archive members: ``with Unpacker() as unpacker: unpacker.path(file)``.

    Archives stay open until the end, because reading the directory of a large one takes long.
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
        """Returns the path of a picture on the disk. An extracted archive member is overwritten by the next one.

        Raises :class:`PictureError` if a member cannot be extracted.
        """
        if not file.member:
            return file.path
        # The readers recognise formats by content, except camera RAW files, which need the suffix.
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
            raise PictureError(f"{file.path}/{file.member} cannot be extracted: {error}.", "Create the archive again.") from error
        return copy

    def read(self, file: PictureFile) -> Picture:
        """Decodes a picture. Raises :class:`PictureError`, which names archive members as ``archive.zip/member``."""
        try:
            return read(self.path(file))
        except MemoryError as error:
            raise PictureError(f"{file.path / file.member} needs more memory than there is.", "Make it smaller, or remove it.") from error
        except PictureError as error:
            if not file.member:
                raise
            raise PictureError(f"{file.path}/{file.member} cannot be read: {error.message}", error.hint) from error


def find_pictures(folder: Path, cancel: CancelToken, problems: list[str] | None = None) -> list[PictureFile]:
    """Returns all pictures below a folder and in its zip archives, sorted by path; hidden files are skipped.

    Args:
        problems: receives a message for each archive that cannot be read; None makes that an error.

    Raises :class:`DataError` if the folder does not exist or contains no pictures.
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
            f"There are no pictures in {folder}.", "Choose a folder that contains pictures (JPEG, PNG, TIFF, ...) or zip archives of them."
        )
    return found


def listed_files(files: Sequence[str]) -> list[PictureFile]:
    """Returns single pictures by their paths. Raises :class:`DataError` for one that does not exist."""
    for file in files:
        if not Path(file).is_file():
            raise DataError(f"The training picture {file} does not exist.", "Check the path; the file may have been moved or renamed.")
    return [PictureFile(Path(file), Path(file).name) for file in files]


def _members(path: Path) -> list[str]:
    try:
        with zipfile.ZipFile(path) as archive:
            return sorted(name for name in archive.namelist() if is_picture_path(name) and not _hidden(name))
    except ZIP_ERRORS as error:
        raise DataError(f"{path} cannot be read as a zip archive: {error}.", "Remove it, or create it again.") from error


def _hidden(name: str) -> bool:
    """Whether a file is hidden; macOS adds ``._name`` and ``__MACOSX`` entries to archives."""
    return any(part.startswith((".", "__MACOSX")) for part in name.split("/"))
