from __future__ import annotations

import dataclasses
import pickle

import pytest

from aedesk.core.errors import SpecError
from aedesk.core.shared_mark_specs import SharedMarkSpec
from aedesk.jobs.services import resolve

GOOD = {"inputs": ("a.png", "b.png"), "outputs": ("c.png", "d.png")}


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"inputs": (), "outputs": ()}, "no pictures"),
        ({"outputs": ("c.png",)}, "1 outputs"),
        ({"outputs": ("c.png", "c.png")}, "same output"),
        ({"mark": "mark.npz"}, "mark.npz"),
        ({"quality": 0}, "quality"),
    ],
)
def test_an_invalid_spec_is_an_error_that_names_the_problem(change: dict[str, object], word: str) -> None:
    with pytest.raises(SpecError) as caught:
        SharedMarkSpec(**{**GOOD, **change})  # type: ignore[arg-type]
    assert word in caught.value.message
    assert caught.value.hint


def test_a_spec_can_be_pickled_and_resolves_to_its_service() -> None:
    spec = SharedMarkSpec(**GOOD)  # type: ignore[arg-type]
    assert pickle.loads(pickle.dumps(spec)) == spec
    with pytest.raises(dataclasses.FrozenInstanceError):
        spec.mark = "x.png"  # type: ignore[misc]
    assert resolve(spec).__name__ == "erase_shared_mark"
