"""Symbols into bytes and back, by integer tables: a range coder (Martin, 1979), the one of the ``constriction`` library.

The library is given floating-point probabilities and makes integers of them: the count of symbols left of symbol i becomes
i + floor(sum of the p left of it * (2**24 - n) / sum of all p). With f - 1 for p, f being our counts, all of these are integers up to
2**24: every step is exact, and the library's counts are ours. Tests assert coded words, so that no version changes files in silence.

What a call codes is sorted by table first, because a run of one table is coded at once: 0.4 million symbols take 10 ms to encode and
27 ms to decode. The rejected options: an asymmetric numeral system has to be written backwards, so the encoder would need all symbols at
hand; a Gaussian per symbol takes three times as long and computes in floating point.

Escapes follow the symbols of their call: of each, in sorted order, the length L = floor(log2 m) of the excess m = |symbol| - K (probability
2**-(L+1)), then the signs, then the L lower bits of m, by rising L. Together 2 L + 2 bits each, an Elias-gamma code and a sign.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any
from weakref import WeakKeyDictionary

import constriction
import numpy as np
from numpy.typing import NDArray

from aedesk.core.errors import FormatError
from aedesk.entropy.tables import MAX_SYMBOL, TOTAL, Tables, split

_MAX_LENGTH = MAX_SYMBOL.bit_length() - 1
_WORD_BITS = 32
_GET_MODEL = "The model is damaged: get it again from where it came from."
_models: WeakKeyDictionary[Tables, dict[int, Any]] = WeakKeyDictionary()


class Encoder:
    """Writes one bitstream. ``put`` any number of times, then ``finish``. Not for several threads at once."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._coder = constriction.stream.queue.RangeEncoder()

    def put(self, symbols: NDArray[np.integer], indexes: NDArray[np.integer]) -> None:
        """Code symbols (N,), each by the table of its index (N,).

        Raises:
            FormatError: a symbol is beyond 2**20, or is not the one of its point mass, or an index is not that of a table.
        """
        if symbols.shape != indexes.shape or symbols.ndim != 1:
            raise ValueError(f"symbols {symbols.shape} and indexes {indexes.shape} must be one-dimensional and equally many")
        if symbols.size and max(int(symbols.max()), -int(symbols.min())) > MAX_SYMBOL:
            raise FormatError(f"The latent has values beyond {MAX_SYMBOL}.", "The model does not fit this picture: choose another one.")
        order, runs = _grouped(indexes, self._tables)
        ordered = symbols[order]
        columns, escaped = split(ordered, self._tables.reach)
        for model, sure, run in runs:
            if model is not None:
                self._coder.encode(columns[run], model)
            elif (columns[run] != sure).any():
                raise FormatError("A symbol is not the one its table is sure of.", _GET_MODEL)
        if escaped.size:
            self._put_escapes(ordered[escaped].astype(np.int32))

    def _put_escapes(self, symbols: NDArray[np.int32]) -> None:
        beyond = np.abs(symbols) - np.int32(self._tables.reach)
        lengths = np.frexp(beyond)[1] - np.int32(1)
        self._coder.encode(lengths, _lengths())
        self._coder.encode((symbols < 0).astype(np.int32), _uniform(1))
        for length in range(1, _MAX_LENGTH + 1):
            low_bits = beyond[lengths == length] - np.int32(1 << length)
            if low_bits.size:
                self._coder.encode(low_bits, _uniform(length))

    def finish(self) -> bytes:
        """The bitstream: big-endian words of 32 bits, without the zeros at the end (the decoder reads zeros there)."""
        words = self._coder.get_compressed()
        if words.size:
            words[-1] = _shortest(int(words[-1]), *self._coder.pos()[1])
        data: bytes = words.astype(">u4").tobytes()
        return data.rstrip(b"\0")


