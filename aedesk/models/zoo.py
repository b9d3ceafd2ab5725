"""The models that can be used: those that ship inside and those of the person. Reads cards only, never torch."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from aedesk.core.cancel import CancelToken
from aedesk.core.errors import ModelError
from aedesk.core.events import Event, Finished
from aedesk.core.resources import resource_path
from aedesk.core.specs import ModelInfo, ModelsSpec
from aedesk.models.card import read_card

# An explicit list, in the order in which people should meet them.
SHIPPED = ("denoise-photo", "denoise-gaussian")


def recipe_path(name: str) -> Path:
    """The recipe of a shipped model. Raises :class:`ModelError` if there is none of that name."""
    if name not in SHIPPED:
        raise ModelError(f"There is no recipe named {name!r}.", f"Known: {', '.join(SHIPPED)}.")
    return resource_path("models", f"{name}.toml")


def find_model(name: str) -> Path:
    """The file of a model given by name or path. Raises :class:`ModelError` if there is none."""
    if name in SHIPPED:
        path = resource_path("models", f"{name}.safetensors")
        if not path.is_file():
            raise ModelError(f"The shipped model {name} is missing from {path.parent}.", "Install aedesk again.")
        return path
    path = Path(name).expanduser()
    if not path.is_file():
        raise ModelError(f"There is no model {name!r}.", f"Give a model file, or one of {', '.join(SHIPPED)}.")
    return path


def model_info(name: str) -> ModelInfo:
    path = find_model(name)
    card = read_card(path)
    return ModelInfo(name, str(path), card["purpose"], card.get("title", card["name"]), card)


def list_models() -> tuple[ModelInfo, ...]:
    """The shipped models."""
    return tuple(model_info(name) for name in SHIPPED)


def models(spec: ModelsSpec, cancel: CancelToken) -> Iterator[Event]:
    found = list_models()
    yield Finished(found, f"{len(found)} models")
