"""Minimum cuts, compared with all labellings."""

from __future__ import annotations

import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from aedesk.watermark.single.min_cut import min_cut


@given(
    costs=st.lists(st.integers(-30, 30), min_size=2, max_size=5),
    pairs=st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4), st.integers(0, 30)), max_size=8),
)
def test_no_labelling_is_cheaper(costs: list[int], pairs: list[tuple[int, int, int]]) -> None:
    count = len(costs)
    pairs = [(a, b, price) for a, b, price in pairs if a != b and max(a, b) < count]
    start, end = (np.array([pair[side] for pair in pairs], np.intp) for side in (0, 1))

    def price(labels: tuple[bool, ...]) -> int:
        return sum(cost for cost, second in zip(costs, labels, strict=True) if second) + sum(
            paid for a, b, paid in pairs if labels[b] and not labels[a]
        )

    labels = min_cut(np.array(costs, float), start, end, np.array([pair[2] for pair in pairs], float))
    assert price(tuple(labels)) == min(price(each) for each in itertools.product((False, True), repeat=count))
