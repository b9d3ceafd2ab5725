"""Model files made to harm: refused with a reason, soon, and without harm to the other models."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from small_codec import make_lively_codec

from aedesk.codec.loading import codec_for, load_codec, load_embedded
from aedesk.codec.picture_codec import EncodeOptions
from aedesk.core.cancel import CancelToken, JobCancelled
from aedesk.core.errors import ModelError
from aedesk.core.limits import limits_of
from aedesk.core.model_specs import ImportModelSpec
from aedesk.formats.container import read_aed
from aedesk.imaging.picture import Picture
from aedesk.models.architectures import ARCHITECTURES
from aedesk.models.families import FAMILIES
from aedesk.models.files.checkpoint import load_model, save_model
from aedesk.models.files.identity import find_by_id, model_id
from aedesk.models.files.importing import import_model
from aedesk.models.files.zoo import SHIPPED, find_model, list_models
from aedesk.models.layers import interruptible
from aedesk.settings.places import models_dir

CARD = {"format": 1, "name": "a", "purpose": "autoencoder", "family": "unet", "architecture": {}}
SMALL = {"unet": {"widths": [8, 8], "blocks": [1, 1], "estimator_width": 8}, "convolutional": {"widths": [8], "blocks": [0]}}


def model_bytes(card: Mapping[str, Any] | str, tensors: Mapping[str, Any] | None = None, content: bytes = b"") -> bytes:
    """A file of the layout of safetensors with any card and any list of tensors."""
    text = card if isinstance(card, str) else json.dumps({**CARD, **card})
    header = json.dumps({"__metadata__": {"aedesk": text}, **(tensors or {})}).encode()
    return struct.pack("<Q", len(header)) + header + content


def write(path: Path, data: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


LARGE: dict[str, tuple[str, dict[str, Any]]] = {
    "a U-Net of a billion blocks": ("unet", {"widths": [1], "blocks": [10**9]}),
    "a U-Net of a million levels": ("unet", {"widths": [1] * 10**6, "blocks": [1] * 10**6}),
    "blocks that are no whole number": ("unet", {"widths": [1], "blocks": [1e9]}),
    "an estimator of a billion channels": ("unet", {"estimator_width": 10**9}),
    "a hundred thousand dense layers": ("undercomplete", {"hidden": [1] * 100_000}),
    "a hundred thousand layers of a variational network": ("variational", {"body": "dense", "hidden": [1] * 100_000}),
    "widths of 4,096": ("unet", {"widths": [4096, 4096], "blocks": [64, 64]}),
    "a digit of four thousand digits": ("sparse", {"code": 10**4000}),
    "wide levels without their tensors": ("unet", {"widths": [2048] * 6, "blocks": [64] * 6}),
    "hundreds of narrow blocks without their tensors": ("unet", {"widths": [1] * 6, "blocks": [64] * 6}),
    "a wide codec without its tensors": ("codec", {"widths": [2048] * 4, "blocks": [64] * 4}),
}


@pytest.mark.parametrize("case", LARGE)
def test_a_card_that_asks_for_more_than_the_file_holds_is_refused(case: str, tmp_path: Path) -> None:
    family, architecture = LARGE[case]
    path = write(tmp_path / "large.safetensors", model_bytes({"family": family, "architecture": architecture}))
    with pytest.raises(ModelError, match=r"does not fit its own card") as caught:
        load_model(path)
    assert len(str(caught.value)) < 600
    with pytest.raises(ModelError):
        list(import_model(ImportModelSpec(str(path)), CancelToken()))
    assert not list(models_dir().glob("*.safetensors"))


@pytest.mark.parametrize("family", ARCHITECTURES)
def test_every_number_in_an_architecture_has_limits(family: str) -> None:
    """A new argument without limits would let a card ask for anything."""
    for field in fields(ARCHITECTURES[family]):
        limits = limits_of(field)
        if "int" in str(field.type) or "float" in str(field.type):
            assert limits.choices or (limits.minimum is not None and limits.maximum is not None), field.name
        if "tuple" in str(field.type):
            assert limits.length, field.name


@pytest.mark.parametrize("family", ARCHITECTURES)
@pytest.mark.parametrize("value", [10**30, -1, "9", [[1]], None, float("inf"), {"a": 1}], ids=str)
def test_every_argument_refuses_values_of_another_kind(family: str, value: Any) -> None:
    for field in fields(ARCHITECTURES[family]):
        with pytest.raises(ModelError, match=field.name):
            FAMILIES[family].build({field.name: value})


def test_building_a_network_can_be_cancelled() -> None:
    polls = iter(range(1000))

    def poll() -> None:
        if next(polls) > 20:
            raise JobCancelled

    with interruptible(poll), pytest.raises(JobCancelled):
        FAMILIES["unet"].build({})


def test_an_aed_file_with_a_card_of_a_billion_blocks_is_refused(tmp_path: Path) -> None:
    codec = load_codec(str(make_lively_codec(tmp_path)), "cpu")
    picture = Picture(np.zeros((64, 64, 3), np.uint8))
    data = model_bytes({"family": "convolutional", "architecture": {"widths": [1], "blocks": [10**9]}})
    assert len(data) < 970
    file = read_aed(codec.encode(picture, EncodeOptions(50, model_file=data)).data)
    with pytest.raises(ModelError, match="not the one that wrote it"):
        codec_for(file, "cpu")
    with pytest.raises(ModelError, match="blocks is"):
        load_embedded(data, model_id(write(tmp_path / "same.safetensors", data)), "cpu")


@pytest.mark.parametrize("family", ["unet", "foreign", "unblending", "of-the-future"])
def test_a_model_inside_a_file_that_cannot_have_written_it_is_never_built(family: str, tmp_path: Path) -> None:
    data = model_bytes({"family": family, "architecture": {}})
    with pytest.raises(ModelError, match="not one that files are written with"):
        load_embedded(data, model_id(write(tmp_path / "a.safetensors", data)), "cpu")


def test_a_costly_model_runs_from_the_models_folder_but_not_from_inside_a_file(tmp_path: Path) -> None:
    torch.manual_seed(0)
    architecture = {"widths": [512], "blocks": [2], "kernel": 3, "code_channels": 4}
    network = FAMILIES["convolutional"].build(architecture)
    card = {"name": "costly", "purpose": "autoencoder", "family": "convolutional", "architecture": architecture}
    path = save_model(tmp_path / "costly.safetensors", network.state_dict(), card)
    with pytest.raises(ModelError, match=r"operations per pixel; the limit is 1,000"):
        load_embedded(path.read_bytes(), model_id(path), "cpu")
    assert load_codec(str(path), "cpu").model_id == model_id(path)


def entry(**changes: Any) -> dict[str, Any]:
    return {"w": {"dtype": "F16", "shape": [2, 2], "data_offsets": [0, 8], **changes}}


def deep(depth: int) -> str:
    return json.dumps(CARD)[:-1] + ', "metrics": ' + '{"a": ' * depth + "1" + "}" * depth + "}"


BAD_FILES: dict[str, Callable[[], bytes]] = {
    "a card nested a hundred thousand levels": lambda: model_bytes(deep(100_000)),
    "a card nested nine hundred levels": lambda: model_bytes(deep(900)),
    "a header nested a hundred thousand levels": lambda: struct.pack("<Q", 200_000) + b"[" * 100_000 + b"]" * 100_000,
    "infinite offsets": lambda: model_bytes({}, entry(data_offsets=[0, float("inf")])),
    "offsets that are no numbers": lambda: model_bytes({}, entry(data_offsets=[None, "8"])),
    "three offsets": lambda: model_bytes({}, entry(data_offsets=[0, 8, 8])),
    "offsets that do not fit the shape": lambda: model_bytes({}, entry(shape=[3, 2]), bytes(8)),
    "a huge shape": lambda: model_bytes({}, entry(shape=[10**300, 10**300])),
    "a shape of a million dimensions": lambda: model_bytes({}, entry(shape=[2] * 10**6)),
    "a negative shape": lambda: model_bytes({}, entry(shape=[-2, -2]), bytes(8)),
    "a shape of fractions": lambda: model_bytes({}, entry(shape=[1.5, 2])),
    "an unknown kind of number": lambda: model_bytes({}, entry(dtype="F1024")),
    "a kind that is a list": lambda: model_bytes({}, entry(dtype=["F16"])),
    "a tensor that is a text": lambda: model_bytes({}, {"w": "tensor"}),
    "metadata that is a list": lambda: struct.pack("<Q", 20) + b'{"__metadata__": []}',
    "a family that is a list": lambda: model_bytes({"family": ["unet"]}),
    "a card that is no text": lambda: struct.pack("<Q", 31) + b'{"__metadata__": {"aedesk": 12}}'[:31],
}


@pytest.mark.parametrize("case", BAD_FILES)
def test_a_bad_file_in_the_models_folder_is_listed_with_the_reason_and_harms_nothing(case: str) -> None:
    write(models_dir() / "bad.safetensors", BAD_FILES[case]())
    *shipped, bad = list_models()
    assert [model.name for model in shipped] == list(SHIPPED)
    assert not any(model.problem for model in shipped)
    assert bad.name == "bad"
    assert 0 < len(bad.problem) < 300
    wanted = find_model("codec-photo")
    assert find_by_id(model_id(wanted)) == wanted


def test_nonsense_in_what_is_only_shown_is_left_out() -> None:
    card = {"title": {"a": 1}, "description": [1], "metrics": "good", "recipe": 3, "licence": "CC0", "anything": [None]}
    write(models_dir() / "odd.safetensors", model_bytes(card))
    odd = list_models()[-1]
    assert (odd.problem, odd.title) == ("", "a")
    assert set(odd.card) == {*CARD, "licence", "anything"}


def test_a_model_that_disappears_while_a_file_is_looked_up_is_passed_over(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    torch.manual_seed(0)
    card = {"name": "gone", "purpose": "denoise", "family": "unet", "architecture": SMALL["unet"]}
    path = save_model(models_dir() / "gone.safetensors", FAMILIES["unet"].build(SMALL["unet"]).state_dict(), card)
    wanted = model_id(path)
    listed = list_models()
    path.unlink()
    monkeypatch.setattr("aedesk.models.files.identity.list_models", lambda: listed)
    with pytest.raises(ModelError, match="is not here"):
        find_by_id(wanted)
