"""Every kind of data becomes examples, and what cannot be is told in words."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aedesk.core.cancel import CancelToken
from aedesk.core.errors import DataError, SpecError
from aedesk.data.degradation.camera_noise import CameraNoise
from aedesk.data.examples.example import Examples
from aedesk.data.pictures.files import PictureFile
from aedesk.data.pictures.loading import load_pictures
from aedesk.data.sources import make_examples
from aedesk.imaging.io import read, write
from aedesk.imaging.picture import Picture

CPU = torch.device("cpu")


def make(data: dict[str, Any], degradation: dict[str, Any] | None = None, channels: int = 3, **more: Any) -> Examples:
    return make_examples(data, degradation or {}, channels, CPU, CancelToken(), **{"patch_px": 16, **more})


@pytest.fixture
def paired(folder: Path, tmp_path: Path) -> tuple[Path, Path]:
    """Folders of noisy and clean pictures: each noisy one is 10 brighter."""
    noisy, clean = tmp_path / "noisy", tmp_path / "clean"
    for place in (noisy, clean):
        place.mkdir()
    for path in folder.iterdir():
        pixels = read(path).pixels // 2
        write(Picture(pixels), clean / path.name)
        write(Picture(pixels + 10), noisy / f"{path.stem}.tif")
    return noisy, clean


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("targets", ["clean", "pairs", "neighbor2neighbor", "noise2void", "own-noise"])
def test_a_draw_depends_on_the_seed_alone(targets: str, channels: int, folder: Path, paired: tuple[Path, Path]) -> None:
    place = {"noisy": str(paired[0]), "clean": str(paired[1])} if targets == "pairs" else {"folder": str(folder)}
    degradation = {"chain": "gaussian"} if targets == "clean" else {}
    first, second = (make({**place, "targets": targets}, degradation, channels) for _ in range(2))
    second.draw(2, 8, seed=99)
    for a, b in ((first.draw(3, 16, 1), second.draw(3, 16, 1)), (first.validation()[0], second.validation()[0])):
        assert a.noisy.shape == a.target.shape == (len(a.noisy), channels, *a.noisy.shape[2:])
        assert all(torch.equal(value, getattr(b, name)) for name, value in vars(a).items() if value is not None and name != "level")
    assert not torch.equal(first.draw(3, 16, 1).noisy, first.draw(3, 16, 2).noisy)
    assert first.count == 11
    assert len(first.validation()) == 1


def test_pairs_are_matched_by_name_and_cropped_alike(paired: tuple[Path, Path]) -> None:
    noisy, clean = paired
    (noisy / "00.tif").unlink()
    (clean / "01.png").unlink()
    examples = make({"noisy": str(noisy), "clean": str(clean), "targets": "pairs", "held_out": 2})
    assert examples.count == 8
    assert len(examples.problems) == 2
    assert {name for name in ("00.png", "01.tif") if any(name in problem for problem in examples.problems)} == {"00.png", "01.tif"}
    for example in (examples.draw(4, 16, 0), *examples.validation()):
        assert torch.allclose(example.noisy - example.target, torch.full_like(example.noisy, 10 / 255), atol=1e-6)
        assert torch.allclose(example.level, torch.tensor(10.0), atol=1e-3)


def test_pairs_in_one_folder_are_told_by_their_suffixes(folder: Path) -> None:
    for path in sorted(folder.iterdir()):
        write(Picture(255 - read(path).pixels), folder / f"{path.stem}_clean.png")
        path.rename(folder / f"{path.stem}_noisy.png")
    examples = make({"folder": str(folder), "noisy_suffix": "_noisy", "clean_suffix": "_clean", "targets": "pairs"})
    example = examples.draw(4, 16, 0)
    assert examples.count == 11
    assert torch.allclose(example.noisy + example.target, torch.ones_like(example.noisy))
    with pytest.raises(DataError, match="partner"):
        make({"folder": str(folder), "noisy_suffix": "_noisy", "clean_suffix": "_sharp", "targets": "pairs"})


def test_broken_files_are_left_out_and_told_until_none_is_left(folder: Path) -> None:
    for name in ("03.png", "07.png"):
        (folder / name).write_bytes((folder / name).read_bytes()[:80])
    examples = make({"folder": str(folder)})
    assert examples.count + len(examples.validation()) == 10
    assert [name in examples.problems[i] for i, name in enumerate(("03.png", "07.png"))] == [True, True]
    for path in folder.iterdir():
        path.write_bytes(b"\x89PNG\r\n\x1a\n")
    with pytest.raises(DataError, match="None of 12"):
        make({"folder": str(folder)})


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(1, 10), st.sampled_from(["crop", "scale"]), st.sampled_from([8, 40, 64]), st.booleans())
def test_small_folders_and_pictures_work(folder: Path, limit: int, fit: str, patch_px: int, noisy_only: bool) -> None:
    data = {"folder": str(folder), "limit": limit, "fit": fit, "targets": "neighbor2neighbor" if noisy_only else "clean"}
    examples = make(data, patch_px=patch_px, size_multiple=16)
    assert examples.count == max(1, limit - 1)
    assert examples.draw(3, patch_px, 0).noisy.shape == (3, 3, patch_px, patch_px)
    for example in examples.validation():
        assert example.noisy.shape[2:] == ((patch_px, patch_px) if fit == "scale" else (32, 48) if not noisy_only else (16, 16))
    small = any("smaller" in problem for problem in examples.problems)
    assert small == (patch_px * (2 if noisy_only else 1) > 40)


def test_a_network_of_one_size_is_validated_on_that_size(folder: Path) -> None:
    for fit, edge in (("crop", 8), ("scale", 28)):
        examples = make({"folder": str(folder), "fit": fit, "held_out": 2}, validation_px=edge, patch_px=edge)
        crops = [example.noisy for example in examples.validation()]
        assert {tuple(crop.shape) for crop in crops} == {(1, 3, edge, edge)}
        assert len(crops) == (10 if fit == "crop" else 2)
        assert not torch.equal(crops[0], crops[1])


@pytest.mark.parametrize(
    ("data", "degradation", "message"),
    [
        ({}, {}, "no pictures"),
        ({"folder": "a", "dataset": "mnist"}, {}, "folder and dataset"),
        ({"noisy": "a", "clean": "b"}, {}, "has pairs"),
        ({"folder": "a", "targets": "pairs"}, {}, "no pairs"),
        ({"files": ["a"], "noisy_suffix": "_a", "clean_suffix": "_b", "targets": "pairs"}, {}, "one folder"),
        ({"noisy": "a", "clean": "b", "targets": "pairs"}, {"chain": "gaussian"}, "need no"),
        ({"folder": "a", "targets": "noise2void"}, {"chain": "photo"}, "need no"),
    ],
)
def test_tables_that_contradict_themselves_are_told(data: dict[str, Any], degradation: dict[str, Any], message: str) -> None:
    with pytest.raises(SpecError, match=message):
        make(data, degradation)


def test_the_pictures_of_a_run_keep_within_their_memory(folder: Path) -> None:
    files = [PictureFile(path, path.name) for path in sorted(folder.iterdir())]
    problems: list[str] = []
    pictures = load_pictures(files, 3, CancelToken(), problems, budget_bytes=12 * 1000)
    assert sum(p.nbytes for p in pictures) <= 12_000
    assert min(p.nbytes for p in pictures) > 700
    assert any("12 large" in problem for problem in problems)
    assert load_pictures(files[:2], 3, CancelToken(), [])[1].shape == (40, 48, 3)


def test_blind_spots_are_replaced_by_a_neighbour_and_nothing_else_changes(folder: Path) -> None:
    example = make({"folder": str(folder), "targets": "noise2void"}).draw(8, 32, 0)
    assert example.weight is not None
    spots = example.weight.expand_as(example.noisy) > 0
    assert torch.equal(example.noisy[~spots], example.target[~spots])
    assert float(example.weight.mean()) == pytest.approx(1 / 64)
    assert float((example.noisy != example.target)[spots].float().mean()) > 0.5


def test_neighbours_are_two_different_pixels_of_one_cell() -> None:
    from aedesk.data.examples.neighbours import draw_pick, neighbours

    rows, columns = torch.meshgrid(torch.arange(16.0), torch.arange(12.0), indexing="ij")
    whole = torch.stack((rows, columns)).expand(3, 2, 16, 12)
    first, second = neighbours(whole, draw_pick(whole, torch.Generator().manual_seed(0)))
    assert torch.equal((first / 2).floor(), (second / 2).floor())
    assert bool(((first - second).abs().sum(1) == 1).all())
    seen = {(int(a[0] % 2), int(a[1] % 2)) for a in first.permute(0, 2, 3, 1).reshape(-1, 2)}
    assert len(seen) == 4


def test_the_noise_of_a_camera_is_measured_where_pictures_are_flat(make_pixels: Callable[..., np.ndarray]) -> None:
    random = np.random.default_rng(0)
    pictures = []
    for _ in range(4):
        noise = random.normal(0, 12, (161, 161, 3))
        noise = (noise[1:, 1:] + noise[:-1, 1:] + noise[1:, :-1] + noise[:-1, :-1]) / 2  # as white noise, but of 2x2 pixels
        noise[..., 2] = noise[..., 1]
        scene = np.linspace(90, 160, 160)[None, :, None] + np.zeros((160, 160, 3))
        scene[:, 100:] = make_pixels(160, 60).astype(float)
        pictures.append(np.clip(scene + noise, 0, 255).astype(np.uint8))
    noise = CameraNoise.measure(pictures)
    assert noise.level == pytest.approx(12, rel=0.1)
    drawn = noise.draw(64, 48, torch.Generator().manual_seed(0))
    assert drawn.shape == (64, 3, 48, 48)
    assert float(drawn.std()) == pytest.approx(1, rel=0.05)
    power = drawn[:, 1].square().mean()
    near, far = ((drawn[:, 1, :, :-d] * drawn[:, 1, :, d:]).mean() / power for d in (1, 3))
    assert float(near) == pytest.approx(0.5, abs=0.07)
    assert float(far) == pytest.approx(0, abs=0.07)
    assert float((drawn[:, 1] - drawn[:, 2]).square().mean() / power) < 0.01
    assert abs(float((drawn[:, 0] * drawn[:, 1]).mean() / power)) < 0.07


def test_noise_cannot_be_learnt_where_there_is_none(tmp_path: Path, write_flat: Callable[..., Path]) -> None:
    for value in (0, 120):
        write_flat(tmp_path / f"{value}.png", value, 64, 64)
    with pytest.raises(DataError, match="noise cannot be learnt"):
        make({"folder": str(tmp_path), "targets": "own-noise"})
