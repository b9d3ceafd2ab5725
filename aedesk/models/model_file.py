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
from aedesk.models.card import FORMAT, card_of, check_card, read_header

ALIGNMENT_BYTES = 8  # of the tensors; the header is filled up with spaces, as safetensors does
COPY_BYTES = 1 << 20


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
    tensors = [entry for key, entry in header.items() if key != "__metadata__"]
    try:
        end = max((int(entry["data_offsets"][1]) for entry in tensors), default=0)
        parameters = sum(prod(entry["shape"]) for entry in tensors)
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise ModelError(f"The list of tensors in {path} is damaged.", "Get the file again from where it came from.") from error
    size = path.stat().st_size
    if size != start + end:
        raise ModelError(
            f"{path} is cut short or has grown: it holds {size:,} bytes and should hold {start + end:,}.",
            "Get the file again from where it came from.",
        )
    return ModelFile(path, card, size, parameters)


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
