"""The JSON card inside a model file, read without torch.

A model file is a safetensors file whose metadata holds one entry, ``aedesk``: the card as JSON. The card says what the file is
and how to build the network that its tensors fill, so one format serves every family: denoisers, autoencoders with a latent, codecs,
inpainting. Keys of every card::

    format        1: version of this layout
    name, title, description, purpose, licence
    family        key of ``models.families``
    architecture  arguments of the family's config
    recipe        the TOML recipe as a table, with the data set named and no path of a machine
    data          what it was trained on
    training      steps, seconds, device, precision, torch version
    metrics       measured figures by name
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aedesk.core.documents import parse_json
from aedesk.core.errors import ModelError

FORMAT = 1
PREFIX_BYTES = 8
MAX_HEADER_BYTES = 16 << 20
REQUIRED = ("format", "name", "purpose", "family", "architecture")
REQUIRED_KINDS: Mapping[str, type] = {"name": str, "purpose": str, "family": str, "architecture": Mapping}
DESCRIPTIVE_KINDS: Mapping[str, type] = {
    "title": str,
    "description": str,
    "licence": str,
    "data": str,
    "recipe": Mapping,
    "training": Mapping,
    "metrics": Mapping,
    "imported": Mapping,
    "run": str,
}
"""Types of the keys that are only shown: one of another type is left out, and the model can be used all the same."""


def read_card(path: Path | str) -> dict[str, Any]:
    """The card of a model file. Raises :class:`ModelError` for anything that is not a model file of aedesk."""
    return card_of(read_header(path)[0], str(path))


def card_of(header: Mapping[str, Any], where: str) -> dict[str, Any]:
    """The card in a header; raises :class:`ModelError` naming ``where`` if there is none."""
    try:
        card = parse_json(header["__metadata__"]["aedesk"])
    except (ValueError, KeyError, TypeError) as error:
        raise ModelError(f"{where} holds no aedesk card.", "Choose a .safetensors file that aedesk has written.") from error
    return check_card(card, where)


def read_header(path: Path | str) -> tuple[dict[str, Any], int]:
    """The header of a safetensors file, and where its tensors begin (bytes).

    Raises :class:`ModelError` for a file that is none, or that cannot be read.
    """
    path = Path(path)
    try:
        with path.open("rb") as file:
            prefix = file.read(PREFIX_BYTES)
            length = struct.unpack("<Q", prefix)[0] if len(prefix) == PREFIX_BYTES else 0
            if not 2 <= length <= min(MAX_HEADER_BYTES, path.stat().st_size - PREFIX_BYTES):
                raise _no_model(path)
            header = parse_json(file.read(length))
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror or error}.", "Check the name and the permissions.") from error
    except ValueError as error:
        raise _no_model(path) from error
    if not isinstance(header, dict):
        raise _no_model(path)
    return header, PREFIX_BYTES + length


def _no_model(path: Path) -> ModelError:
    return ModelError(f"{path} is not a model file.", "Choose a .safetensors file that aedesk has written.")


def check_card(card: Any, where: str) -> dict[str, Any]:
    """The card, without what is only shown and of another type than it should be.

    Raises :class:`ModelError` naming ``where`` if it lacks what every card must have.
    """
    if not isinstance(card, Mapping) or not all(key in card for key in REQUIRED):
        raise ModelError(f"The card in {where} is incomplete.", f"It needs {', '.join(REQUIRED)}.")
    if card["format"] != FORMAT:
        raise ModelError(f"{where} has card format {card['format']!r}, this program reads {FORMAT}.", "Use a newer version of aedesk.")
    if wrong := [key for key, kind in REQUIRED_KINDS.items() if not isinstance(card[key], kind)]:
        raise ModelError(f"The card in {where} is damaged: {', '.join(wrong)}.", "Get the file again from where it came from.")
    return {key: value for key, value in card.items() if isinstance(value, DESCRIPTIVE_KINDS.get(key, object))}
