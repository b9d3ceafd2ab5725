"""What a format cannot keep of a picture, in sentences for the user."""

from __future__ import annotations

from aedesk.imaging.picture import Picture

_DEPTHS = {"JPEG": "8 bits", "WebP": "8 bits", "AVIF": "10 bits"}
_NO_IPTC = ("WebP", "AVIF", "AED")
_NO_TEXTS = ("TIFF", "WebP", "AVIF", "AED")


def losses(picture: Picture, format_name: str) -> tuple[str, ...]:
    """What writing a picture as ``format_name`` (a name of ``formats.FORMATS``, or "AED") leaves out or changes."""
    found = []
    if picture.bit_depth == 16 and format_name in _DEPTHS:
        found.append(f"Its 16 bits per channel were reduced to {_DEPTHS[format_name]}, as {format_name} has no more.")
    if picture.alpha is not None and format_name == "JPEG":
        found.append("Its transparency was laid on white, as JPEG has none.")
    if picture.iptc and format_name in _NO_IPTC:
        found.append(f"Its IPTC caption was left out, as {_named(format_name)} has no place for it.")
    texts = [keyword for keyword, _ in picture.text if format_name in _NO_TEXTS or (format_name == "JPEG" and keyword != "Comment")]
    if texts:
        named = ", ".join(dict.fromkeys(texts))
        found.append(f"Its texts ({named}) were left out, as {_named(format_name)} has no place for them.")
    return tuple(found)


def _named(format_name: str) -> str:
    return ".aed" if format_name == "AED" else format_name
