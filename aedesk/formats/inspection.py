"""Facts about an .aed file, as JSON values."""

from __future__ import annotations

from typing import Any

from aedesk.formats.aed_file import VERSION
from aedesk.formats.container import read_aed
from aedesk.formats.limits import DEFAULT_LIMITS, Limits


def inspect(data: bytes, limits: Limits = DEFAULT_LIMITS) -> dict[str, Any]:
    """Returns the header fields and sizes of a file as JSON values. Raises :class:`FormatError` as ``read_aed`` does."""
    file = read_aed(data, limits)
    payload = sum(map(len, file.tiles))
    chunks = sum(len(chunk.data) for chunk in file.chunks)
    return {
        "format": "aed",
        "version": VERSION,
        "width": file.width,
        "height": file.height,
        "channels": file.channels,
        "bit_depth": file.bit_depth,
        "kind": file.kind,
        "model_id": file.model_id.hex(),
        "quality": file.quality,
        "size_bytes": len(data),
        "bpp": 8 * len(data) / (file.width * file.height),
        "tile_px": file.tile_px,
        "tiles": len(file.tiles),
        "tile_bytes": payload,
        "damaged_tiles": sorted(file.damaged),
        "chunks": [{"kind": chunk.kind, "size_bytes": len(chunk.data)} for chunk in file.chunks],
        "overhead_bytes": len(data) - payload - chunks,
    }
