"""The models that can be used: those that ship inside and those of the person. Reads cards only, never torch."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from aedesk.core.cancel import CancelToken
from aedesk.core.errors import ModelError
from aedesk.core.events import Event, Finished
from aedesk.core.resources import resource_path
from aedesk.core.specs import ModelInfo, ModelsSpec
from aedesk.models.files.model_file import read_model_file
from aedesk.settings.places import models_dir

# An explicit list, in the order in which people should meet them.
SHIPPED = ("denoise-photo", "denoise-gaussian", "codec-photo", "erase-mark", "inpaint-photo")
SUFFIX = ".safetensors"


def recipe_path(name: str) -> Path:
    """The recipe of a shipped model. Raises :class:`ModelError` if there is none of that name."""
    if name not in SHIPPED:
        raise ModelError(f"There is no recipe named {name!r}.", f"Known: {', '.join(SHIPPED)}.")
    return resource_path("models", f"{name}.toml")


def find_model(name: str) -> Path:
    """The file of a model given by name (shipped, or the person's own) or by path. Raises :class:`ModelError` if there is none."""
    if name in SHIPPED:
        path = resource_path("models", f"{name}{SUFFIX}")
        if not path.is_file():
            raise ModelError(f"The shipped model {name} is missing from {path.parent}.", "Install aedesk again.")
        return path
    if Path(name).name == name and (own := models_dir() / f"{name}{SUFFIX}").is_file():
        return own
    path = Path(name).expanduser()
    if not path.is_file():
        known = (*SHIPPED, *(file.stem for file in own_files() if file.suffix == SUFFIX))
        raise ModelError(f"There is no model {name!r}.", f"Give a model file, or one of {', '.join(known)}.")
    return path


def model_info(name: str) -> ModelInfo:
    """What is known of one model. Raises :class:`ModelError` if there is none, or it cannot be used."""
    return _info(name, find_model(name))


def own_files() -> list[Path]:
    """The files in the person's folder of models, by name; hidden ones (such as one that is being written) are left out."""
    folder = models_dir()
    try:
        return sorted((path for path in folder.iterdir() if path.is_file() and not path.name.startswith(".")), key=lambda path: path.name)
    except OSError:  # there is none yet, or it cannot be read: no models of one's own then
        return []


def list_models() -> tuple[ModelInfo, ...]:
    """The shipped models, then the person's own. A file of theirs that cannot be used is listed with its ``problem``."""
    return (*(model_info(name) for name in SHIPPED), *map(own_info, own_files()))


def own_info(path: Path) -> ModelInfo:
    """What is known of a file in the person's folder of models, be it good or not."""
    try:
        if path.suffix != SUFFIX:
            raise ModelError(f"{path.name} is not a model of aedesk.", "Import it, and move this file elsewhere.")
        if path.stem in SHIPPED:
            raise ModelError(f"{path.stem} is the name of a shipped model.", "Rename this one.")
        return _info(path.stem, path)
    except (ModelError, OSError) as error:
        problem = str(error).replace(str(path), path.name)
        return ModelInfo(path.stem, str(path), "", path.name, origin="own", size_bytes=_size(path), problem=problem)


def _info(name: str, path: Path) -> ModelInfo:
    file = read_model_file(path)
    origin = "shipped" if name in SHIPPED else "own"
    title = str(file.card.get("title") or file.card["name"])
    return ModelInfo(name, str(path), str(file.card["purpose"]), title, file.card, origin, file.size_bytes, file.parameters)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def models(spec: ModelsSpec, cancel: CancelToken) -> Iterator[Event]:
    found = list_models()
    usable = sum(not model.problem for model in found)
    yield Finished(found, f"{usable} models")
