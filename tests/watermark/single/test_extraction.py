"""Marks are taken apart into inks: what a first look says, an ink that is asked for, and the white that it encloses."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from aedesk.imaging.tiling import Box
from aedesk.watermark.single.extraction import peel
from aedesk.watermark.single.network import Look
from aedesk.watermark.single.overlay import Ink

SIZE, ALPHA = 160, 0.5
NAVY, WHITE = (0.1, 0.2, 0.5), (1.0, 1.0, 1.0)


def ramp() -> NDArray[np.float32]:
    """(3, SIZE, SIZE), a picture with some life in it."""
    y, x = np.mgrid[:SIZE, :SIZE] / SIZE
    waves = 0.04 * np.sin(40 * x) * np.cos(33 * y)
    light = 0.2 * x + 0.1 * y + waves
    return np.stack([0.3 + light, 0.35 + 0.9 * light, 0.4 + 0.7 * light]).astype(np.float32)


def disc(radius: float) -> NDArray[np.bool_]:
    y, x = np.mgrid[:SIZE, :SIZE] - SIZE / 2
    return np.asarray(x**2 + y**2 < radius**2)


def taken_off(marks: list[tuple[NDArray[np.bool_], tuple[float, float, float]]]) -> tuple[NDArray[np.float32], list[Ink]]:
    """What is left of a picture with flat marks of one opacity, for a network that sees each ink and the first one's place."""
    marked = ramp()
    for where, colour in marks:
        marked[:, where] = ALPHA * np.array(colour, np.float32)[:, None] + (1 - ALPHA) * marked[:, where]

    def look(where: NDArray[np.bool_]) -> Look:
        return Look(np.where(where, 9, -9).astype(np.float32), np.where(where, ALPHA, 0).astype(np.float32), np.zeros_like(marked))

    def ask(ink: Ink, _: Box) -> Look:
        near = [np.abs(np.array(ink.light) / ink.alpha - colour).max() < 0.15 for _, colour in marks]
        return look(np.any([where for (where, _), hit in zip(marks, near, strict=True) if hit] or [np.zeros((SIZE, SIZE), bool)], axis=0))

    peeled = peel(marked, look(marks[0][0]), ask)
    return peeled.bare, peeled.inks


def test_one_ink_comes_off() -> None:
    bare, inks = taken_off([(disc(50), NAVY)])
    assert [round(ink.alpha, 1) for ink in inks] == [ALPHA]
    assert np.abs(bare - ramp()).mean() < 0.01


def test_the_white_sign_on_a_disc_comes_off_with_it() -> None:
    bare, inks = taken_off([(disc(50) & ~disc(25), NAVY), (disc(25), WHITE)])
    assert len(inks) == 2
    assert min(inks[1].light) > 0.9 * inks[1].alpha
    assert np.abs(bare - ramp()).mean() < 0.01


@pytest.mark.parametrize("inner", [10, 25, 40])
def test_the_picture_inside_of_a_ring_stays(inner: int) -> None:
    bare, inks = taken_off([(disc(50) & ~disc(inner), NAVY)])
    assert len(inks) == 1
    assert np.array_equal(bare[:, disc(inner - 3)], ramp()[:, disc(inner - 3)])
