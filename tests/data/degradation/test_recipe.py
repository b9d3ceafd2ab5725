"""A recipe's degradations are done as they are written."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from aedesk.core.errors import SpecError
from aedesk.data.degradation.operations import DEGRADATIONS
from aedesk.data.degradation.recipe import Damage

LISTED: dict[str, Any] = {"chain": "listed", "gaussian": [10, 20], "salt-pepper": [5, 10], "jpeg": [20, 40]}


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("table", [{}, {"chain": "gaussian", "sigma": [20, 20]}, {"chain": "photo"}, LISTED])
def test_every_chain_serves_gray_and_colour_and_is_seeded(table: dict[str, Any], channels: int) -> None:
    damage = Damage(table, channels)
    edge = 32 * damage.source_scale
    picture = torch.rand(6, channels, edge, edge, generator=seeded())
    noisy, target, level = damage(picture, seeded(1), all_damaged=True)
    assert noisy.shape == target.shape == (6, channels, 32, 32)
    assert torch.equal(noisy, damage(picture, seeded(1), all_damaged=True)[0])
    measured = (noisy - target).square().mean((1, 2, 3)).sqrt() * 255
    assert torch.allclose(measured, level.flatten(), rtol=0.15, atol=0.3)
    assert bool((level > 0).all()) == bool(table)


@settings(max_examples=30)
@given(st.sampled_from(["one", "some", "all"]), st.sets(st.sampled_from(sorted(DEGRADATIONS)), min_size=1), st.integers(0, 99))
def test_of_the_listed_degradations_as_many_are_done_as_picked(pick: str, names: set[str], seed: int) -> None:
    table = {"chain": "listed", "pick": pick, **{name: [20, 20] for name in sorted(names)}}
    picture = torch.full((4, 3, 16, 16), 0.5)
    picture[:, :, ::2] = 0.4
    noisy, target, _ = Damage(table, 3)(picture, seeded(seed))
    assert torch.equal(target, picture)
    changed = [bool((a != b).any()) for a, b in zip(noisy, picture, strict=True)]
    assert all(changed) or pick == "some"


def test_one_picks_one_and_all_do_all() -> None:
    picture = torch.full((200, 3, 8, 8), 0.5)
    table = {"chain": "listed", "salt-pepper": [50, 50], "gaussian": [10, 10]}

    def kinds(pick: str) -> set[tuple[bool, bool]]:
        noisy = Damage({**table, "pick": pick}, 3)(picture, seeded())[0]
        # Salt and pepper leave black and white; Gaussian noise leaves values that are neither those nor the picture's.
        extreme = ((noisy == 0) | (noisy == 1)).flatten(1).any(1)
        between = ((noisy != 0.5) & ((noisy - 0.5).abs() < 0.3)).flatten(1).any(1)
        return set(zip(extreme.tolist(), between.tolist(), strict=True))

    assert kinds("one") == {(True, False), (False, True)}
    assert (False, False) in kinds("some")
    assert not {(False, False), (True, False)} & kinds("all")


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"chain": "fog"}, "fog"),
        ({"chain": "gaussian", "sigmas": [1, 2]}, "sigmas"),
        ({"chain": "none", "sigma": [1, 2]}, "sigma"),
        ({"chain": "listed"}, "no degradation is"),
        ({"chain": "listed", "rain": [1, 2]}, "rain"),
        ({"chain": "listed", "gaussian": [30, 20]}, "gaussian"),
        ({"chain": "listed", "gaussian": 20}, "gaussian"),
        ({"chain": "listed", "gaussian": [10, 20], "pick": "two"}, "two"),
    ],
)
def test_a_wrong_table_is_told(table: dict[str, Any], message: str) -> None:
    with pytest.raises(SpecError, match=message):
        Damage(table, 3)
