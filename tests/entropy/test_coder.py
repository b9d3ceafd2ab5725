"""Symbols come back from their bytes, and the bytes are the ones of version 1."""

from __future__ import annotations

import hashlib

import constriction
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference_decoder import ReferenceDecoder

from aedesk.core.errors import FormatError
from aedesk.entropy.coder import Decoder, Encoder, _exact
from aedesk.entropy.tables import MAX_SYMBOL, TOTAL, Tables


def geometric_tables(count: int, reach: int) -> Tables:
    """Made of integers only, so that they are the same everywhere: table t falls by (t+1)/(t+2) per step away from zero."""
    rows = []
    for t in range(count):
        weights = [2**20 * (t + 1) ** min(abs(s), 30) // (t + 2) ** min(abs(s), 30) for s in range(-reach, reach + 1)] + [1]
        shared = [1 + w * (TOTAL - 2 * reach - 2) // sum(weights) for w in weights]
        shared[reach] += TOTAL - sum(shared)
        rows.append(shared)
    return Tables(np.array(rows, np.int32))


def mixed_symbols(count: int) -> np.ndarray:
    """Whole numbers from a linear congruence: mostly small, some far out."""
    state, symbols = 1, []
    for _ in range(count):
        state = (state * 1103515245 + 12345) % 2**31
        size = (state >> 8) % 16
        symbols.append((1 - 2 * (state >> 30)) * ((state >> 12) % 2 ** (size // 2)) * (1000 if size == 15 else 1))
    return np.array(symbols, np.int32)


def encoded(tables: Tables, *parts: tuple[np.ndarray, np.ndarray]) -> bytes:
    encoder = Encoder(tables)
    for symbols, indexes in parts:
        encoder.put(symbols, indexes)
    return encoder.finish()


TABLES = geometric_tables(8, 7)
SYMBOLS = mixed_symbols(4000)
INDEXES = np.arange(4000) * 5 % 8


def test_the_coded_words_are_those_of_version_1() -> None:
    assert TABLES.crc == 0xC731F5E5
    short = encoded(TABLES, (SYMBOLS[:40], INDEXES[:40]))
    assert short.hex() == (
        "fffffffffe00000572749e7904a48b54ffffffffffb3fffffff3b97989010592b8f1a94cd2a09b3c79c8"
        "d1db2e79b51ed126957f2260e75660c6fd75c327fbd77f3fef1ae9b29202608994912986cb3aec7699"
    )
    long = encoded(TABLES, (SYMBOLS[:1500], INDEXES[:1500]), (SYMBOLS[1500:], INDEXES[1500:]))
    assert (len(long), hashlib.sha256(long).hexdigest()) == (7899, "bfd2f18868b78337cc51c49b2d810b9cd83b14fa6f7eeb546efb7a10861a10d2")


def test_a_decoder_written_from_the_specification_reads_the_same_symbols() -> None:
    data = encoded(TABLES, (SYMBOLS[:1500], INDEXES[:1500]), (SYMBOLS[1500:2500], INDEXES[1500:2500]))
    reference = ReferenceDecoder(TABLES.frequencies.tolist(), data)
    assert reference.get(INDEXES[:1500].tolist()) == SYMBOLS[:1500].tolist()
    assert reference.get(INDEXES[1500:2500].tolist()) == SYMBOLS[1500:2500].tolist()


def test_the_library_uses_exactly_our_counts() -> None:
    """At both ends of the interval of each symbol, in tables as crooked as there are."""
    random = np.random.default_rng(0)
    share = (2**64 - 1) >> 24
    for sharpness in (0.001, 0.05, 1.0):
        counts = Tables.fit(random.dirichlet(np.full(256, sharpness))[None]).frequencies[0]
        model, ends = _exact(counts), np.cumsum(counts, dtype=np.int64)
        for column, (first, end) in enumerate(zip(ends - counts, ends, strict=True)):
            for code in (int(first) * share, int(end) * share - 1):
                decoder = constriction.stream.queue.RangeDecoder(np.array([code >> 32, code & 0xFFFFFFFF], np.uint32))
                assert decoder.decode(model) == column


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_symbols_are_decoded_in_the_order_of_the_calls(data: st.DataObject) -> None:
    reach, count = data.draw(st.integers(0, 20)), data.draw(st.sampled_from([1, 2, 64, 300]))
    random = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    tables = Tables.fit(random.dirichlet(np.full(2 * reach + 2, data.draw(st.sampled_from([0.01, 0.3, 3.0]))), size=count))
    parts = []
    for _ in range(data.draw(st.integers(0, 4))):
        size = data.draw(st.integers(0, 200))
        scale = 10.0 ** random.uniform(-1, 5.5)
        symbols = np.clip(np.round(random.laplace(size=size) * scale), -MAX_SYMBOL, MAX_SYMBOL).astype(np.int32)
        parts.append((symbols, random.integers(0, count, size)))
    decoder = Decoder(tables, encoded(tables, *parts))
    for symbols, indexes in parts:
        assert decoder.get(indexes).tolist() == symbols.tolist()


@pytest.mark.parametrize("symbol", [0, 7, -7, 8, -8, 9, 10, 11, 2**16, -(2**20), 2**20])
def test_small_and_large_symbols_are_decoded(symbol: int) -> None:
    symbols, indexes = np.array([symbol, 0, symbol], np.int32), np.array([3, 0, 7])
    assert Decoder(TABLES, encoded(TABLES, (symbols, indexes))).get(indexes).tolist() == symbols.tolist()


@pytest.mark.parametrize("dtype", [np.int8, np.int16, np.int64])
def test_symbols_of_any_integer_type_are_coded_alike(dtype: type) -> None:
    symbols = np.array([127, -128, 3, 0])
    indexes = np.array([0, 1, 2, 3], np.uint8)
    assert encoded(TABLES, (symbols.astype(dtype), indexes)) == encoded(TABLES, (symbols.astype(np.int32), indexes.astype(np.int64)))


def test_the_bytes_are_within_a_thousandth_of_the_information_in_them() -> None:
    random = np.random.default_rng(5)
    scales = 0.1 * 1.1 ** np.arange(64)
    reach = 127
    edges = np.arange(-reach, reach + 1)
    tables = Tables.fit(np.stack([np.append(p := np.exp(-np.abs(edges) / s), 1e-6) / (p.sum() + 1e-6) for s in scales]))
    indexes = random.integers(0, 64, 100_000)
    columns = (tables.frequencies.cumsum(1)[indexes] <= random.integers(0, TOTAL, 100_000)[:, None]).sum(1)
    symbols = columns - reach
    entropy = -np.log2(tables.frequencies[indexes, columns] / TOTAL).sum()
    size = 8 * len(encoded(tables, (symbols, indexes)))
    assert entropy <= size <= 1.001 * entropy + 32


def test_an_empty_stream_has_no_bytes() -> None:
    assert encoded(TABLES) == b""
    empty = np.empty(0, np.int32)
    assert encoded(TABLES, (empty, empty)) == b""
    assert Decoder(TABLES, b"").get(empty).size == 0


def test_a_point_mass_costs_no_bits_and_rejects_other_symbols() -> None:
    tables = Tables(np.array([[0, 0, TOTAL, 0], [TOTAL - 3, 1, 1, 1]], np.int32))
    symbols, indexes = np.array([1, -1, 1], np.int32), np.array([0, 1, 0])
    assert len(encoded(tables, (symbols, indexes))) <= 1
    assert Decoder(tables, encoded(tables, (symbols, indexes))).get(indexes).tolist() == [1, -1, 1]
    with pytest.raises(FormatError, match="probability zero"):
        encoded(tables, (np.array([0], np.int32), np.array([0])))


def test_the_end_of_a_stream_is_as_short_as_possible() -> None:
    """Some hundred streams whose last words are cut in all the ways there are still decode."""
    lengths = []
    for count in range(1, 200):
        data = encoded(TABLES, (SYMBOLS[:count], INDEXES[:count]))
        assert Decoder(TABLES, data).get(INDEXES[:count]).tolist() == SYMBOLS[:count].tolist()
        lengths.append(8 * len(data) - TABLES.cost(SYMBOLS[:count], INDEXES[:count]).sum())
    assert max(lengths) < 24
    assert np.mean(lengths) < 8


@pytest.mark.parametrize("symbol", [2**20 + 1, -(2**20) - 1, 2**31 - 1, -(2**31)])
def test_a_symbol_over_the_limit_is_rejected(symbol: int) -> None:
    with pytest.raises(FormatError, match="above"):
        encoded(TABLES, (np.array([symbol], np.int64), np.array([0])))


@pytest.mark.parametrize("index", [-1, 8, 255, 2**40])
def test_an_index_without_a_table_is_rejected(index: int) -> None:
    with pytest.raises(FormatError, match="does not exist"):
        Decoder(TABLES, b"").get(np.array([index]))


def test_symbols_and_indexes_must_be_equally_many() -> None:
    with pytest.raises(ValueError, match="equally many"):
        Encoder(TABLES).put(SYMBOLS[:3], INDEXES[:4])


@settings(max_examples=100, deadline=None)
@given(st.one_of(st.binary(max_size=64), st.integers(0, 400).map(lambda n: b"\xff" * n)), st.integers(0, 7))
def test_any_bytes_give_symbols_or_an_error(data: bytes, index: int) -> None:
    try:
        symbols = Decoder(TABLES, data).get(np.arange(2000) % 8 & index)
    except FormatError:
        return
    assert symbols.shape == (2000,)
    assert np.abs(symbols).max() <= MAX_SYMBOL
