from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from aedesk import __version__
from aedesk.cli.main import main
from aedesk.cli.train import override, toml_value
from aedesk.core.errors import SpecError
from aedesk.formats.aed_file import AedFile
from aedesk.formats.container import write_aed
from aedesk.models.files.zoo import SHIPPED

Call = Callable[..., Any]


def test_the_version_and_the_help_are_quick_and_import_nothing_heavy(program: Call, project: Path) -> None:
    assert program("--version").stdout == f"aedesk {__version__}\n"
    listing = program("--help")
    assert listing.returncode == 0
    for command in ("gui", "denoise", "encode", "decode", "info", "train", "evaluate", "models", "devices", "self-test"):
        assert command in listing.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["denoise", "--help"],
        ["info", "PICTURE"],
        ["info", "MODEL"],
        ["info", "AED"],
        ["decode", "missing", "-o", "x"],
        ["denoise", "missing", "-o", "x"],
        ["encode", "missing", "-o", "x"],
    ],
)
def test_light_commands_do_not_import_torch_or_qt(
    arguments: list[str], model: Path, make_file: Call, tmp_path: Path, project: Path
) -> None:
    aed = tmp_path / "a.aed"
    aed.write_bytes(write_aed(AedFile(8, 8, 3, 8, bytes(8), "codec", 50, 64, (b"",))))
    files = {"PICTURE": str(make_file(tmp_path / "a.png")), "MODEL": str(model), "AED": str(aed)}
    code = (
        "import sys\nfrom aedesk.cli.main import main\n"
        f"try:\n    main({[files.get(argument, argument) for argument in arguments]!r})\nexcept SystemExit:\n    pass\n"
        "print([name for name in ('torch', 'PySide6') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": str(project)}, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"


def test_no_command_opens_the_window_and_gui_passes_its_files(monkeypatch: pytest.MonkeyPatch) -> None:
    from aedesk.gui import app

    opened: list[list[str]] = []
    monkeypatch.setattr(app, "main", lambda argv: opened.append(list(argv)) or 7)
    assert main([]) == 7
    assert main(["gui", "a.png", "b"]) == 7
    assert opened == [["--"], ["--", "a.png", "b"]]


@pytest.mark.parametrize(
    "arguments", [["unknown"], ["denoise"], ["denoise", "a.png"], ["evaluate", "nothing", "--data", "x"], ["info"], ["train", "-o", "x"]]
)
def test_bad_usage_exits_with_two(aedesk: Call, arguments: list[str]) -> None:
    done = aedesk(*arguments)
    assert done.code == 2
    assert done.out == ""
    assert done.err


def test_info_describes_a_picture(aedesk: Call, make_file: Call, tmp_path: Path) -> None:
    path = make_file(tmp_path / "a.png", 30, 40, channels=1)
    document = json.loads(aedesk("info", path, "--json").out)
    assert {key: document[key] for key in ("kind", "path", "format", "width", "height", "channels", "bit_depth")} == {
        "kind": "picture",
        "path": str(path),
        "format": "PNG",
        "width": 40,
        "height": 30,
        "channels": 1,
        "bit_depth": 8,
    }
    assert "width       40" in aedesk("info", path).out


def test_info_describes_a_model(aedesk: Call, model: Path) -> None:
    document = json.loads(aedesk("info", model, "--json").out)
    assert (document["kind"], document["name"], document["architecture"]["widths"]) == ("model", "tiny", [8, 16])


@pytest.mark.parametrize("name", ["missing.png", "missing.safetensors", "text.png", "text.safetensors", "."])
def test_info_of_something_else_says_so_and_exits_with_one(aedesk: Call, tmp_path: Path, name: str) -> None:
    for suffix in ("png", "safetensors"):
        (tmp_path / f"text.{suffix}").write_text("hello, this is a text")
    done = aedesk("info", tmp_path / name)
    assert done.code == 1
    assert str(tmp_path) in done.err
    assert done.out == ""


def test_devices_lists_the_processor(aedesk: Call) -> None:
    devices = json.loads(aedesk("devices", "--json").out)
    assert devices[0]["name"] == "cpu"
    assert "cpu" in aedesk("devices").out


def test_models_lists_the_shipped_ones_with_their_cards(aedesk: Call) -> None:
    models = json.loads(aedesk("models", "--json").out)
    assert [model["name"] for model in models] == list(SHIPPED)
    assert [model["card"]["purpose"] for model in models] == ["denoise", "denoise", "codec", "erase", "inpaint"]
    assert "denoise-photo" in aedesk("models").out


def test_evaluate_prints_what_scripts_rely_on(aedesk: Call, model: Path, make_file: Call, tmp_path: Path) -> None:
    for seed in range(3):
        make_file(tmp_path / "clean" / f"{seed}.png", seed=seed)
    options = ["evaluate", "denoise", "--data", tmp_path / "clean", "--model", model, "--sigma", 25, "--limit", 2]
    done = aedesk(*options, "--json")
    assert done.code == 0
    document = json.loads(done.out)
    wanted = {"task", "model", "data", "sigma", "n", "psnr", "ssim", "psnr_noisy", "megapixels_per_s", "device", "precision"}
    assert wanted <= set(document)
    assert (document["sigma"], document["n"]) == (25, 2)
    assert 20 < document["psnr_noisy"] < 21.5
    assert "psnr_noisy" in aedesk(*options).out


