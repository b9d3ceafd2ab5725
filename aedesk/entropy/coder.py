"""Range coder (Martin 1979) for symbols with integer tables, by the ``constriction`` library.

The library takes floating-point probabilities and converts them to integers: the cumulative count of symbol i becomes
i + floor(cumulative p * (2**24 - n) / sum of all p). With p = f - 1 for our counts f, all of these are integers up to 2**24, so every step
is exact and the library's counts equal ours. Tests assert coded words, so that a new version of the library cannot change files unnoticed.

The symbols of a call are sorted by table, because a run of one table is coded at once: 0.4 million symbols take 10 ms to encode and 27 ms
to decode. Rejected: asymmetric numeral systems, which are written backwards and need all symbols in advance; a Gaussian per symbol, which
takes three times as long and computes in floating point.

Escapes follow the symbols of their call. For each, in sorted order, the length L = floor(log2 m) of the excess m = |symbol| - K
(probability 2**-(L+1)), then the signs, then the L lower bits of m, by rising L: 2 L + 2 bits each, an Elias-gamma code and a sign.
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
from aedesk.entropy.tables import MAX_SYMBOL, TOTAL, Tables, to_columns
from aedesk.formats.aed_file import GET_AGAIN

_MAX_LENGTH = MAX_SYMBOL.bit_length() - 1
_WORD_BITS = 32
_GET_MODEL = "The model is damaged: get a new copy of it."
_models: WeakKeyDictionary[Tables, dict[int, Any]] = WeakKeyDictionary()


class Encoder:
    """Writes one bitstream: call ``put`` any number of times, then ``finish``. Not thread-safe."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._coder = constriction.stream.queue.RangeEncoder()

    def put(self, symbols: NDArray[np.integer], indexes: NDArray[np.integer]) -> None:
        """Codes symbols (N,), each with the table of its index (N,).

        Raises:
            FormatError: a magnitude exceeds 2**20, a symbol differs from that of its point mass, or there is no table of an index.
        """
        if symbols.shape != indexes.shape or symbols.ndim != 1:
            raise ValueError(f"symbols {symbols.shape} and indexes {indexes.shape} must be one-dimensional and equally many")
        if symbols.size and max(int(symbols.max()), -int(symbols.min())) > MAX_SYMBOL:
            raise FormatError(f"The latent has values above {MAX_SYMBOL}.", "The model does not suit this picture: choose another one.")
        order, runs = _grouped(indexes, self._tables)
        ordered = symbols[order]
        columns, escaped = to_columns(ordered, self._tables.reach)
        for model, certain, run in runs:
            if model is not None:
                self._coder.encode(columns[run], model)
            elif (columns[run] != certain).any():
                raise FormatError("A symbol has probability zero in its table.", _GET_MODEL)
        if escaped.size:
            self._put_escapes(ordered[escaped].astype(np.int32))

    def _put_escapes(self, symbols: NDArray[np.int32]) -> None:
        excess = np.abs(symbols) - np.int32(self._tables.reach)
        lengths = np.frexp(excess)[1] - np.int32(1)
        self._coder.encode(lengths, _lengths())
        self._coder.encode((symbols < 0).astype(np.int32), _uniform(1))
        for length in range(1, _MAX_LENGTH + 1):
            low_bits = excess[lengths == length] - np.int32(1 << length)
            if low_bits.size:
                self._coder.encode(low_bits, _uniform(length))

    def finish(self) -> bytes:
        """Returns the bitstream: big-endian 32-bit words without trailing zero bytes, which the decoder supplies."""
        words = self._coder.get_compressed()
        if words.size:
            words[-1] = _shortest(int(words[-1]), *self._coder.pos()[1])
        data: bytes = words.astype(">u4").tobytes()
        return data.rstrip(b"\0")


