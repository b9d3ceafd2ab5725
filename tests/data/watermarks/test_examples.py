"""Training examples of watermarked pictures and of pictures with holes, made from a recipe's tables."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from aedesk.core.cancel import CancelToken
from aedesk.core.errors import DataError, SpecError
from aedesk.data.examples.example import Examples
from aedesk.data.sources import make_examples
from aedesk.data.watermarks.examples import DRAWS_PER_BANK
from aedesk.data.watermarks.sampling import VISIBLE_ALPHA
from aedesk.imaging import io
from aedesk.imaging.picture import Picture

Make = Callable[..., np.ndarray]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("pictures")
    rng = np.random.default_rng(0)
    for number in range(3):
        smooth = np.kron(rng.integers(0, 255, (10, 10, 3)), np.ones((10, 10, 1))).astype(np.uint8)
        io.write(Picture(smooth), place / f"{number}.png")
    return place


def examples(folder: Path, chain: dict[str, Any], channels: int = 3) -> Examples:
    data = {"folder": str(folder), "held_out": 1}
    return make_examples(data, chain, channels, torch.device("cpu"), CancelToken(), size_multiple=32)


def test_pictures_without_a_watermark_are_their_own_targets(folder: Path) -> None:
    example = examples(folder, {"chain": "marks", "clean": 1.0, "lettering": 1.0}).draw(4, 64, 5)
    assert torch.equal(example.noisy, example.target)
    assert example.mark is not None
    assert not example.mark.any()


def test_pictures_differ_from_their_targets_where_the_watermark_is_and_hints_cover_it(folder: Path) -> None:
    source = examples(folder, {"chain": "marks", "clean": 0.0, "tiled": 1.0})
    hinted = 0
    for seed in range(6):
        example, again = source.draw(3, 64, seed), source.draw(3, 64, seed)
        assert torch.equal(example.noisy, again.noisy)
        assert example.mark is not None
        assert example.hint is not None
        assert torch.equal(example.hint, again.hint)
        height, width = example.noisy.shape[2:]
        assert height % 32 == width % 32 == 0
        for picture, target, mark, hint in zip(example.noisy, example.target, example.mark, example.hint, strict=True):
            assert set(hint.unique().tolist()) <= {-1.0, 0.0, 1.0}
            if hint.any():
                hinted += 1
                assert bool((hint[mark[3:] > VISIBLE_ALPHA] == 1).all())
            assert bool((mark[3] > VISIBLE_ALPHA).any()) == (float((picture - target).abs().max()) > 1 / 255) or not mark.any()
    assert hinted


def test_the_requested_overlay_is_usually_close_to_one_of_the_watermark(folder: Path) -> None:
    source = examples(folder, {"chain": "marks", "clean": 0.0, "tiled": 1.0, "alpha": [0.3, 0.3], "opaque": 0.0})
    nothing = right = wrong = 0
    for seed in range(12):
        example, again = source.draw(4, 64, seed), source.draw(4, 64, seed)
        assert example.overlay is not None
        assert example.mark is not None
        assert again.overlay is not None
        assert torch.equal(example.overlay, again.overlay)
        assert example.overlay.shape == (4, 4, 1, 1)
        for overlay, mark in zip(example.overlay[..., 0, 0], example.mark, strict=True):
            assert bool((overlay[:3] >= 0).all())
            assert bool((overlay[:3] <= overlay[3] + 1e-6).all())
            assert float(overlay[3]) <= 1
            covered = mark[:, mark[3] > 0.2]
            if not overlay[3]:
                nothing += 1
            elif covered.numel() and float((covered[:3] / covered[3:] - overlay[:3, None] / overlay[3]).abs().amax(0).min()) < 0.11:
                right += 1
            else:
                wrong += 1
    assert nothing > 8
    assert right > 8
    assert wrong


def test_a_long_training_sees_other_shapes_later_and_the_same_for_the_same_seed(folder: Path) -> None:
    source = examples(folder, {"chain": "marks", "clean": 0.0})
    assert source._bank(0) is not source._bank(1)  # type: ignore[attr-defined]
    late = 3 * DRAWS_PER_BANK + 5
    assert torch.equal(source.draw(2, 64, late).noisy, examples(folder, {"chain": "marks", "clean": 0.0}).draw(2, 64, late).noisy)


@pytest.mark.parametrize("key", ["logos", "fonts"])
def test_a_folder_that_does_not_exist_is_an_error_at_once(folder: Path, key: str) -> None:
    data = {"folder": str(folder), "held_out": 1, key: str(folder / "nowhere")}
    with pytest.raises(DataError, match="nowhere"):
        make_examples(data, {"chain": "marks"}, 3, torch.device("cpu"), CancelToken(), size_multiple=32)


def test_validation_examples_are_the_same_in_every_run(folder: Path) -> None:
    first, second = (examples(folder, {"chain": "marks", "clean": 1.0}).validation() for _ in range(2))
    assert len(first) == 1
    assert torch.equal(first[0].noisy, second[0].noisy)
    assert first[0].hint is not None
    assert not first[0].hint.any()


def test_holes_hide_the_picture_and_are_the_loss_weight(folder: Path) -> None:
    example = examples(folder, {"chain": "holes"}).draw(4, 64, 2)
    assert example.weight is not None
    outside = (example.weight == 0).expand_as(example.noisy)
    assert torch.equal(example.noisy[outside], example.target[outside])
    assert bool((example.noisy[~outside] == 0.5).all())


@pytest.mark.parametrize(
    ("table", "word"), [({"chain": "marks", "sigma": [1, 2]}, "sigma"), ({"chain": "marks", "alpha": [0.5, 2]}, "alpha"),
                        ({"chain": "marks", "tiled": 3}, "tiled")]
)  # fmt: skip
def test_an_invalid_range_is_an_error_that_names_the_key(folder: Path, table: dict[str, Any], word: str) -> None:
    with pytest.raises(SpecError, match=word):
        examples(folder, table)


@pytest.mark.parametrize("chain", ["marks", "holes"])
def test_gray_networks_are_refused(folder: Path, chain: str) -> None:
    with pytest.raises(SpecError, match="colour"):
        examples(folder, {"chain": chain}, channels=1)
