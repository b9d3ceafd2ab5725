"""Pictures as commands take and leave them: files of any format that can be read, .aed files among them."""

from __future__ import annotations

import argparse
from collections.abc import Collection, Iterator
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from aedesk.cli import reading
from aedesk.cli.batch import Run
from aedesk.cli.console import note
from aedesk.core.codec_specs import DecompressSpec
from aedesk.core.errors import DeviceError, ModelError, PictureError, SpecError
from aedesk.formats.aed_file import MAGIC, SUFFIX

if TYPE_CHECKING:
    from aedesk.imaging.picture import Picture

ALL_PAGES = "all"
PAGE_HELP = "which picture of a file that holds several (default: the first); with all, those of a TIFF file become the pages of another"


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


def read_picture(path: Path, run: Run, device: str, page: int | None = None) -> Picture:
    """The picture in a file, or the one with the number ``page`` (from 1); an .aed file is decoded by a job.

    Raises:
        AedeskError: it cannot be read or decoded.
    """
    if is_aed(path):
        picture: Picture = run(DecompressSpec(device=device), read_aed_file(path)).result.picture
        return picture
    return reading.read(path, None if page is None else page - 1)


def pictures_of(source: Path, output: Path, run: Run, device: str, page: int | str | None) -> Iterator[Picture]:
    """The picture of a file, or with ``page`` "all" its pictures, one after the other.

    Args:
        page: from 1, "all", or None for the first with a note that there are others.

    Raises:
        AedeskError: one cannot be read or decoded, or ``output`` cannot hold several pages.
    """
    if page != ALL_PAGES:
        yield read_picture(source, run, device, None if page is None else int(page))
        return
    count = 1 if is_aed(source) else reading.probe(source).frames
    if count > 1 and format_name(output) != "TIFF":
        raise PictureError(
            f"{source} holds {count} pictures, and {output.name} can hold one.", "Give the name of a TIFF file, or a --page."
        )
    for number in range(1, count + 1):
        yield read_picture(source, run, device, number)


def write_pictures(pictures: Iterator[Picture], output: Path, args: argparse.Namespace) -> None:
    """Write one picture, or several as the pages of a TIFF file; what the format does not keep is said on stderr.

    Args:
        args: with the options of ``outputs.add_arguments``.

    Raises:
        AedeskError: a picture cannot be made or written.
    """
    from aedesk.imaging import io

    first = _fitting(next(pictures), output, args.drop_metadata)
    make_folder_of(output)
    note_losses(first, output)
    if format_name(output) == "TIFF":
        io.write_pages(chain([first], pictures), output, overwrite=args.overwrite)
    else:
        io.write(first, output, overwrite=args.overwrite)


def _fitting(picture: Picture, output: Path, drop_metadata: bool) -> Picture:
    """Returns the picture, if need be without metadata that the format has no room for. Raises :class:`PictureError`."""
    from aedesk.imaging.metadata_room import oversized, without

    name = format_name(output)
    too_large = oversized(picture, name)
    if not too_large:
        return picture
    blocks = " and ".join(f"{block.upper()} block of {size:,} bytes" for block, size in too_large.items())
    if not drop_metadata:
        hint = "Choose another format, or leave out what does not fit: --drop-metadata."
        raise PictureError(f"{output} cannot be written: {name} has no room for the picture's {blocks}.", hint)
    note(f"{output}: {name} has no room for the picture's {blocks}, which is left out.")
    return without(picture, too_large)


def note_losses(picture: Picture, output: Path) -> None:
    """Say on stderr what a file of this name will not keep of a picture."""
    from aedesk.imaging.losses import losses

    for sentence in losses(picture, format_name(output)):
        note(f"{output}: {sentence}")


def format_name(path: Path) -> str:
    from aedesk.imaging import formats

    return formats.format_name(path)


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
    from aedesk.models.files.zoo import model_info

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
    from aedesk.models.inference.devices import resolve_device

    try:
        resolve_device(device)
    except DeviceError as error:
        raise SpecError(error.message, error.hint) from error
