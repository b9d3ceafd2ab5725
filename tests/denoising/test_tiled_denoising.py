"""Tiled denoising equals denoising as a whole, and can be cancelled within a tile."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch import Tensor

from aedesk.core.cancel import CancelToken, JobCancelled
from aedesk.denoising.denoiser import load_denoiser
from aedesk.denoising.noise_level import given_level
from aedesk.imaging.tiling import Box

CPU = torch.device("cpu")


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(1, 90), st.integers(1, 90), st.integers(16, 80), st.booleans())
def test_tiled_and_whole_agree_at_any_size(tiny_model: Path, width: int, height: int, tile_px: int, auto: bool) -> None:
    denoiser = load_denoiser(str(tiny_model), "cpu", "float32")
    picture = torch.rand(3, height + 64, width + 64, generator=torch.Generator().manual_seed(width * 100 + height))

    def source(box: Box) -> Tensor:
        rows = torch.arange(box.top, box.bottom).clamp(max=height - 1)
        columns = torch.arange(box.left, box.right).clamp(max=width - 1)
        return picture[:, rows][:, :, columns]

    def restore(tile: int) -> Tensor:
        result = torch.zeros(3, height, width)

        def sink(core: Box, pixels: Tensor) -> None:
            result[:, core.top : core.bottom, core.left : core.right] = pixels

        whole = Box(0, 0, width, height)
        level = denoiser.estimate(source, (width, height), whole, CancelToken()) if auto else given_level(25)
        for _ in denoiser.restore(level, source, sink, (width, height), tile_px=tile, cancel=CancelToken()):
            pass
        return result

    assert float((restore(tile_px) - restore(4096)).abs().max()) < 1e-4


def test_a_cancel_takes_effect_within_a_tile(tiny_model: Path) -> None:
    polls = 0

    class Soon:
        def is_set(self) -> bool:
            nonlocal polls
            polls += 1
            return polls > 5

    denoiser = load_denoiser(str(tiny_model), "cpu", "float32")
    source = torch.rand(3, 64, 64)
    with pytest.raises(JobCancelled):
        list(denoiser.restore(given_level(25), lambda box: source, lambda core, pixels: None, (64, 64), cancel=CancelToken(Soon())))
    assert polls == 6
