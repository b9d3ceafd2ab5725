"""Shapes of damage as masks, and what layers of them do to a print."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest

from aedesk.core.damage_specs import DAMAGE_KINDS
from aedesk.data.print_damage.canvas import Canvas, blurred, rim, rough
from aedesk.data.print_damage.layers import LINES, SPECKS, STAINS, Layer, damaged
from aedesk.data.print_damage.textures import Textures, training_textures, unseen_textures


@pytest.mark.parametrize("width", [0.5, 1.0, 2.5, 6.0])
def test_a_line_covers_its_width_times_its_length(width: float) -> None:
    canvas = Canvas(40, 60)
    canvas.line([(10, 20), (50, 20)], width)
    assert float(canvas.cover().sum()) == pytest.approx(40 * width, rel=0.35)


def test_an_ellipse_covers_its_area_wherever_it_lies() -> None:
    for angle in (0.0, 0.7):
        canvas = Canvas(50, 50)
        canvas.ellipse((25, 24), 12, 6, angle)
        assert float(canvas.cover().sum()) == pytest.approx(np.pi * 72, rel=0.08)


def test_a_rim_lies_outside_of_what_it_surrounds() -> None:
    canvas = Canvas(40, 40)
    canvas.polygon([(12, 12), (28, 12), (28, 28), (12, 28)])
    edge = rim(canvas.cover(), 2)
    assert float(edge[20, 20]) == float(edge[0, 0]) == 0
    assert float(edge[20, 10]) > 0.2


def test_a_rough_cover_moves_its_edge_with_the_field() -> None:
    soft = blurred(np.repeat(np.linspace(0, 1, 40, dtype=np.float32)[None], 40, 0), 0)
    field = np.ones((40, 40), np.float32)
    assert rough(soft, field, 0.2).sum() > rough(soft, 0 * field, 0.2).sum() > rough(soft, -field, 0.2).sum()


def test_fields_have_unit_variance_and_unseen_ones_are_others() -> None:
    fields = np.stack([training_textures().field(Random(seed), 256, 256) for seed in range(30)])
    assert float(fields.std()) == pytest.approx(1, abs=0.2)
    assert float(fields.mean()) == pytest.approx(0, abs=0.2)
    one, other = (textures.field(Random(0), 64, 64) for textures in (training_textures(), unseen_textures()))
    assert not np.allclose(one, other)


def test_a_field_has_any_size_and_is_reproducible() -> None:
    textures = Textures(seed=3, slopes=(1, 1.5), count=2)
    for height, width, zoom in ((5, 900, 1.0), (700, 3, 0.5), (40, 50, 7.0)):
        assert textures.field(Random(1), height, width, zoom).shape == (height, width)
        assert np.array_equal(textures.field(Random(1), height, width, zoom), textures.field(Random(1), height, width, zoom))


def square(top: int, kind: int | None, colour: float, *, stains: bool = False) -> Layer:
    cover = np.zeros((20, 20), np.float32)
    cover[top : top + 10, 5:15] = 1
    return Layer(cover, np.full(3, colour, np.float32), kind, stains)


def test_damage_is_what_visibly_changes_and_belongs_to_one_kind() -> None:
    picture = np.full((20, 20, 3), 0.5, np.float32)
    result, mask = damaged(picture, [square(0, STAINS, 0.5, stains=True), square(5, LINES, 1.0), square(8, SPECKS, 0.0)])
    assert mask.shape == (20, 20, len(DAMAGE_KINDS))
    assert mask.dtype == bool
    assert int(mask.sum(2).max()) == 1
    assert mask[0, 5].tolist() == [False, False, True]
    assert mask[6, 5].tolist() == [True, False, False]
    assert mask[16, 5].tolist() == [False, True, False]
    assert np.allclose(result[0, 5], 0.25)
    assert np.array_equal(result[~mask.any(2)], picture[~mask.any(2)])


def test_white_on_white_and_shading_are_no_damage() -> None:
    white = np.ones((20, 20, 3), np.float32)
    _, mask = damaged(white, [square(0, LINES, 1.0)])
    assert not mask.any()
    shaded, mask = damaged(white, [square(0, None, 0.0)])
    assert not mask.any()
    assert float(shaded.min()) == 0
