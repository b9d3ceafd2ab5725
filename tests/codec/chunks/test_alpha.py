"""Alpha channels come back to the last bit."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from aedesk.codec.chunks.alpha import pack_alpha, unpack_alpha
from aedesk.core.errors import FormatError


def round_trip(alpha: np.ndarray) -> np.ndarray:
    height, width = alpha.shape
    return unpack_alpha(pack_alpha(alpha), width, height)


@settings(max_examples=80, deadline=None)
@given(st.sampled_from([np.uint8, np.uint16]).flatmap(lambda dtype: arrays(dtype, array_shapes(min_dims=2, max_dims=2, max_side=40))))
def test_any_channel_is_restored(alpha: np.ndarray) -> None:
    found = round_trip(alpha)
    assert found.dtype == alpha.dtype
    assert (found == alpha).all()


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("kind", ["opaque", "cut-out", "slope", "noise"])
def test_each_kind_of_channel_is_small_and_exact(dtype: type, kind: str) -> None:
    top = np.iinfo(dtype).max
    y, x = np.mgrid[0:200, 0:300]
    distance = np.hypot(x - 150, y - 100)
    alpha = {
        "opaque": np.full((200, 300), top),
        "cut-out": np.clip((80 - distance) / 6, 0, 1) * top,
        "slope": (x + y) * top / 500,
        "noise": np.random.default_rng(0).integers(0, top, (200, 300)),
    }[kind].astype(dtype)
    share = {"opaque": 0.003, "cut-out": 0.12, "slope": 0.2, "noise": 1.01}[kind]
    assert (round_trip(alpha) == alpha).all()
    assert len(pack_alpha(alpha)) < share * alpha.nbytes


GOOD = pack_alpha(np.arange(600, dtype=np.uint16).reshape(20, 30) * 97)


@pytest.mark.parametrize(
    "bad",
    [b"", b"\x08" + GOOD[1:], bytes([GOOD[0] ^ 4]) + GOOD[1:], GOOD[:-1], GOOD + b"\0", GOOD[:1] + b"zzz", GOOD[:20] + b"\xff" + GOOD[21:]],
)
def test_damage_is_an_error(bad: bytes) -> None:
    with pytest.raises(FormatError, match="alpha"):
        unpack_alpha(bad, 30, 20)


@pytest.mark.parametrize("size", [(30, 19), (30, 21), (60, 20), (30_000, 30_000)])
def test_a_channel_of_another_size_is_an_error_before_allocation(size: tuple[int, int]) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(FormatError, match="alpha"):
            unpack_alpha(GOOD, *size)
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()
