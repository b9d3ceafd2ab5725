"""Examples to learn finding damage from, by the tables of a recipe."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from aedesk.core.cancel import CancelToken
from aedesk.core.errors import DataError, SpecError
from aedesk.data.examples.example import Examples
from aedesk.data.sources import make_examples
from aedesk.imaging.io import write
from aedesk.imaging.picture import Picture


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("pictures")
    rng = np.random.default_rng(0)
    for number in range(3):
        write(Picture(np.kron(rng.integers(0, 255, (10, 10, 3)), np.ones((14, 14, 1))).astype(np.uint8)), place / f"{number}.png")
    return place


def examples(folder: Path, chain: dict[str, Any], channels: int = 3, **data: Any) -> Examples:
    table = {"folder": str(folder), "held_out": 1, **data}
    return make_examples(table, {"chain": "print-damage", **chain}, channels, torch.device("cpu"), CancelToken(), size_multiple=32)


def test_the_target_is_the_mask_and_depends_on_the_seed_alone(folder: Path) -> None:
    source = examples(folder, {"clean": 0.0, "unit": [1, 2]})
    example, again = source.draw(3, 64, 5), source.draw(3, 64, 5)
    assert example.noisy.shape == example.target.shape == (3, 3, 64, 64)
    assert torch.equal(example.noisy, again.noisy)
    assert torch.equal(example.target, again.target)
    assert set(example.target.unique().tolist()) == {0.0, 1.0}
    assert not torch.equal(example.noisy, source.draw(3, 64, 6).noisy)


def test_held_out_prints_are_large_damaged_and_the_same_in_every_run(folder: Path) -> None:
    first, second = (examples(folder, {"clean": 1.0}).validation() for _ in range(2))
    assert len(first) == 1
    assert first[0].noisy.shape[2:] == (256, 256)
    assert torch.equal(first[0].noisy, second[0].noisy)
    assert first[0].target.any()


@pytest.mark.parametrize(
    ("table", "word"), [({"sigma": [1, 2]}, "sigma"), ({"clean": 2}, "clean"), ({"unit": [0.1, 2]}, "unit"), ({"unit": 3}, "unit")]
)
def test_wrong_ranges_are_errors_that_name_them(folder: Path, table: dict[str, Any], word: str) -> None:
    with pytest.raises(SpecError, match=word):
        examples(folder, table)


def test_gray_networks_are_refused(folder: Path) -> None:
    with pytest.raises(SpecError, match="colour"):
        examples(folder, {}, channels=1)


def test_a_folder_of_shapes_must_hold_some(folder: Path, tmp_path: Path, make_pixels: Callable[..., np.ndarray]) -> None:
    with pytest.raises(DataError, match="damage shapes"):
        examples(folder, {}, damage_shapes=str(tmp_path))
    write(Picture(make_pixels(64, 64)), tmp_path / "shape.png")
    assert examples(folder, {}, damage_shapes=str(tmp_path)).draw(2, 64, 0).target.shape == (2, 3, 64, 64)