def test_evaluating_a_folder_that_is_not_there_fails(aedesk: Call, model: Path, tmp_path: Path) -> None:
    done = aedesk("evaluate", "denoise", "--data", tmp_path / "nowhere", "--model", model, "--sigma", 25)
    assert done.code == 1
    assert "nowhere" in done.err


RECIPE = """
name = "small"
purpose = "denoise"
[model]
family = "unet"
widths = [8, 16]
blocks = [1, 1]
unshuffle = 2
[data]
held_out = 1
[degradation]
chain = "gaussian"
sigma = [0, 50]
[train]
validate_every = 5
[[stage]]
steps = 1000
patch_px = 32
batch = 2
"""


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    path = tmp_path / "small.toml"
    path.write_text(RECIPE)
    return path


@pytest.fixture
def pictures(tmp_path: Path, make_file: Call) -> Path:
    for seed in range(3):
        make_file(tmp_path / "pictures" / f"{seed}.png", 96, 96, seed=seed)
    return tmp_path / "pictures"


def test_training_writes_a_model_that_denoise_can_use(aedesk: Call, recipe: Path, pictures: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    done = aedesk("train", recipe, "--data", pictures, "--set", "stage.0.steps=10", "--set", "name=mine", "-o", run)
    assert done.code == 0, done.err
    assert done.out.startswith(f"{run / 'best.safetensors'}: ")
    assert "step 10: val" in done.err
    about = json.loads(aedesk("info", run, "--json").out)
    assert (about["kind"], about["name"], about["step"], about["steps"], about["finished"]) == ("run", "mine", 10, 10, True)
    assert about["weights"] == ["best.safetensors", "last.safetensors"]
    assert "loss" in about["latest"]
    assert aedesk("denoise", pictures / "0.png", "-o", tmp_path / "x.png", "--model", run / "best.safetensors").code == 0


def test_the_recipe_of_a_family_is_taken_by_its_name(aedesk: Call, pictures: Path, tmp_path: Path) -> None:
    change = ["data.held_out=1", "stage.0.steps=2", "stage.0.batch=2"]
    options = [part for each in change for part in ("--set", each)]
    done = aedesk("train", "--model", "undercomplete", "--data", pictures, *options, "-o", tmp_path / "run")
    assert done.code == 0, done.err
    assert json.loads(aedesk("info", tmp_path / "run" / "best.safetensors", "--json").out)["family"] == "undercomplete"


def test_an_interrupted_training_resumes_without_its_recipe(
    aedesk: Call, recipe: Path, pictures: Path, tmp_path: Path, project: Path
) -> None:
    run = tmp_path / "run"
    command = [
        sys.executable,
        "-m",
        "aedesk",
        "train",
        str(recipe),
        "--data",
        str(pictures),
        "--set",
        "stage.0.steps=100000",
        "-o",
        str(run),
    ]
    with subprocess.Popen(command, env={**os.environ, "PYTHONPATH": str(project)}, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        while "step 5:" not in process.stderr.readline():
            pass
        process.send_signal(signal.SIGINT)
        rest = process.stderr.read()
        assert process.wait(30) == 130
    assert f"Go on with: aedesk train -o {run} --resume" in rest
    assert "Nothing is lost" in rest
    assert "Traceback" not in rest
    step = json.loads(aedesk("info", run, "--json").out)["step"]
    done = aedesk("train", "-o", run, "--resume", "--set", f"stage.0.steps={step - 1}")
    assert done.code == 1
    assert "beyond the recipe's last" in done.err
    assert aedesk("train", "-o", run, "--resume", "--set", f"stage.0.steps={step + 20}").code == 0
    assert json.loads(aedesk("info", run, "--json").out)["steps"] == step + 20


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["RECIPE", "--model", "denoise-photo"], "Give one of them"),
        (["--model", "unknown"], "unknown"),
        (["missing.toml"], "missing.toml"),
        (["RECIPE", "--set", "train.lr"], "KEY=VALUE"),
        (["RECIPE", "--set", "train.unknown=1"], "unknown"),
        (["RECIPE", "--set", "stage.7.steps=1"], "stage.7.steps"),
        (["RECIPE", "--set", "train.lr=fast"], "lr"),
    ],
)
def test_bad_recipes_and_overrides_are_bad_usage(aedesk: Call, recipe: Path, tmp_path: Path, options: list[str], says: str) -> None:
    done = aedesk("train", *[recipe if option == "RECIPE" else option for option in options], "-o", tmp_path / "run")
    assert done.code == 2
    assert says in done.err
    assert not (tmp_path / "run").exists()


def test_overrides_reach_tables_and_lists_of_tables() -> None:
    recipe: dict[str, Any] = {"stage": [{"steps": 1}, {"steps": 2}]}
    override(recipe, "train.lr", 0.1)
    override(recipe, "stage.1.steps", 9)
    override(recipe, "seed", 3)
    assert recipe == {"stage": [{"steps": 1}, {"steps": 9}], "train": {"lr": 0.1}, "seed": 3}
    with pytest.raises(SpecError):
        override(recipe, "stage.steps", 9)


@pytest.mark.parametrize(
    ("text", "value"), [("1e-4", 1e-4), ("[1, 2]", [1, 2]), ("true", True), ('"x"', "x"), ("plain-name", "plain-name")]
)
def test_override_values_are_toml(text: str, value: object) -> None:
    assert toml_value(text) == value
