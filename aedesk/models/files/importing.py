"""The service that takes a model file into the person's own models: checked through and through before it is kept."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import torch

from aedesk.core.cancel import CancelToken
from aedesk.core.errors import ModelError
from aedesk.core.events import Event, Finished, Log, Started
from aedesk.core.leftovers import scratch_folder
from aedesk.core.model_specs import ImportModelSpec
from aedesk.core.specs import ModelInfo
from aedesk.models.files import foreign
from aedesk.models.files.card import read_header
from aedesk.models.files.checkpoint import load_model, save_model
from aedesk.models.files.library import adopt, place
from aedesk.models.files.model_file import read_model_file
from aedesk.models.files.zoo import SUFFIX
from aedesk.models.layers import interruptible


def import_model(spec: ImportModelSpec, cancel: CancelToken) -> Iterator[Event]:
    """Import one file. Finished carries its ``ModelInfo``.

    Raises :class:`ModelError` saying why a file is refused, :class:`AedeskError` if an extra is missing. Nothing is kept then.
    """
    path = Path(spec.path).expanduser()
    if not path.is_file():
        raise ModelError(f"There is no file {path}.", "Check the name.")
    yield Started(f"Importing {path.name}")
    if is_ours(path):
        read_model_file(path)
        with interruptible(cancel.check):
            load_model(path)  # what does not fit its card is refused now and not when it is used
        info = adopt(path, spec.title, trained=spec.trained)
    else:
        yield Log(f"{path.name} is no model of aedesk; looking for a network that spandrel knows.")
        info = _import_foreign(path, spec.title, cancel)
    yield Finished(info, f"imported as {info.name}")


def is_ours(path: Path) -> bool:
    """Whether a file has a card of aedesk, be it good or not."""
    try:
        header, _ = read_header(path)
    except ModelError:
        return False
    metadata = header.get("__metadata__")
    return isinstance(metadata, dict) and "aedesk" in metadata


def _import_foreign(path: Path, title: str, cancel: CancelToken) -> ModelInfo:
    with interruptible(cancel.check):
        state, card = foreign.convert(path)
    halves = all(tensor.dtype == torch.float16 for tensor in state.values() if tensor.is_floating_point())
    with scratch_folder() as folder:
        saved = save_model(folder / f"weights{SUFFIX}", state, card, torch.float16 if halves else torch.float32)
        return place(saved, card, title or str(card["title"]))
