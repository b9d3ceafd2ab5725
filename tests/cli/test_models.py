"""``aedesk models`` and what ``aedesk info`` says of models and runs."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from aedesk.models.files.card import card_of, read_header
from aedesk.settings.places import models_dir

Call = Callable[..., Any]

RUN = """
name = "mine"
purpose = "autoencoder"
[model]
family = "convolutional"
[[stage]]
steps = 30
[[stage]]
steps = 10
"""


def test_the_list_tells_origin_purpose_parameters_and_size(aedesk: Call, model: Path) -> None:
    assert aedesk("models", "--import", model).code == 0
    lines = [line.split() for line in aedesk("models").out.splitlines()]
    assert lines[0] == ["name", "origin", "purpose", "parameters", "file", "title"]
    assert lines[2][:7] == ["denoise-photo", "shipped", "denoise", "4.28", "M", "8.58", "MB"]
    assert (lines[-1][:3], lines[-1][-1]) == (["tiny", "own", "denoise"], "Tiny")


def test_an_imported_model_can_be_used_by_its_name(aedesk: Call, model: Path, make_file: Call, tmp_path: Path) -> None:
    done = aedesk("models", "--import", model, "--title", "My camera", "--json")
    document = json.loads(done.out)
    assert (document["name"], document["origin"]) == ("my-camera", "own")
    assert Path(document["path"]) == models_dir() / "my-camera.safetensors"
    picture = make_file(tmp_path / "a.png")
    assert aedesk("denoise", picture, "-o", tmp_path / "b.png", "--model", "my-camera", "--sigma", "20").code == 0


def test_a_broken_file_is_told_beside_the_list(aedesk: Call) -> None:
    models_dir().mkdir(parents=True)
    (models_dir() / "broken.safetensors").write_text("no model")
    done = aedesk("models")
    assert done.code == 0
    assert "broken" not in done.out
    assert "broken.safetensors cannot be used" in done.err
    assert "is not a model file" in json.loads(aedesk("models", "--json").out)[-1]["problem"]


def test_an_import_that_is_refused_says_why_and_exits_with_one(aedesk: Call, tmp_path: Path) -> None:
    (tmp_path / "text.safetensors").write_text("hello, this is a text and no model")
    done = aedesk("models", "--import", tmp_path / "text.safetensors")
    assert (done.code, done.out) == (1, "")
    assert "is not a model file" in done.err


def test_a_model_is_exported_as_onnx(aedesk: Call, model: Path, tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime")
    out = tmp_path / "out.onnx"
    done = aedesk("models", "--export-onnx", model, out, "--json")
    assert done.code == 0, done.err
    assert json.loads(done.out)["paths"] == [str(out)]
    assert aedesk("models", "--export-onnx", model, out).code == 2
    assert "differs from torch by at most" in aedesk("models", "--export-onnx", model, out, "--overwrite").out


def test_import_and_export_at_once_are_bad_usage(aedesk: Call, model: Path) -> None:
    assert aedesk("models", "--import", model, "--export-onnx", model, "x.onnx").code == 2


def test_info_of_a_model_counts_its_parameters(aedesk: Call, model: Path) -> None:
    about = json.loads(aedesk("info", model, "--json").out)
    assert about["parameters"] > 1000
    assert about["size_bytes"] == model.stat().st_size
    assert "parameters" in aedesk("info", model).out


def test_info_of_an_autoencoder_tells_the_size_of_its_code(aedesk: Call, tmp_path: Path) -> None:
    from aedesk.models.families import FAMILIES
    from aedesk.models.files.checkpoint import save_model

    network: Any = FAMILIES["convolutional"].build({})
    card = {"name": "c", "purpose": "autoencoder", "family": "convolutional", "architecture": {}}
    about = json.loads(aedesk("info", save_model(tmp_path / "c.safetensors", network.state_dict(), card), "--network", "--json").out)
    channels, height, width = about["network"]["code"]
    assert channels * height * width == network.descriptor.code_size(about["network"]["input"][2], about["network"]["input"][1])


def test_info_of_a_run_tells_how_far_it_got(aedesk: Call, tmp_path: Path) -> None:
    run = tmp_path / "run"
    (run / "previews").mkdir(parents=True)
    (run / "run.toml").write_text(RUN)
    records = [{"step": 10, "loss": 0.5}, {"step": 20, "val_psnr": 25.0}, {"step": 25, "loss": 0.2}, {"step": 30, "val_psnr": 24.0}]
    (run / "metrics.jsonl").write_text("".join(f"{json.dumps(record)}\n" for record in records) + '{"step": 31, "lo')
    for name in ("checkpoint.pt", "best.safetensors", "last.safetensors", "previews/000020.png"):
        (run / name).write_bytes(b"")
    about = json.loads(aedesk("info", run, "--json").out)
    assert (about["name"], about["family"], about["step"], about["steps"]) == ("mine", "convolutional", 30, 40)
    assert (about["finished"], about["can_resume"], about["previews"]) == (False, True, 1)
    assert (about["best_val_psnr"], about["latest"]) == (25.0, {"loss": 0.2, "val_psnr": 24.0})
    assert about["weights"] == ["best.safetensors", "last.safetensors"]


def test_control_characters_in_a_title_do_not_reach_the_terminal(aedesk: Call, model: Path) -> None:
    header, start = read_header(model)
    header["__metadata__"]["aedesk"] = json.dumps({**card_of(header, ""), "title": "\x1b]0;owned\x07\x1b[2J\u202egnp.a\nnext \ud800"})
    text = json.dumps(header).encode()
    models_dir().mkdir(parents=True, exist_ok=True)
    (models_dir() / "evil.safetensors").write_bytes(struct.pack("<Q", len(text)) + text + model.read_bytes()[start:])
    done = aedesk("models")
    assert done.code == 0
    assert "\\x1b]0;owned\\x07\\x1b[2J\\u202egnp.a next \\ud800" in done.out
    for out in (done.out, aedesk("info", models_dir() / "evil.safetensors").out):
        assert all(letter.isprintable() or letter == "\n" for letter in out)
    assert aedesk("models", "--json").code == 0


@pytest.mark.parametrize(
    "content",
    [b"a = " + b"[" * 900 + b"]" * 900, b'a = "\xff"', b"stage = 3", b"[[stage]]", b'[[stage]]\nsteps = "many"', b"stage = [[1]]"],
)
def test_info_of_a_damaged_run_names_the_file(aedesk: Call, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "run.toml").write_bytes(content)
    done = aedesk("info", tmp_path)
    assert done.code == 1
    assert "run.toml" in done.err


def test_info_of_a_run_passes_over_lines_that_are_no_figures(aedesk: Call, tmp_path: Path) -> None:
    (tmp_path / "run.toml").write_text("model = 3\n[[stage]]\nsteps = 40\n")
    lines = ["[" * 100_000, "[1]", "3", '{"step": "x", "val_psnr": "high"}', '{"step": 1e999}', '{"step": 7, "val_psnr": 30.5}', '{"st']
    (tmp_path / "metrics.jsonl").write_bytes(b"\xff\n" + "\n".join(lines).encode())
    found = json.loads(aedesk("info", tmp_path, "--json").out)
    assert (found["step"], found["best_val_psnr"], found["family"]) == (7, 30.5, None)
