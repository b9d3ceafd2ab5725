"""Which formats there are, and how a file is recognised by its first bytes.

The content decides, never the name: a JPEG called ``.png`` is read as a JPEG. Only camera RAW needs the name, because most of
its kinds are TIFF files on the outside.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from aedesk.core.errors import PictureError

HEAD_BYTES = 64
"""How much of a file :func:`identify` wants to see."""
_RAW_NAMES = "dng cr2 cr3 crw nef nrw arw srf sr2 raf orf rw2 pef srw 3fr erf iiq kdc mos mrw rwl x3f"


@dataclass(frozen=True)
class Format:
    """A file format.

    Args:
        name: as in ``Picture.source_format``.
        suffixes: in lower case, the usual one first.
        max_edge_px: longest edge that can be written; 0 if the format is only read.
    """

    name: str
    suffixes: tuple[str, ...]
    max_edge_px: int = 0


FORMATS = (
    Format("JPEG", (".jpg", ".jpeg", ".jpe", ".jfif", ".mpo"), 65_500),
    Format("PNG", (".png",), 1_000_000),
    Format("TIFF", (".tif", ".tiff"), 2**31 - 1),
    Format("WebP", (".webp",), 16_383),
    Format("AVIF", (".avif",), 65_536),
    Format("HEIC", (".heic", ".heif", ".hif")),
    Format("JPEG 2000", (".jp2", ".j2k", ".jpf", ".jpx", ".j2c", ".jpc")),
    Format("BMP", (".bmp", ".dib")),
    Format("GIF", (".gif",)),
    Format("RAW", tuple(f".{name}" for name in _RAW_NAMES.split())),
)

READABLE = frozenset(suffix for form in FORMATS for suffix in form.suffixes)
WRITABLE = frozenset(suffix for form in FORMATS if form.max_edge_px for suffix in form.suffixes if suffix != ".mpo")
_RAW = frozenset(FORMATS[-1].suffixes)

_MAGIC = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
    (b"II+\0", "TIFF"),
    (b"MM\0+", "TIFF"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
    (b"BM", "BMP"),
    (b"\0\0\0\x0cjP  \r\n\x87\n", "JPEG 2000"),
    (b"\xff\x4f\xff\x51", "JPEG 2000"),
    (b"FUJIFILMCCD-RAW", "RAW"),
    (b"IIRO", "RAW"),
    (b"IIU\0", "RAW"),
)


def is_picture_path(path: str | Path) -> bool:
    """Whether the name looks like a picture that can be read."""
    return Path(path).suffix.lower() in READABLE


def format_for_writing(path: Path) -> Format:
    """The format that the suffix of ``path`` asks for.

    Raises:
        PictureError: no format that can be written has this suffix.
    """
    suffix = path.suffix.lower()
    for form in FORMATS:
        if suffix in WRITABLE and suffix in form.suffixes:
            return form
    known = ", ".join(form.suffixes[0] for form in FORMATS if form.max_edge_px)
    raise PictureError(f"{path} cannot be written: {suffix or 'no suffix'} is not a format that can be written.", f"Use one of {known}.")


def format_name(path: Path) -> str:
    """The name of the format that a suffix stands for; "AED" for compressed files, empty for others."""
    suffix = path.suffix.lower()
    return "AED" if suffix == ".aed" else next((form.name for form in FORMATS if suffix in form.suffixes), "")


def identify(path: Path, head: bytes) -> str:
    """Name of the format of a file.

    Args:
        path: for its suffix (camera RAW) and for messages.
        head: the first ``HEAD_BYTES`` of the file, or all of it if it is shorter.

    Raises:
        PictureError: the file is empty or of no known format.
    """
    if not head:
        raise PictureError(f"{path} is empty.", "Copy or export it again.")
    if path.suffix.lower() in _RAW and not head.startswith((b"\xff\xd8", b"\x89PNG")):
        return "RAW"
    for magic, name in _MAGIC:
        if head.startswith(magic):
            return name
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "WebP"
    if head[4:8] == b"ftyp":
        return _identify_brand(path, head)
    what = "It seems to be a text file." if _looks_like_text(head) else "Its first bytes belong to no format that is known here."
    raise PictureError(f"{path} is not a picture. {what}", "Choose a picture: " + ", ".join(form.name for form in FORMATS) + ".")


def _identify_brand(path: Path, head: bytes) -> str:
    """AVIF, HEIC or RAW (Canon CR3) from the brands of an ISO media file."""
    end = min(int.from_bytes(head[:4], "big"), len(head))
    brands = [head[8:12], *(head[at : at + 4] for at in range(16, end - 3, 4))]
    if b"avif" in brands or b"avis" in brands:
        return "AVIF"
    if any(brand in (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1") for brand in brands):
        return "HEIC"
    if brands[0] == b"crx ":
        return "RAW"
    raise PictureError(f"{path} is a video or another media file, not a picture.", "Choose a picture.")


def _looks_like_text(head: bytes) -> bool:
    return all(byte >= 32 or byte in b"\t\r\n\f" for byte in head)
