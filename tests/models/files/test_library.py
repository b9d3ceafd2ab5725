"""The person's own models: listed, found, taken in, renamed; what cannot be used is told and harms nothing."""

from __future__ import annotations

import json
import pickle
import struct
from pathlib import Path

import pytest
import torch

from aedesk.core.cancel import CancelToken
from aedesk.core.errors import AedeskError, ModelError
from aedesk.core.events import Finished
from aedesk.core.model_specs import ImportModelSpec
from aedesk.core.specs import ModelInfo
from aedesk.models.families import FAMILIES
from aedesk.models.files.card import read_card
from aedesk.models.files.checkpoint import load_model, save_model
from aedesk.models.files.importing import import_model
from aedesk.models.files.library import MAX_NAME, adopt, free_name, name_of, rename
from aedesk.models.files.zoo import SHIPPED, find_model, list_models, model_info
from aedesk.settings.places import models_dir, runs_dir

ARCHITECTURE = {"widths": [8, 8], "blocks": [1, 1], "estimator_width": 8}
CARD = {"name": "tiny", "title": "Tiny one", "purpose": "denoise", "family": "unet", "architecture": ARCHITECTURE}


@pytest.fixture
def model_file(tmp_path: Path) -> Path:
    torch.manual_seed(0)
    return save_model(tmp_path / "tiny.safetensors", FAMILIES["unet"].build(ARCHITECTURE).state_dict(), CARD)


def import_file(path: Path, **options: object) -> ModelInfo:
    end = list(import_model(ImportModelSpec(str(path), **options), CancelToken()))[-1]  # type: ignore[arg-type]
    assert isinstance(end, Finished)
    return end.result


def own() -> list[ModelInfo]:
    return [model for model in list_models() if model.origin == "own"]


def own_names() -> list[str]:
    return sorted(path.name for path in models_dir().iterdir()) if models_dir().is_dir() else []


def test_without_models_of_ones_own_the_shipped_ones_are_listed() -> None:
    models = list_models()
    assert tuple(model.name for model in models) == SHIPPED
    assert all(model.origin == "shipped" and model.size_bytes > 1_000_000 and model.parameters > 1_000_000 for model in models)
    assert not any(model.problem for model in models)


def test_an_imported_model_is_listed_found_by_name_and_computes_the_same(model_file: Path) -> None:
    info = import_file(model_file)
    assert (info.name, info.title, info.origin, info.purpose, info.problem) == ("tiny-one", "Tiny one", "own", "denoise", "")
    assert [model.name for model in list_models()] == [*SHIPPED, "tiny-one"]
    assert info.parameters == sum(tensor.numel() for tensor in load_model(model_file)[0].state_dict().values())
    assert info.size_bytes == find_model("tiny-one").stat().st_size
    before, after = load_model(model_file)[0].state_dict(), load_model(find_model("tiny-one"))[0].state_dict()
    assert all(torch.equal(before[key], after[key]) for key in before)
    assert model_info("tiny-one").card["imported"] == {"file": "tiny.safetensors"}
    assert own_names() == ["tiny-one.safetensors"]


def test_the_same_file_twice_gets_two_names(model_file: Path) -> None:
    assert [import_file(model_file).name for _ in range(3)] == ["tiny-one", "tiny-one-2", "tiny-one-3"]


def test_a_title_given_at_the_import_is_taken(model_file: Path) -> None:
    info = import_file(model_file, title="  Kitchen   camera ")
    assert (info.name, info.title, info.card["name"]) == ("kitchen-camera", "Kitchen camera", "kitchen-camera")


def test_no_import_takes_the_name_of_a_shipped_model(model_file: Path) -> None:
    assert import_file(model_file, title="denoise photo").name == "denoise-photo-2"
    assert model_info("denoise-photo").origin == "shipped"


def test_a_folder_that_has_the_name_is_stepped_around(model_file: Path) -> None:
    (models_dir() / "tiny-one.safetensors").mkdir(parents=True)
    assert import_file(model_file).name == "tiny-one-2"


def test_a_model_of_a_run_remembers_the_runs_folder_but_not_where_it_lies(model_file: Path) -> None:
    run = runs_dir() / "kitchen"
    run.mkdir(parents=True)
    best = run / "best.safetensors"
    best.write_bytes(model_file.read_bytes())
    card = adopt(best, "Kitchen", trained=True).card
    assert card["run"] == "kitchen"
    assert "imported" not in card
    assert str(run) not in json.dumps(dict(card))


def test_a_trained_model_from_elsewhere_has_no_run(model_file: Path) -> None:
    assert not {"run", "imported"} & set(import_file(model_file, trained=True).card)


def test_renaming_changes_title_file_and_card_and_keeps_the_weights(model_file: Path) -> None:
    info = import_file(model_file)
    renamed = rename(Path(info.path), "Grandma's Négatifs (2)")
    assert (renamed.name, renamed.title) == ("grandma-s-negatifs-2", "Grandma's Négatifs (2)")
    assert renamed.card["name"] == renamed.name
    assert own_names() == ["grandma-s-negatifs-2.safetensors"]
    before, after = load_model(model_file)[0].state_dict(), load_model(renamed.path)[0].state_dict()
    assert all(torch.equal(before[key], after[key]) for key in before)


def test_renaming_to_the_same_file_name_keeps_one_file(model_file: Path) -> None:
    renamed = rename(Path(import_file(model_file).path), "TINY one!")
    assert (renamed.title, own_names()) == ("TINY one!", ["tiny-one.safetensors"])