class Decoder:
    """Reads one bitstream in the order in which it was written. Not thread-safe.

    Any bytes give symbols or a FormatError, in time and memory bounded by the number of symbols requested. Damaged bytes usually give wrong
    symbols, so a bitstream must be stored with a checksum. Bytes after the last symbol are ignored.

    Raises:
        FormatError: the bytes end in a zero, which an encoder never writes.
    """

    def __init__(self, tables: Tables, data: bytes) -> None:
        if data.endswith(b"\0"):
            raise _damaged()
        self._tables = tables
        words = np.frombuffer(data + bytes(-len(data) % 4), ">u4").astype(np.uint32)
        self._coder = constriction.stream.queue.RangeDecoder(words)

    def get(self, indexes: NDArray[np.integer]) -> NDArray[np.int32]:
        """Returns the next symbols (N,), which were written with these indexes (N,) in one call.

        Raises:
            FormatError: the bytes are not a bitstream of these tables, or there is no table of an index.
        """
        order, runs = _grouped(indexes, self._tables)
        ordered = np.empty(indexes.size, np.int32)
        symbols = np.empty(indexes.size, np.int32)
        try:
            for model, certain, run in runs:
                ordered[run] = certain if model is None else self._coder.decode(model, run.stop - run.start)
            escaped = np.flatnonzero(ordered == 2 * self._tables.reach + 1)
            ordered -= self._tables.reach
            if escaped.size:
                ordered[escaped] = self._get_escapes(escaped.size)
        except AssertionError as error:  # raised by the library if no symbol has this code
            raise _damaged() from error
        symbols[order] = ordered
        return symbols

    def _get_escapes(self, count: int) -> NDArray[np.int32]:
        lengths = self._coder.decode(_lengths(), count)
        negative = self._coder.decode(_uniform(1), count) == 1
        excess: NDArray[np.int32] = np.left_shift(np.int32(1), lengths)
        for length in range(1, _MAX_LENGTH + 1):
            of_length = np.flatnonzero(lengths == length)
            if of_length.size:
                excess[of_length] += self._coder.decode(_uniform(length), of_length.size)
        magnitude = excess + np.int32(self._tables.reach)
        if int(magnitude.max()) > MAX_SYMBOL:
            raise _damaged()
        magnitude[negative] *= -1
        return magnitude


def _grouped(indexes: NDArray[np.integer], tables: Tables) -> tuple[NDArray[np.intp] | slice, Iterator[tuple[Any, int, slice]]]:
    """Returns the stable order by index and, for each table in use, its model (None: point mass), certain column and run in that order."""
    if indexes.size and not 0 <= int(indexes.min()) <= int(indexes.max()) < tables.count:
        raise FormatError(
            f"The model uses a probability table that does not exist; it has {tables.count}.",
            _GET_MODEL,
        )
    narrow = indexes.astype(np.uint8 if tables.count <= 256 else np.uint16)  # NumPy sorts these by counting
    in_order = bool(np.greater_equal(narrow[1:], narrow[:-1]).all())
    order = slice(None) if in_order else np.argsort(narrow, kind="stable")
    counts = np.bincount(narrow, minlength=tables.count)
    ends = np.cumsum(counts)
    used = np.flatnonzero(counts)
    return order, ((*_model(tables, int(i)), slice(int(ends[i] - counts[i]), int(ends[i]))) for i in used)


def _model(tables: Tables, index: int) -> tuple[Any, int]:
    """Returns the library's model of one table; for a point mass None and its certain column."""
    models = _models.setdefault(tables, {})
    if index not in models:
        row = tables.frequencies[index]
        models[index] = (None, int(row.argmax())) if row.max() == TOTAL else (_exact(row), -1)
    found: tuple[Any, int] = models[index]
    return found


def _exact(frequencies: NDArray[np.int32]) -> Any:
    """Returns a model with exactly these counts; see the docstring of the module."""
    return constriction.stream.model.Categorical((frequencies - 1).astype(np.float64), lazy=False, perfect=False)


@cache
def _lengths() -> Any:
    """Length L with probability 2**-(L+1); the longest has the rest."""
    counts = TOTAL >> np.arange(1, _MAX_LENGTH + 2)
    counts[-1] += TOTAL - counts.sum()
    return _exact(counts.astype(np.int32))


@cache
def _uniform(bits: int) -> Any:
    return constriction.stream.model.Uniform(1 << bits)


def _shortest(word: int, lower: int, width: int) -> int:
    """Returns the last word with as many trailing zero bytes as the coder's interval allows: any number in it decodes the same."""
    if word != -(-lower >> _WORD_BITS) % (1 << _WORD_BITS):  # the last word is padding
        return word
    for spare in (24, 16, 8):
        rounded = -(-word >> spare) << spare
        if rounded < 1 << _WORD_BITS and ((rounded << _WORD_BITS) - lower) % (1 << 2 * _WORD_BITS) < width:
            return rounded
    return word


def _damaged() -> FormatError:
    return FormatError("The coded data is damaged, or was written with another model.", GET_AGAIN)
