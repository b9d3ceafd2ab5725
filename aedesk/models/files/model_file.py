"""Model files as files: what one holds, told from its header, and a copy with another card. Never loads torch."""

from __future__ import annotations

import json
import shutil
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

from aedesk.core.errors import ModelError
from aedesk.imaging.atomic import replacing
from aedesk.models.files.card import FORMAT, card_of, check_card, read_header

ALIGNMENT_BYTES = 8  # of the tensors; the header is filled up with spaces, as safetensors does
COPY_BYTES = 1 << 20
MAX_DIMENSIONS = 8
MAX_BYTES = 1 << 40
DTYPE_BYTES = {
    **dict.fromkeys(("BOOL", "U8", "I8", "F8_E4M3", "F8_E5M2"), 1),
    **dict.fromkeys(("U16", "I16", "F16", "BF16"), 2),
    **dict.fromkeys(("U32", "I32", "F32"), 4),
    **dict.fromkeys(("U64", "I64", "F64"), 8),
}
"""Bytes per number of the types that safetensors names."""


@dataclass(frozen=True)
class ModelFile:
    """A model file that is whole, as far as its header tells."""

    path: Path
    card: Mapping[str, Any]
    size_bytes: int
    parameters: int


def read_model_file(path: Path | str) -> ModelFile:
    """Read the header. Raises :class:`ModelError` for a file that is no model of aedesk, is cut short, or has a newer card."""
    path = Path(path)
    header, start = read_header(path)
    card = card_of(header, str(path))
    size = path.stat().st_size
    numbers = [_count(entry, path) for key, entry in header.items() if key != "__metadata__"]
    parameters = sum(count for count, _ in numbers)
    end = max((end for _, end in numbers), default=0)
    if size != start + end:
        raise ModelError(
            f"{path} is cut short or has grown: it holds {size:,} bytes and should hold {start + end:,}.",
            "Get the file again from where it came from.",
        )
    return ModelFile(path, card, size, parameters)


def _count(entry: Any, path: Path) -> tuple[int, int]:
    """How many numbers a tensor of the header has, and where it ends (bytes). Raises :class:`ModelError` if that does not fit together."""
    try:
        width, shape, (begin, end) = DTYPE_BYTES[entry["dtype"]], entry["shape"], entry["data_offsets"]
        sizes = [*shape, begin, end]
        count = prod(shape) if len(shape) <= MAX_DIMENSIONS and all(type(size) is int and 0 <= size < MAX_BYTES for size in sizes) else -1
    except (KeyError, TypeError, ValueError):
        count = -1
    if count < 0 or end - begin != count * width:
        raise ModelError(f"The list of tensors in {path} is damaged.", "Get the file again from where it came from.")
    return count, end


def copy_with_card(source: Path, target: Path, card: Mapping[str, Any], *, overwrite: bool = False) -> None:
    """Write ``target`` with the tensors of ``source`` and another card, whole or not at all. They may be the same file.

    Raises ModelError; PictureError if ``target`` exists and ``overwrite`` is false; OSError if it cannot be written.
    """
    header, start = read_header(source)
    full = check_card({**card, "format": FORMAT}, str(target))
    header["__metadata__"] = {**header.get("__metadata__", {}), "aedesk": json.dumps(full, sort_keys=True)}
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % ALIGNMENT_BYTES)
    with replacing(target, overwrite) as file, source.open("rb") as tensors:
        tensors.seek(start)
        file.write(struct.pack("<Q", len(text)) + text)
        shutil.copyfileobj(tensors, file, COPY_BYTES)
