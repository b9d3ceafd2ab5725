"""Integer probability tables, on which encoder and decoder must agree to the last bit.

Probabilities are counts out of 2**24, stored with the model, so that no floating-point result decides what a file means. 24 bits are the
coder's precision. With 16 bits, the minimum count of one for each of 256 symbols would take 0.4 % of every table: 0.006 bits per symbol,
a tenth of the total where the latent is nearly always zero.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from aedesk.core.errors import FormatError
from aedesk.formats.checksum import crc32c

PRECISION_BITS = 24
TOTAL = 1 << PRECISION_BITS
MAX_SYMBOL = 1 << 20
"""Largest magnitude that can be coded, with an escape."""
MAX_TABLES = 1 << 16
MAX_REACH = 1 << 15
_WEIGHT_BITS = 38  # of a probability while fitting: multiplied by 2**24 it still fits into 63 bits


@dataclass(frozen=True, eq=False, repr=False)
class Tables:
    """A set of probability tables over the symbols -K..K and *escape*, which announces a symbol beyond K.

    Args:
        frequencies: (T, 2K+2) integers. Entry j < 2K+1 is the count of symbol j-K, the last one that of *escape*. A row sums to 2**24 and
            has no zeros, or is a point mass: one symbol has all of 2**24 and is coded in zero bits.

    Raises:
        FormatError: the counts violate these rules.
    """

    frequencies: NDArray[np.int32]

    def __post_init__(self) -> None:
        given = np.asarray(self.frequencies)
        if given.ndim != 2 or given.shape[1] < 2 or given.shape[1] % 2 or given.dtype.kind not in "iu":
            raise _invalid(f"they are {given.dtype} of shape {given.shape}, not integers of shape (T, 2K+2)")
        if not 1 <= given.shape[0] <= MAX_TABLES or given.shape[1] > 2 * MAX_REACH + 2:
            raise _invalid(f"there are {given.shape[0]} of {given.shape[1]} entries")
        if given.min() < 0 or given.max() > TOTAL or (given.sum(1, dtype=np.int64) != TOTAL).any():
            raise _invalid(f"not all of them sum to {TOTAL}")
        point_mass = (given == TOTAL).any(1)
        if (given[~point_mass] == 0).any() or (given[:, -1] == TOTAL).any():
            raise _invalid("a symbol has no probability")
        owned = np.array(given, np.int32, order="C")
        owned.flags.writeable = False
        object.__setattr__(self, "frequencies", owned)

    def __repr__(self) -> str:
        return f"<Tables {self.count} x {-self.reach}..{self.reach}, CRC {self.crc:08x}>"

    @classmethod
    def fit(cls, pmf: NDArray[np.float64]) -> Tables:
        """Returns the tables closest to probabilities (T, 2K+2), the last column *escape*; rows are normalised.

        A probability p becomes the weight floor(p * 2**38) of :meth:`from_weights`.

        Raises:
            FormatError: an entry is outside 0..1, or a row is all zero.
        """
        p = np.asarray(pmf, np.float64)
        if p.ndim != 2 or p.shape[1] < 2 or not ((p >= 0) & (p <= 1)).all():
            raise _invalid("probabilities are numbers from 0 to 1 of shape (T, 2K+2)")
        return cls.from_weights(np.floor(p * 2.0**_WEIGHT_BITS).astype(np.int64))

    @classmethod
    def from_weights(cls, weights: NDArray[np.int64]) -> Tables:
        """Returns the tables proportional to weights (T, 2K+2) from 0 to 2**38.

        Every symbol gets the count 1. The remaining 2**24 - (2K+2) are distributed by the largest-remainder method, ties to the left. All
        arithmetic is on integers, so the result depends neither on the machine nor on an order of summation.

        Raises:
            FormatError: all weights of a row are zero.
        """
        sums = weights.sum(1, keepdims=True)
        if (sums == 0).any():
            raise _invalid("a table has no probable symbol")
        free = TOTAL - weights.shape[1]
        shares, remainders = np.divmod(weights * free, sums)
        left_over = free - shares.sum(1, keepdims=True)
        rank = np.argsort(np.argsort(-remainders, axis=1, kind="stable"), axis=1, kind="stable")
        return cls((1 + shares + (rank < left_over)).astype(np.int32))

    @property
    def count(self) -> int:
        """T, the number of tables."""
        return int(self.frequencies.shape[0])

    @property
    def reach(self) -> int:
        """K, the largest magnitude that is coded without an escape."""
        return int(self.frequencies.shape[1]) // 2 - 1

    @cached_property
    def crc(self) -> int:
        """CRC-32C of T, K and the counts row by row, all as little-endian 32-bit integers."""
        return crc32c(np.array([self.count, self.reach], "<i4").tobytes() + self.frequencies.astype("<i4").tobytes())

    @cached_property
    def _all_bits(self) -> NDArray[np.float64]:
        with np.errstate(divide="ignore"):
            return PRECISION_BITS - np.log2(self.frequencies.astype(np.float64))

    @property
    def bits(self) -> NDArray[np.float64]:
        """(T, 2K+1): cost of each symbol in bits; infinite for the other symbols of a point mass."""
        return self._all_bits[:, :-1]

    def cost(self, symbols: NDArray[np.integer], indexes: NDArray[np.integer]) -> NDArray[np.float64]:
        """Returns (N,), the cost in bits of symbols (N,) coded with the tables of these indexes (N,), escapes included."""
        columns, escaped = to_columns(symbols, self.reach)
        places = indexes.astype(np.intp) * self.frequencies.shape[1] + columns
        cost: NDArray[np.float64] = self._all_bits.take(places)
        if escaped.size:
            excess = np.abs(symbols[escaped].astype(np.int64)) - self.reach
            cost[escaped] += 2 * np.frexp(excess)[1]  # twice the length of the excess in binary
        return cost


def to_columns(symbols: NDArray[np.integer], reach: int) -> tuple[NDArray[np.int32], NDArray[np.intp]]:
    """Returns the table columns of symbols (N,), and the positions of those that need an escape."""
    columns = symbols.astype(np.int32) + np.int32(reach)
    escaped = np.flatnonzero(columns.view(np.uint32) > 2 * reach)  # negative columns as well: they wrap around
    columns[escaped] = 2 * reach + 1
    return columns, escaped


def _invalid(problem: str) -> FormatError:
    return FormatError(f"The probability tables are invalid: {problem}.", "The model is damaged: get a new copy of it.")