def test_renaming_to_a_name_that_is_taken_gives_a_free_one(model_file: Path) -> None:
    import_file(model_file)
    second = import_file(model_file, title="Second")
    assert rename(Path(second.path), "Tiny one").name == "tiny-one-2"
    assert own_names() == ["tiny-one-2.safetensors", "tiny-one.safetensors"]


def test_shipped_models_and_files_elsewhere_cannot_be_renamed(model_file: Path) -> None:
    for path in (find_model(SHIPPED[0]), model_file):
        with pytest.raises(ModelError, match="not one of your own"):
            rename(path, "Mine")
    assert read_card(model_file)["title"] == "Tiny one"


def test_an_empty_title_is_refused(model_file: Path) -> None:
    info = import_file(model_file)
    with pytest.raises(ModelError, match="needs a title"):
        rename(Path(info.path), "   ")
    assert own_names() == ["tiny-one.safetensors"]


@pytest.mark.parametrize(
    ("title", "name"),
    [("Fotos 1920–1940", "fotos-1920-1940"), ("写真", "model"), ("CON", "con-model"), ("../../etc", "etc"), ("a" * 300, "a" * MAX_NAME)],
)
def test_a_title_becomes_a_name_that_every_system_takes(title: str, name: str) -> None:
    assert name_of(title) == name


def test_a_free_name_has_the_first_number_that_is_free() -> None:
    assert free_name("a", {"b"}) == "a"
    assert free_name("a", {"a", "a-2"}) == "a-3"


def broken(kind: str, whole: bytes) -> bytes:
    if kind == "text":
        return b"this is a text and no model at all, whatever its name says"
    if kind == "empty":
        return b""
    if kind == "cut short":
        return whole[:-100]
    if kind == "too long":
        return whole + b"\0" * 8
    if kind == "pickle":
        return pickle.dumps(print)
    length = struct.unpack("<Q", whole[:8])[0]
    header = json.loads(whole[8 : 8 + length])
    if kind == "newer card":
        header["__metadata__"]["aedesk"] = json.dumps({**CARD, "format": 2})
    elif kind == "card of the wrong type":
        header["__metadata__"]["aedesk"] = json.dumps({**CARD, "format": 1, "family": ["unet"]})
    elif kind == "another architecture":
        header["__metadata__"]["aedesk"] = json.dumps({**CARD, "format": 1, "architecture": {"widths": [8, 9], "blocks": [1, 1]}})
    elif kind == "unknown family":
        header["__metadata__"]["aedesk"] = json.dumps({**CARD, "format": 1, "family": "of-the-future"})
    elif kind == "absurd architecture":
        header["__metadata__"]["aedesk"] = json.dumps({**CARD, "format": 1, "architecture": {"widths": "wide"}})
    else:
        header["head.weight"]["data_offsets"] = ["a", None]
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + whole[8 + length :]


REASONS = {
    "text": "is not a model file",
    "empty": "is not a model file",
    "cut short": "cut short",
    "too long": "has grown",
    "pickle": "something else than weights",
    "newer card": "newer version",
    "card of the wrong type": "damaged: family",
    "another architecture": "does not fit its own card",
    "unknown family": "newer version",
    "absurd architecture": "does not fit its own card",
    "offsets": "list of tensors",
}
ONLY_WHEN_LOADED = ("another architecture", "unknown family", "absurd architecture")


@pytest.mark.parametrize("kind", REASONS)
def test_what_is_no_sound_model_is_refused_with_the_reason_and_nothing_is_kept(kind: str, model_file: Path) -> None:
    path = model_file.with_name("broken.safetensors")
    path.write_bytes(broken(kind, model_file.read_bytes()))
    with pytest.raises(AedeskError, match=REASONS[kind]) as caught:
        import_file(path)
    assert caught.value.hint
    assert own_names() == []


@pytest.mark.parametrize("kind", [kind for kind in REASONS if kind not in (*ONLY_WHEN_LOADED, "pickle")])
def test_a_broken_file_among_ones_own_models_is_listed_with_its_problem(kind: str, model_file: Path) -> None:
    good = import_file(model_file)
    (models_dir() / "broken.safetensors").write_bytes(broken(kind, model_file.read_bytes()))
    problem, listed = own()
    assert (listed.name, listed.problem) == (good.name, "")
    assert (problem.name, problem.purpose, problem.origin) == ("broken", "", "own")
    assert REASONS[kind] in problem.problem
    with pytest.raises(ModelError, match=REASONS[kind]):
        model_info("broken")


def test_a_file_of_another_kind_or_with_the_name_of_a_shipped_model_is_a_problem_too(model_file: Path) -> None:
    models_dir().mkdir(parents=True)
    (models_dir() / "notes.txt").write_text("hello")
    (models_dir() / ".hidden.safetensors").write_text("being written")
    (models_dir() / "denoise-photo.safetensors").write_bytes(model_file.read_bytes())
    assert [(model.name, model.problem.split(".")[0]) for model in own()] == [
        ("denoise-photo", "denoise-photo is the name of a shipped model"),
        ("notes", "notes"),
    ]
    assert model_info("denoise-photo").origin == "shipped"
    assert rename(models_dir() / "denoise-photo.safetensors", "denoise photo").name == "denoise-photo-2"


def test_a_missing_file_is_told() -> None:
    with pytest.raises(ModelError, match="There is no file"):
        import_file(Path("nowhere.safetensors"))


def test_a_name_that_is_nowhere_lists_the_known_ones(model_file: Path) -> None:
    import_file(model_file)
    with pytest.raises(ModelError, match=r"inpaint-photo, tiny-one"):
        find_model("nothing")


def test_a_name_with_a_path_in_it_never_leaves_the_folder(model_file: Path) -> None:
    import_file(model_file)
    with pytest.raises(ModelError):
        find_model("../models/tiny-one")
