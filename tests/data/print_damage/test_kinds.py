"""Every kind of damage: drawn at any size, the same again from the same seed, visible, and never out of range."""

from __future__ import annotations

from pathlib import Path
from random import Random

import numpy as np
import pytest
from PIL import Image

from aedesk.core.damage_specs import DAMAGE_KINDS
from aedesk.core.errors import DataError
from aedesk.data.print_damage.film_shapes import FilmShapes
from aedesk.data.print_damage.layers import LINES, SPECKS, STAINS, damaged
from aedesk.data.print_damage.pipeline import KINDS, Kind
from aedesk.data.print_damage.subjects import add_subjects
from aedesk.data.print_damage.textures import training_textures, unseen_textures
from aedesk.data.print_damage.unseen import UNSEEN, unseen_damage

TRAINED = [kind for kind, _ in KINDS]
ALL = [*((kind, training_textures) for kind in TRAINED), *((kind, unseen_textures) for kinds in UNSEEN.values() for kind in set(kinds))]
GRAY = np.full((70, 90, 3), 0.5, np.float32)


@pytest.mark.parametrize(("kind", "textures"), ALL, ids=lambda each: getattr(each, "__name__", ""))
def test_a_kind_of_damage_is_reproducible_in_range_and_mostly_visible(kind: Kind, textures: object) -> None:
    bank = textures()  # type: ignore[operator]
    visible = 0
    for seed in range(8):
        layers, again = (kind(Random(seed), 70, 90, 1.5, bank) for _ in range(2))
        for layer, same in zip(layers, again, strict=True):
            assert layer.cover.shape == (70, 90)
            assert layer.cover.dtype == np.float32
            assert float(layer.cover.min()) >= 0
            assert float(layer.cover.max()) <= 1
            assert np.array_equal(layer.cover, same.cover)
            assert np.array_equal(layer.colour, same.colour)
            assert float(np.min(layer.colour)) >= 0
            assert float(np.max(layer.colour)) <= 1
        visible += bool(damaged(GRAY, layers)[1].any())
    assert visible >= 4


@pytest.mark.parametrize("unit", [0.8, 6.0])
def test_wide_and_narrow_damage_fits_prints_of_any_shape(unit: float) -> None:
    for kind in TRAINED:
        for height, width in ((16, 300), (300, 16)):
            assert all(layer.cover.shape == (height, width) for layer in kind(Random(1), height, width, unit, training_textures()))


@pytest.mark.parametrize(("kind", "index"), [("lines", LINES), ("specks", SPECKS), ("stains", STAINS)])
def test_damage_to_measure_on_is_of_the_kind_that_was_asked_for(kind: str, index: int) -> None:
    for seed in range(6):
        assert {layer.kind for layer in unseen_damage(kind, Random(seed), 80, 100)} <= {index, None}
    assert DAMAGE_KINDS[index] == kind


def test_nothing_that_is_measured_on_is_trained_on() -> None:
    assert not set(TRAINED) & {draw for kinds in UNSEEN.values() for draw in kinds}


def test_shapes_from_files_are_damage_of_the_kind_of_their_folder(tmp_path: Path) -> None:
    for folder in ("scratches", "dots"):
        (tmp_path / folder).mkdir()
        shape = np.zeros((60, 60, 4), np.uint8)
        shape[20:40, 20:40] = 255
        Image.fromarray(shape).save(tmp_path / folder / "one.png")
    shapes = FilmShapes(str(tmp_path))
    kinds = set()
    for seed in range(10):
        (layer,) = shapes(Random(seed), 50, 70, 1.0, training_textures())
        assert layer.cover.shape == (50, 70)
        kinds.add(layer.kind)
    assert kinds == {LINES, SPECKS}


def test_a_folder_without_shapes_and_a_broken_shape_are_errors_that_name_them(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no damage shapes"):
        FilmShapes(str(tmp_path))
    (tmp_path / "broken.png").write_bytes(b"no picture")
    with pytest.raises(DataError, match=r"broken\.png"):
        FilmShapes(str(tmp_path))


def test_subjects_change_the_picture_and_stay_in_range() -> None:
    changed = 0
    shades = np.repeat(np.linspace(0, 1, 90, dtype=np.float32)[None, :, None], 70, 0).repeat(3, 2)
    for seed in range(20):
        drawn, again = (add_subjects(Random(seed), shades, 1.5) for _ in range(2))
        assert drawn.shape == shades.shape
        assert drawn.dtype == np.float32
        assert np.array_equal(drawn, again)
        assert 0 <= float(drawn.min()) <= float(drawn.max()) <= 1
        changed += not np.array_equal(drawn, shades)
    assert changed >= 15
