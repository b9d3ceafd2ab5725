"""Which model wrote a file: the name that .aed files call a model by."""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

from aedesk.core.errors import ModelError
from aedesk.models.files.card import card_of, read_header
from aedesk.models.files.zoo import list_models

ID_BYTES = 8


def model_id(path: Path) -> bytes:
    """The first 8 bytes of the SHA-256 of all that a model computes with: its architecture and its tensors.

    What its card says beside that (a title, measured figures) may change, and the files it wrote can still be read.
    Raises :class:`ModelError` for a file that is no model.
    """
    stat = path.stat()
    return _model_id(str(path), stat.st_mtime_ns, stat.st_size)


@lru_cache(maxsize=64)
def _model_id(path: str, changed_ns: int, size_bytes: int) -> bytes:
    header, start = read_header(path)
    card = card_of(header, path)
    del header["__metadata__"]
    computed = {"family": card.get("family"), "architecture": card.get("architecture"), "tensors": header}
    digest = hashlib.sha256(json.dumps(computed, sort_keys=True, separators=(",", ":")).encode())
    with open(path, "rb") as file:
        file.seek(start)
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.digest()[:ID_BYTES]


def find_by_id(identity: bytes) -> Path:
    """The file of the model with this id, among the shipped ones and the person's own.

    Raises :class:`ModelError` naming the id and what can be done if there is none.
    """
    for model in list_models():
        path = Path(model.path)
        with suppress(ModelError, OSError):  # a file that was removed or damaged meanwhile
            if model.purpose and not model.problem and model_id(path) == identity:
                return path
    raise ModelError(
        f"The model {identity.hex()} that this file was made with is not here.",
        "Ask for the model and import it in Models, or for a file that was encoded with --embed-model.",
    )
