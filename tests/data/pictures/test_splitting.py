"""The split is by picture."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from aedesk.data.pictures.splitting import MAX_HELD_OUT, default_held_out, split


@given(st.integers(1, 500), st.none() | st.integers(0, 600))
def test_every_picture_is_trained_on_or_validated_on(count: int, held_out: int | None) -> None:
    problems: list[str] = []
    training, validation = split(count, held_out, problems)
    if count == 1:
        assert training == [0]
        assert validation == ([] if held_out == 0 else [0])
        return
    assert sorted(training + validation) == list(range(count))
    assert len(training) >= len(validation)
    if held_out is None:
        assert 1 <= len(validation) <= MAX_HELD_OUT
        assert not problems
    else:
        assert len(validation) == min(held_out, count // 2)
        assert bool(problems) == (len(validation) < held_out)


def test_about_a_tenth_is_held_out_unless_said_otherwise() -> None:
    assert [default_held_out(count) for count in (1, 2, 10, 20, 29, 100, 5000)] == [0, 1, 1, 2, 3, 10, 16]


def test_one_picture_serves_for_both_and_that_is_said() -> None:
    problems: list[str] = []
    assert split(1, None, problems) == ([0], [0])
    assert "one picture" in problems[0]