class Decoder:
    """Reads one bitstream in the order in which it was written. Not for several threads at once.

    Any bytes give symbols or a FormatError, in memory and time bound by the number of symbols asked for. Most damaged bytes give wrong
    symbols: whoever stores a bitstream stores a checksum with it. Bytes after the last symbol are not looked at.

    Raises:
        FormatError: the bytes end in a zero, which no encoder leaves.
    """

    def __init__(self, tables: Tables, data: bytes) -> None:
        if data.endswith(b"\0"):
            raise _damaged()
        self._tables = tables
        words = np.frombuffer(data + bytes(-len(data) % 4), ">u4").astype(np.uint32)
        self._coder = constriction.stream.queue.RangeDecoder(words)

    def get(self, indexes: NDArray[np.integer]) -> NDArray[np.int32]:
        """The next symbols (N,), which were written with these indexes (N,) in one call.

        Raises:
            FormatError: the bytes are no bitstream of these tables, or an index is not that of a table.
        """
        order, runs = _grouped(indexes, self._tables)
        ordered = np.empty(indexes.size, np.int32)
        symbols = np.empty(indexes.size, np.int32)
        try:
            for model, sure, run in runs:
                ordered[run] = sure if model is None else self._coder.decode(model, run.stop - run.start)
            escaped = np.flatnonzero(ordered == 2 * self._tables.reach + 1)
            ordered -= self._tables.reach
            if escaped.size:
                ordered[escaped] = self._get_escapes(escaped.size)
        except AssertionError as error:  # how the library says that no symbol has this code
            raise _damaged() from error
        symbols[order] = ordered
        return symbols

    def _get_escapes(self, count: int) -> NDArray[np.int32]:
        lengths = self._coder.decode(_lengths(), count)
        negative = self._coder.decode(_uniform(1), count) == 1
        beyond: NDArray[np.int32] = np.left_shift(np.int32(1), lengths)
        for length in range(1, _MAX_LENGTH + 1):
            of_length = np.flatnonzero(lengths == length)
            if of_length.size:
                beyond[of_length] += self._coder.decode(_uniform(length), of_length.size)
        magnitude = beyond + np.int32(self._tables.reach)
        if int(magnitude.max()) > MAX_SYMBOL:
            raise _damaged()
        magnitude[negative] *= -1
        return magnitude


def _grouped(indexes: NDArray[np.integer], tables: Tables) -> tuple[NDArray[np.intp] | slice, Iterator[tuple[Any, int, slice]]]:
    """The stable order by index; of each table that occurs the model (None: a point mass), the sure column, the run in that order."""
    if indexes.size and not 0 <= int(indexes.min()) <= int(indexes.max()) < tables.count:
        raise FormatError(
            f"The model asks for a probability table that does not exist ({tables.count} do).",
            _GET_MODEL,
        )
    narrow = indexes.astype(np.uint8 if tables.count <= 256 else np.uint16)  # these are sorted by counting
    in_order = bool(np.greater_equal(narrow[1:], narrow[:-1]).all())
    order = slice(None) if in_order else np.argsort(narrow, kind="stable")
    counts = np.bincount(narrow, minlength=tables.count)
    ends = np.cumsum(counts)
    used = np.flatnonzero(counts)
    return order, ((*_model(tables, int(i)), slice(int(ends[i] - counts[i]), int(ends[i]))) for i in used)


def _model(tables: Tables, index: int) -> tuple[Any, int]:
    """The library's model of one table; for a point mass None and the sure column."""
    models = _models.setdefault(tables, {})
    if index not in models:
        row = tables.frequencies[index]
        models[index] = (None, int(row.argmax())) if row.max() == TOTAL else (_exact(row), -1)
    found: tuple[Any, int] = models[index]
    return found


def _exact(frequencies: NDArray[np.int32]) -> Any:
    """See the module's docstring for why the library's counts are these."""
    return constriction.stream.model.Categorical((frequencies - 1).astype(np.float64), lazy=False, perfect=False)


@cache
def _lengths() -> Any:
    """Length L with probability 2**-(L+1); the longest has what is left."""
    counts = TOTAL >> np.arange(1, _MAX_LENGTH + 2)
    counts[-1] += TOTAL - counts.sum()
    return _exact(counts.astype(np.int32))


@cache
def _uniform(bits: int) -> Any:
    return constriction.stream.model.Uniform(1 << bits)


def _shortest(word: int, lower: int, width: int) -> int:
    """The last word, with as many zero bytes at its end as the coder's interval allows: any number in it says the same."""
    if word != -(-lower >> _WORD_BITS) % (1 << _WORD_BITS):  # a word that says nothing has come after the last
        return word
    for spare in (24, 16, 8):
        rounded = -(-word >> spare) << spare
        if rounded < 1 << _WORD_BITS and ((rounded << _WORD_BITS) - lower) % (1 << 2 * _WORD_BITS) < width:
            return rounded
    return word


def _damaged() -> FormatError:
    return FormatError("The coded data is damaged, or was written with another model.", "Get the file again from where it came from.")
