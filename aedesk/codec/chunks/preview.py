"""The preview that a file carries for file managers and lists, which show it without loading the model."""

from __future__ import annotations

from dataclasses import replace

from aedesk.formats.aed_file import PREVIEW, AedFile, Chunk
from aedesk.formats.container import write_aed
from aedesk.imaging.picture import Picture
from aedesk.imaging.preview import encode_preview

MIN_FILE_BYTES = 100_000
MAX_FRACTION = 0.02


def write_with_preview(file: AedFile, picture: Picture) -> bytes:
    """Returns the bytes of a file, with a preview of at most 2 % of their number if there are more than 100,000."""
    data = write_aed(file)
    preview = encode_preview(picture, int(MAX_FRACTION * len(data))) if len(data) > MIN_FILE_BYTES else None
    return data if preview is None else write_aed(replace(file, chunks=(*file.chunks, Chunk(PREVIEW, preview))))
