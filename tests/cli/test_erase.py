"""``aedesk erase`` and ``aedesk evaluate erase``, with tiny networks."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from aedesk.cli.erase import read_mask
from aedesk.imaging import io
from aedesk.imaging.picture import Picture
from aedesk.models.families import FAMILIES
from aedesk.models.files.checkpoint import save_model

Cli = Callable[..., Any]
MakeFile = Callable[..., Path]


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The options that name a model of each kind."""
    place = tmp_path_factory.mktemp("models")
    small: dict[str, Any] = {"widths": [8, 8], "blocks": [1, 1]}
    options: list[str] = []
    for family, purpose, option in (("unblending", "erase", "--model"), ("inpainting", "inpaint", "--inpaint-model")):
        torch.manual_seed(0)
        card = {"name": family, "purpose": purpose, "family": family, "architecture": small}
        path = save_model(place / f"{family}.safetensors", FAMILIES[family].build(small).state_dict(), card)
        options += [option, str(path)]
    return options


def test_a_mask_file_says_what_is_erased_in_a_whole_folder(aedesk: Cli, make_file: MakeFile, models: list[str], tmp_path: Path) -> None:
    files = [make_file(tmp_path / "in" / f"{name}.png") for name in "ab"]
    mask = np.zeros((48, 64, 1), np.uint8)
    mask[10:20, 10:30] = 255
    io.write(Picture(mask), tmp_path / "mask.png")
    outcome = aedesk(
        "erase", tmp_path / "in", "-o", tmp_path / "out", "--mask", tmp_path / "mask.png", "--method", "inpaint", "--feather", 0, *models
    )
    assert outcome.code == 0, outcome.err
    for file in files:
        before, after = io.read(file).pixels, io.read(tmp_path / "out" / file.name).pixels
        changed = (before != after).any(axis=2)
        assert changed[10:20, 10:30].any()
        assert not changed[mask[:, :, 0] == 0].any()
    assert "% of the picture" in outcome.out


def test_what_a_given_mask_covers_is_filled_unless_it_is_said_to_be_see_through(
    aedesk: Cli, make_file: MakeFile, models: list[str], tmp_path: Path
) -> None:
    file, mask = make_file(tmp_path / "in.png"), np.zeros((48, 64, 1), np.uint8)
    mask[10:20, 10:30] = 255
    io.write(Picture(mask), tmp_path / "mask.png")
    results = {}
    for name, options in {"default": [], "inpaint": ["--method", "inpaint"], "unblend": ["--method", "unblend"]}.items():
        assert aedesk("erase", file, "-o", tmp_path / f"{name}.png", "--mask", tmp_path / "mask.png", *options, *models).code == 0
        results[name] = io.read(tmp_path / f"{name}.png").pixels
    assert np.array_equal(results["default"], results["inpaint"])
    assert not np.array_equal(results["default"], results["unblend"])


def test_without_a_mask_marks_are_looked_for(aedesk: Cli, make_file: MakeFile, models: list[str], tmp_path: Path) -> None:
    file = make_file(tmp_path / "in.png")
    outcome = aedesk("erase", file, "-o", tmp_path / "out.png", *models)
    assert outcome.code == 0, outcome.err
    assert "nothing found" in outcome.out
    assert np.array_equal(io.read(file).pixels, io.read(tmp_path / "out.png").pixels)


def test_a_mask_of_another_size_fails_each_picture_and_says_why(
    aedesk: Cli, make_file: MakeFile, models: list[str], tmp_path: Path
) -> None:
    io.write(Picture(np.zeros((10, 10, 1), np.uint8)), tmp_path / "mask.png")
    outcome = aedesk("erase", make_file(tmp_path / "in.png"), "-o", tmp_path / "out.png", "--mask", tmp_path / "mask.png", *models)
    assert outcome.code in (1, 2)
    assert "10 x 10" in outcome.err
    assert not (tmp_path / "out.png").exists()


@pytest.mark.parametrize("wrong", [["--mask", "nothing.png"], ["--model", "denoise-photo"], ["--sensitivity", "3"], ["--method", "magic"]])
def test_bad_usage_is_told_at_once(aedesk: Cli, make_file: MakeFile, tmp_path: Path, wrong: list[str]) -> None:
    outcome = aedesk("erase", make_file(tmp_path / "in.png"), "-o", tmp_path / "out.png", *wrong)
    assert outcome.code == 2
    assert outcome.err


def test_a_mask_may_be_drawn_in_white_as_labels_or_as_transparency(tmp_path: Path) -> None:
    white = np.zeros((4, 4, 3), np.uint16)
    white[1, 1] = 65535
    io.write(Picture(white), tmp_path / "white.png")
    assert read_mask(tmp_path / "white.png")[1, 1] == 255
    assert np.count_nonzero(read_mask(tmp_path / "white.png")) == 1
    io.write(Picture(np.full((4, 4, 3), 255, np.uint8), (white[:, :, 0] > 0).astype(np.uint8) * np.uint8(255)), tmp_path / "clear.png")
    assert np.array_equal(read_mask(tmp_path / "clear.png"), read_mask(tmp_path / "white.png"))
    io.write(Picture(np.zeros((4, 4, 3), np.uint8), (white[:, :, 0] > 0).astype(np.uint8) * np.uint8(255)), tmp_path / "black.png")
    assert np.array_equal(read_mask(tmp_path / "black.png"), read_mask(tmp_path / "white.png"))
    io.write(Picture((white[:, :, :1] > 0).astype(np.uint8)), tmp_path / "labels.png")
    assert np.array_equal(read_mask(tmp_path / "labels.png"), read_mask(tmp_path / "white.png"))


def test_evaluating_gives_every_figure(aedesk: Cli, make_file: MakeFile, models: list[str], tmp_path: Path) -> None:
    for name in "ab":
        make_file(tmp_path / "data" / f"{name}.png", 96, 96)
    outcome = aedesk("evaluate", "erase", "--data", tmp_path / "data", "--json", *models)
    assert outcome.code == 0, outcome.err
    result = json.loads(outcome.out)
    assert (result["task"], result["n"]) == ("erase", 2)
    kinds = ("logo", "text", "tiled", "date")
    assert [(row["kind"], row["alpha"]) for row in result["automatic"]] == [(kind, alpha) for kind in kinds for alpha in (0.3, 0.5)]
    for row in result["automatic"]:
        assert row["psnr"] == row["psnr_marked"]  # this network finds nothing, so nothing changes
        assert row["psnr_inside"] == row["psnr_marked_inside"] < 40
        assert row["removed"] == row["f1"] == 0
        assert 0.002 < row["coverage"] < 0.9
    for faint, strong in zip(result["automatic"][::2], result["automatic"][1::2], strict=True):
        assert faint["psnr_marked"] > strong["psnr_marked"]
    for row, tone in zip(result["clean"], ("colour", "gray", "sepia"), strict=True):
        assert row == {"tone": tone, "psnr": 100.0, "psnr_least": 100.0, "untouched": 1.0, "above_50_db": 1.0}
    assert 5 < result["brush"]["psnr_inside"] < 60
    table = aedesk("evaluate", "erase", "--data", tmp_path / "data", "--limit", 1, *models)
    assert table.code == 0
    assert "sepia" in table.out
    assert "100%" in table.out
    assert aedesk("evaluate", "erase", "--data", tmp_path / "data", "--fonts", tmp_path / "nowhere", *models).code == 1
