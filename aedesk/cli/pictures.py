"""Pictures as commands take and leave them: files of any format that can be read, .aed files among them."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

from aedesk.cli import reading
from aedesk.cli.batch import Run
from aedesk.core.codec_specs import DecompressSpec
from aedesk.core.errors import DeviceError, ModelError, PictureError, SpecError
from aedesk.formats.aed_file import MAGIC, SUFFIX

if TYPE_CHECKING:
    from aedesk.imaging.picture import Picture


def is_source(name: str) -> bool:
    """Whether the name looks like something that :func:`read_picture` reads."""
    from aedesk.imaging.io import is_picture_path

    return is_picture_path(name) or is_aed_name(name)


def is_aed_name(name: str) -> bool:
    return name.lower().endswith(SUFFIX)


def is_aed(path: Path) -> bool:
    """Whether it is an .aed file, by its first bytes or, so that a damaged one is told as such, by its name.

    Raises:
        PictureError: it cannot be read.
    """
    from aedesk.imaging import failures, limits

    with failures.reading(path):
        limits.check_file(path)
        with path.open("rb") as file:
            return file.read(len(MAGIC)) == MAGIC or is_aed_name(path.name)


def read_aed_file(path: Path) -> bytes:
    """The bytes of an .aed file. Raises :class:`PictureError` if they cannot be read."""
    from aedesk.imaging import failures, limits

    with failures.reading(path):
        limits.check_file(path)
        return path.read_bytes()


def read_picture(path: Path, run: Run, device: str) -> Picture:
    """The picture in a file; an .aed file is decoded by a job.

    Raises:
        AedeskError: it cannot be read or decoded.
    """
    if is_aed(path):
        picture: Picture = run(DecompressSpec(device=device), read_aed_file(path)).result.picture
        return picture
    return reading.read(path)


def make_folder_of(output: Path) -> None:
    """Make the folder that an output is to lie in. Raises :class:`PictureError`."""
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise PictureError(f"The folder {output.parent} cannot be made: {error.strerror}.", "Choose another output.") from error


def check_model(name: str, device: str, purposes: Collection[str]) -> None:
    """Bad names of models and devices are bad usage, told once instead of for every picture.

    Raises:
        SpecError: there is no such model or device, or the model is for none of the ``purposes``.
    """
    from aedesk.models.zoo import model_info

    try:
        purpose = model_info(name).purpose
        if purpose not in purposes:
            raise SpecError(f"The model {name} is made to {purpose}, which is not what this is for.", "`aedesk models` lists the models.")
        check_device(device)
    except ModelError as error:
        raise SpecError(error.message, error.hint) from error


def check_device(device: str) -> None:
    """Raises :class:`SpecError` if there is no such device; torch is not imported for "auto"."""
    if device == "auto":
        return
    from aedesk.models.devices import resolve_device

    try:
        resolve_device(device)
    except DeviceError as error:
        raise SpecError(error.message, error.hint) from error
