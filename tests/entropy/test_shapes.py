"""The tables that need no storing are the same everywhere, and fit what they are for."""

from __future__ import annotations

import numpy as np
import pytest

from aedesk.entropy.shapes import COUNT, REACH, WIDTHS, shape_tables
from aedesk.entropy.tables import TOTAL


def test_the_family_is_the_one_of_version_1() -> None:
    assert shape_tables().count == COUNT
    assert shape_tables().crc == 0x216F2EEC


def test_tables_are_symmetric_and_decrease_from_the_centre() -> None:
    inside = shape_tables().frequencies[:, :-1].astype(int)
    assert np.abs(inside - inside[:, ::-1]).max() <= 1  # what is left over goes to the left first
    assert (np.diff(inside[:, REACH:], axis=1) <= 1).all()


def test_widths_grow_by_a_sixth_of_an_octave() -> None:
    inside = shape_tables().frequencies[:, :-1] / TOTAL
    middle = inside[:, REACH]
    assert (np.diff(middle[:WIDTHS]) < 0).all()
    assert (np.diff(middle[WIDTHS:]) < 0).all()
    assert middle[0] > 0.99
    assert middle[WIDTHS - 1] < 0.01
    k = np.arange(-REACH, REACH + 1)
    deviation = np.sqrt((inside[WIDTHS + 20] * k**2).sum())
    assert deviation == pytest.approx(0.18 * 2 ** (20 / 6), rel=0.02)


def test_a_geometric_table_has_its_stated_ratio() -> None:
    inside = shape_tables().frequencies[30, REACH : REACH + 4]
    assert inside[1:] / inside[:-1] == pytest.approx(np.exp(-1 / (0.06 * 2**5)), rel=1e-4)
