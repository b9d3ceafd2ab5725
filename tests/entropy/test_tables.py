"""Probability tables are integers that two machines agree on."""

from __future__ import annotations

import numpy as np
import pytest

from aedesk.core.errors import FormatError
from aedesk.entropy.coder import Encoder
from aedesk.entropy.tables import TOTAL, Tables


def rows(*given: list[int]) -> Tables:
    return Tables(np.array(given, np.int32))


def test_a_fitted_table_is_within_one_count_of_the_share_of_each_symbol() -> None:
    pmf = np.random.default_rng(1).dirichlet(np.full(32, 0.3), size=10)
    tables = Tables.fit(pmf)
    expected = 1 + pmf / pmf.sum(1, keepdims=True) * (TOTAL - 32)
    assert np.abs(tables.frequencies - expected).max() < 1 + 1e-3
    assert (tables.frequencies.sum(1) == TOTAL).all()


def test_fitting_follows_the_stated_rule_to_the_count() -> None:
    tables = Tables.fit(np.array([[0.25, 0.25, 0.25, 0.25], [0.0, 1.0, 0.0, 0.0], [0.5, 0.2, 0.2, 0.1]]))
    weights = [int(p * 2**38) for p in (0.5, 0.2, 0.2, 0.1)]
    exact = [w * (TOTAL - 4) / sum(weights) for w in weights]
    # Whole parts 8388606, 3355442, 3355442, 1677721; one is left over, for the largest remainder (.4, .4, .2 of the last three).
    assert [int(value) for value in exact] == [8388606, 3355442, 3355442, 1677721]
    assert tables.frequencies.tolist() == [[TOTAL // 4] * 4, [1, TOTAL - 3, 1, 1], [8388607, 3355444, 3355443, 1677722]]


def test_an_impossible_symbol_keeps_a_count_of_one() -> None:
    assert Tables.fit(np.array([[1.0, 0, 0, 0]])).frequencies.min() == 1


@pytest.mark.parametrize(
    "bad",
    [
        np.array([[TOTAL - 2, 1, 0, 1]]),  # no probability, and no point mass
        np.array([[TOTAL, 1, 1, 1]]),
        np.array([[TOTAL + 2, -1, -1, 0]]),
        np.array([[0, 0, 0, TOTAL]]),  # nothing but escapes
        np.array([[TOTAL - 2, 1, 1]]),
        np.array([TOTAL - 1, 1]),
        np.array([[0.5, 0.5]]),
        np.empty((0, 4), np.int32),
    ],
)
def test_invalid_tables_are_rejected(bad: np.ndarray) -> None:
    with pytest.raises(FormatError, match="probability tables"):
        Tables(bad)


@pytest.mark.parametrize("bad", [[[np.nan, 1, 0, 0]], [[-0.1, 1, 0, 0]], [[np.inf, 0, 0, 0]], [[0.0, 0, 0, 0]], [[1.0, 0, 0]]])
def test_invalid_probabilities_are_rejected(bad: list[list[float]]) -> None:
    with pytest.raises(FormatError):
        Tables.fit(np.array(bad))


def test_a_table_cannot_be_changed_afterwards() -> None:
    given = np.array([[TOTAL - 3, 1, 1, 1]], np.int32)
    tables = Tables(given)
    given[0, 0] = 7
    assert tables.frequencies[0, 0] == TOTAL - 3
    with pytest.raises(ValueError, match="read-only"):
        tables.frequencies[0, 0] = 7


def test_the_checksum_of_the_tables_is_the_recorded_one_and_depends_on_each_count() -> None:
    first, other = rows([TOTAL - 30, 10, 10, 10]), rows([TOTAL - 30, 10, 11, 9])
    assert first.crc == 0x6ACC7F94
    assert other.crc != first.crc


def test_costs_equal_the_bits_that_the_coder_writes() -> None:
    random = np.random.default_rng(3)
    tables = Tables.fit(random.dirichlet(np.full(12, 0.7), size=5))
    indexes = random.integers(0, 5, 20_000)
    symbols = np.round(random.laplace(size=20_000) * 4).astype(np.int32)
    encoder = Encoder(tables)
    encoder.put(symbols, indexes)
    bits = tables.cost(symbols, indexes).sum()
    assert bits <= 8 * len(encoder.finish()) <= bits + 24


def test_costs_of_symbols_agree_with_the_table_of_bits() -> None:
    tables = rows([TOTAL // 2, TOTAL // 4, TOTAL // 8, TOTAL // 8], [0, TOTAL, 0, 0])
    assert tables.bits.tolist() == [[1, 2, 3], [np.inf, 0, np.inf]]
    # Beyond 1 by 1, 2, 3, 4 and 2**20 - 1: the escape, a sign, and an Elias-gamma code.
    symbols = np.array([0, 2, -3, 4, 5, -(2**20)])
    assert tables.cost(symbols, np.zeros(6, int)).tolist() == [2, 3 + 2, 3 + 4, 3 + 4, 3 + 6, 3 + 40]
