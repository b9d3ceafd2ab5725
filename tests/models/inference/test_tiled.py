"""Tiles cover every pixel once, and become smaller when memory runs out."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from aedesk.core.cancel import CancelToken
from aedesk.core.errors import DeviceError
from aedesk.imaging.tiling import Box, tiles
from aedesk.models.inference.tiled import run_tiled

CPU = torch.device("cpu")


@settings(max_examples=200, deadline=None)
@given(st.integers(1, 300), st.integers(1, 300), st.integers(1, 200), st.integers(0, 60), st.sampled_from([1, 4, 8, 16]), st.data())
def test_cores_cover_the_part_once_and_lie_on_the_grid(
    width: int, height: int, tile_px: int, halo: int, multiple: int, data: st.DataObject
) -> None:
    left, top = data.draw(st.integers(0, width - 1)), data.draw(st.integers(0, height - 1))
    part = Box(left, top, data.draw(st.integers(left + 1, width)), data.draw(st.integers(top + 1, height)))
    covered = torch.zeros(height, width, dtype=torch.int32)
    for core, outer in tiles(width, height, tile_px, halo, multiple, part):
        covered[core.top : core.bottom, core.left : core.right] += 1
        assert all(edge % multiple == 0 for edge in outer)
        assert outer.left <= max(0, core.left - halo)
        assert outer.top <= max(0, core.top - halo)
        assert outer.right >= min(width, core.right + halo)
        assert outer.bottom >= min(height, core.bottom + halo)
        assert core.width <= tile_px + 2 * multiple
    assert int(covered.sum()) == part.area
    assert bool((covered[part.top : part.bottom, part.left : part.right] == 1).all())


def test_running_out_of_memory_halves_the_tile_and_skips_nothing() -> None:
    sizes = []
    picture = torch.rand(3, 300, 260)

    def forward(pixels: Tensor, outer: Box) -> Tensor:
        sizes.append(outer.width)
        if outer.area > 100 * 100:
            raise RuntimeError("[enforce fail at alloc_cpu.cpp:117] DefaultCPUAllocator: can't allocate memory: you tried to allocate")
        return pixels * 2

    result = torch.zeros_like(picture)
    covered = torch.zeros(300, 260)

    def sink(core: Box, pixels: Tensor) -> None:
        result[:, core.top : core.bottom, core.left : core.right] = pixels
        covered[core.top : core.bottom, core.left : core.right] += 1

    def source(box: Box) -> Tensor:
        padded = torch.nn.functional.pad(picture, (0, 8, 0, 8))
        return padded[:, box.top : box.bottom, box.left : box.right]

    steps = list(
        run_tiled(
            forward, source, sink, (260, 300), halo_px=0, multiple=8, device=CPU, dtype=torch.float32, tile_px=256, cancel=CancelToken()
        )
    )
    assert bool((covered == 1).all())
    assert torch.equal(result, picture * 2)
    assert steps[-1] == (260 * 300, 260 * 300)
    assert max(sizes) > 100


def test_a_device_without_memory_for_the_smallest_tile_is_an_error() -> None:
    def forward(pixels: Tensor, outer: Box) -> Tensor:
        raise MemoryError

    with pytest.raises(DeviceError, match="Not enough memory"):
        list(
            run_tiled(
                forward,
                lambda box: torch.zeros(3, box.height, box.width),
                lambda core, pixels: None,
                (512, 512),
                halo_px=0,
                multiple=8,
                device=CPU,
                dtype=torch.float32,
                cancel=CancelToken(),
            )
        )


def test_other_errors_are_not_mistaken_for_a_lack_of_memory() -> None:
    def forward(pixels: Tensor, outer: Box) -> Tensor:
        raise RuntimeError("shapes cannot be multiplied")

    with pytest.raises(RuntimeError, match="shapes"):
        list(
            run_tiled(
                forward,
                lambda box: torch.zeros(3, box.height, box.width),
                lambda core, pixels: None,
                (64, 64),
                halo_px=0,
                multiple=8,
                device=CPU,
                dtype=torch.float32,
                cancel=CancelToken(),
            )
        )
