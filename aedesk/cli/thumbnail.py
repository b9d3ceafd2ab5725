"""``aedesk thumbnail``: a small PNG of a picture, for the file manager; the installed ``.thumbnailer`` file calls it."""

from __future__ import annotations

import argparse
import io
from pathlib import Path
from typing import TYPE_CHECKING

from aedesk.cli import reading
from aedesk.cli.drive import result_of
from aedesk.cli.pictures import is_aed, read_aed_file
from aedesk.core.codec_specs import DecompressSpec
from aedesk.formats.aed_file import PREVIEW
from aedesk.formats.container import read_aed

if TYPE_CHECKING:
    from aedesk.imaging.picture import Picture

NAME = "thumbnail"
HELP = "Write a small PNG of a picture or an .aed file, as file managers ask for it."
MAX_EDGE_PX = 4096


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("input", metavar="IN", help="a picture or an .aed file")
    parser.add_argument("-o", "--out", required=True, metavar="OUT", help="the PNG file; one that is there is replaced")
    parser.add_argument("--size", type=_edge, default=256, metavar="PX", help="the longer edge at most (default 256)")


def run(args: argparse.Namespace) -> int:
    from aedesk.imaging import failures, png
    from aedesk.imaging.atomic import replacing
    from aedesk.imaging.picture import Picture
    from aedesk.imaging.thumbnails import small

    source, target = Path(args.input), Path(args.out)
    if is_aed(source):
        data = read_aed_file(source)
        picture, code = _preview(data, args.size), 0
        if picture is None:
            result, code = result_of(DecompressSpec(salvage=True, device="cpu"), data, title=source.name)
            if code:
                return code
            picture = result.picture
        pixels = small(picture, args.size)
    else:
        pixels = reading.thumbnail(source, args.size)
    with failures.writing(target), replacing(target, overwrite=True) as file:
        png.write(Picture(pixels), file)  # whatever the name ends in: file managers give names of their own
    return 0


def _preview(data: bytes, edge_px: int) -> Picture | None:
    """The small picture that the file carries, if it is large enough: it saves loading torch."""
    from PIL import Image

    from aedesk.core.errors import AedeskError
    from aedesk.imaging.picture import Picture
    from aedesk.imaging.pillow_reader import samples_of

    file = read_aed(data)
    carried = file.chunk(PREVIEW)
    if carried is None:
        return None
    try:
        with Image.open(io.BytesIO(carried), formats=("JPEG",)) as image:
            if max(image.size) < min(edge_px, max(file.width, file.height)) or max(image.size) > MAX_EDGE_PX:
                return None
            return Picture(samples_of(image.convert("RGB")), icc=image.info.get("icc_profile"))
    except (AedeskError, OSError, ValueError, SyntaxError):  # what Pillow says of spoiled files
        return None


def _edge(text: str) -> int:
    edge = int(text)
    if not 1 <= edge <= MAX_EDGE_PX:
        raise argparse.ArgumentTypeError(f"{edge} is not between 1 and {MAX_EDGE_PX}")
    return edge
