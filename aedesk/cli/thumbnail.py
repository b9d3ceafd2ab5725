"""``aedesk thumbnail``: a small PNG of a picture for file managers, called by the installed ``.thumbnailer`` file."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from aedesk.cli import reading
from aedesk.cli.pictures import is_aed, read_aed_file
from aedesk.cli.values import whole
from aedesk.formats.aed_file import PREVIEW
from aedesk.formats.container import read_aed

if TYPE_CHECKING:
    from PIL import Image

    from aedesk.imaging.samples import Pixels

NAME = "thumbnail"
HELP = "Write a small PNG of a picture or an .aed file, as file managers request it."
MAX_EDGE_PX = 4096


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("input", metavar="IN", help="a picture or an .aed file")
    parser.add_argument("-o", "--out", required=True, metavar="OUT", help="the PNG file; an existing one is replaced")
    parser.add_argument("--size", type=whole(1, MAX_EDGE_PX), default=256, metavar="PX", help="longest edge (default 256)")


def run(args: argparse.Namespace) -> int:
    from aedesk.imaging import failures
    from aedesk.imaging.atomic import replacing

    source, target = Path(args.input), Path(args.out)
    if is_aed(source):
        data = read_aed_file(source)
        image, code = _preview(data, args.size), 0
        if image is None:
            image, code = _decode(data, args.size, source.name)
        if image is None:
            return code
    else:
        image = _image(reading.thumbnail(source, args.size))
    with failures.writing(target), replacing(target, overwrite=True) as file:
        image.save(file, "PNG")  # whatever the suffix: file managers use names of their own
    return 0


def _preview(data: bytes, edge_px: int) -> Image.Image | None:
    """Returns the preview in a file if it is large enough. Decoding the file instead would load torch; this does not even load numpy."""
    from aedesk.imaging.preview import open_preview

    file = read_aed(data)
    preview = file.chunk(PREVIEW)
    image = None if preview is None else open_preview(preview, min(edge_px, max(file.width, file.height)))
    if image is not None:
        image.thumbnail((edge_px, edge_px))
    return image


def _decode(data: bytes, edge_px: int, name: str) -> tuple[Image.Image | None, int]:
    """Returns the thumbnail of a decoded file and the exit code; None if the file cannot be decoded."""
    from aedesk.cli.drive import result_of
    from aedesk.core.codec_specs import DecompressSpec
    from aedesk.imaging.thumbnails import small

    result, code = result_of(DecompressSpec(salvage=True, fast=True, device="cpu"), data, title=name)
    return (None if code else _image(small(result.picture, edge_px))), code


def _image(pixels: Pixels) -> Image.Image:
    from PIL import Image

    return Image.fromarray(pixels)
