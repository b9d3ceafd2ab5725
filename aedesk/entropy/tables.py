"""Integer probability tables: what two machines must agree on to the last bit before one can read what the other wrote.

Probabilities are counts out of 2**24, stored with the model as integers, so that no floating point stands between a file and its
symbols. 24 bits are what the coder can hold. With 16, the count of one that each of 256 symbols needs would take 0.4 % of every table:
0.006 bits per symbol, a tenth of all that is spent where the latent is nearly always zero.
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
"""Largest magnitude that can be coded, by an escape if need be."""
MAX_TABLES = 1 << 16
MAX_REACH = 1 << 15
_WEIGHT_BITS = 38  # of a probability while fitting: times 2**24 it still fits 63 bits


@dataclass(frozen=True, eq=False, repr=False)
class Tables:
    """A family of probability tables over the symbols -K..K and *escape*, which announces a symbol beyond K.

    Args:
        frequencies: (T, 2K+2) int32. Entry j < 2K+1 is the count of symbol j-K, the last one that of *escape*. A row sums to 2**24 and
            has no zeros, or is a point mass: one symbol has all of 2**24, and is coded without a bit.

    Raises:
        FormatError: the counts break these rules, as they do in a damaged model.
    """

    frequencies: NDArray[np.int32]

    def __post_init__(self) -> None:
        given = np.asarray(self.frequencies)
        if given.ndim != 2 or given.shape[1] < 2 or given.shape[1] % 2 or given.dtype.kind not in "iu":
            raise _damaged(f"they are {given.dtype} of shape {given.shape}, not integers of shape (T, 2K+2)")
        if not 1 <= given.shape[0] <= MAX_TABLES or given.shape[1] > 2 * MAX_REACH + 2:
            raise _damaged(f"there are {given.shape[0]} of {given.shape[1]} entries")
        if given.min() < 0 or given.max() > TOTAL or (given.sum(1, dtype=np.int64) != TOTAL).any():
            raise _damaged(f"not all of them sum to {TOTAL}")
        sure = (given == TOTAL).any(1)
        if (given[~sure] == 0).any() or (given[:, -1] == TOTAL).any():
            raise _damaged("a symbol has no probability")
        kept = np.array(given, np.int32, order="C")
        kept.flags.writeable = False
        object.__setattr__(self, "frequencies", kept)

    def __repr__(self) -> str:
        return f"<Tables {self.count} x {-self.reach}..{self.reach}, CRC {self.crc:08x}>"

    @classmethod
    def fit(cls, pmf: NDArray[np.float64]) -> Tables:
        """The tables nearest to probabilities (T, 2K+2), the last column that of *escape*; rows are normalised.

        A probability becomes the weight floor(p * 2**38) of :meth:`share`.

        Raises:
            FormatError: an entry is no number from 0 to 1, or all of a row are zero.
        """
        p = np.asarray(pmf, np.float64)
        if p.ndim != 2 or p.shape[1] < 2 or not ((p >= 0) & (p <= 1)).all():
            raise _damaged("probabilities are numbers from 0 to 1 of shape (T, 2K+2)")
        return cls.share(np.floor(p * 2.0**_WEIGHT_BITS).astype(np.int64))

    @classmethod
    def share(cls, weights: NDArray[np.int64]) -> Tables:
        """The tables in proportion to weights (T, 2K+2) from 0 to 2**38.

        Every symbol gets the count 1, and the other 2**24 - (2K+2) are shared out: first the whole parts, then one each by falling
        remainders, of equals the one further left first. It is integer arithmetic, so the result depends neither on the machine nor on
        the order of a sum.

        Raises:
            FormatError: all weights of a row are zero.
        """
        sums = weights.sum(1, keepdims=True)
        if (sums == 0).any():
            raise _damaged("a table has no probable symbol")
        free = TOTAL - weights.shape[1]
        shared, rest = np.divmod(weights * free, sums)
        left_over = free - shared.sum(1, keepdims=True)
        rank = np.argsort(np.argsort(-rest, axis=1, kind="stable"), axis=1, kind="stable")
        return cls((1 + shared + (rank < left_over)).astype(np.int32))

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
        """(T, 2K+1): what each symbol costs, in bits; infinite beside a point mass."""
        return self._all_bits[:, :-1]

    def cost(self, symbols: NDArray[np.integer], indexes: NDArray[np.integer]) -> NDArray[np.float64]:
        """(N,): what each symbol costs in bits when coded by the table of its index, escapes with all that follows them."""
        columns, escaped = split(symbols, self.reach)
        places = indexes.astype(np.intp) * self.frequencies.shape[1] + columns
        cost: NDArray[np.float64] = self._all_bits.take(places)
        if escaped.size:
            beyond = np.abs(symbols[escaped].astype(np.int64)) - self.reach
            cost[escaped] += 2 * np.frexp(beyond)[1]  # twice the length in binary
        return cost


def split(symbols: NDArray[np.integer], reach: int) -> tuple[NDArray[np.int32], NDArray[np.intp]]:
    """Columns of a table for symbols (N,), and where among them the escapes are."""
    columns = symbols.astype(np.int32) + np.int32(reach)
    escaped = np.flatnonzero(columns.view(np.uint32) > 2 * reach)  # below 0 as well: it wraps round
    columns[escaped] = 2 * reach + 1
    return columns, escaped


def _damaged(problem: str) -> FormatError:
    return FormatError(f"The probability tables cannot be used: {problem}.", "The model is damaged: get it again from where it came from.")
