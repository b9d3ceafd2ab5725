"""Gray networks, networks on fixed squares and networks that are told no noise level restore any picture through the same service."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from aedesk.core.cancel import CancelToken, JobCancelled
from aedesk.core.errors import ModelError
from aedesk.core.events import Event, Finished, Log
from aedesk.core.specs import DenoiseSpec
from aedesk.denoising.adapters import EachChannel, FixedSizePatches, adapt
from aedesk.denoising.denoise import denoise
from aedesk.denoising.denoiser import Denoiser
from aedesk.imaging.picture import Picture
from aedesk.imaging.tiling import Box
from aedesk.models.architectures import UNetConfig
from aedesk.models.descriptor import Descriptor
from aedesk.models.layers import interruptible
from aedesk.models.restoration.unet import UNet

Make = Callable[..., np.ndarray]
Use = Callable[[nn.Module], str]


class Blur(nn.Module):
    """A mean over 5x5 pixels, which mixes no channels and looks two pixels far."""

    def __init__(self, channels: int, purpose: str = "denoise") -> None:
        super().__init__()
        self.descriptor = Descriptor(purpose, channels, size_multiple=4, halo_px=4)
        self.layer = nn.AvgPool2d(5, stride=1, padding=2, count_include_pad=False)

    def forward(self, picture: Tensor) -> Tensor:
        assert picture.shape[1] == self.descriptor.channels
        assert all(edge % 4 == 0 for edge in picture.shape[2:])
        return self.layer(picture)


class Dense(nn.Module):
    """A linear layer over all numbers of a square; near the identity, yet every output depends on every input."""

    def __init__(self, channels: int, edge: int, strangeness: float) -> None:
        super().__init__()
        self.descriptor = Descriptor("denoise", channels, size_multiple=1, halo_px=None, fixed_px=edge)
        count = channels * edge * edge
        self.layer = nn.Linear(count, count, bias=False)
        with torch.no_grad():
            noise = torch.randn(count, count, generator=torch.Generator().manual_seed(0)) / count**0.5
            self.layer.weight.copy_(torch.eye(count) + strangeness * noise)

    def forward(self, picture: Tensor) -> Tensor:
        assert picture.shape[1:] == (self.descriptor.channels, self.descriptor.fixed_px, self.descriptor.fixed_px)
        return self.layer(picture.flatten(1)).view(picture.shape)


@pytest.fixture
def use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Use:
    """Makes a network loadable as if it lay in a model file; gives the file's name."""

    def stand_in(network: nn.Module) -> str:
        path = tmp_path / "model.safetensors"
        path.write_bytes(b"stand-in")
        card = {"purpose": network.descriptor.purpose}
        monkeypatch.setattr("aedesk.denoising.denoiser.load_model", lambda path, device: (network.eval(), card))
        return str(path)

    return stand_in


def run(events: Iterator[Event]) -> tuple[Any, list[str]]:
    seen = list(events)
    assert isinstance(seen[-1], Finished)
    return seen[-1].result, [event.text for event in seen if isinstance(event, Log)]


NETWORKS = [Blur(1), Blur(3), Dense(1, 8, 0.2), Dense(3, 6, 0.2), Dense(1, 7, 0.2)]


@pytest.mark.parametrize("network", NETWORKS, ids=lambda n: f"{type(n).__name__}-{n.descriptor.channels}-{n.descriptor.fixed_px}")
@pytest.mark.parametrize("size", [(1, 1), (3, 50), (37, 45)])
@pytest.mark.parametrize("channels", [1, 3])
def test_pictures_of_every_size_and_kind_are_restored(
    use: Use, make_pixels: Make, network: nn.Module, size: tuple[int, int], channels: int
) -> None:
    picture = Picture(make_pixels(*size, channels, np.uint16), make_pixels(*size, 1, np.uint16)[:, :, 0])
    model = use(network)
    for sigma in (None, 25.0):
        result, log = run(denoise(DenoiseSpec(model=model, sigma=sigma), picture, CancelToken()))
        assert result.picture.pixels.shape == picture.pixels.shape
        assert result.picture.pixels.dtype == np.uint16
        assert result.sigma is None
        assert np.array_equal(result.picture.alpha, picture.alpha)
        assert any("has no effect" in line for line in log) == (sigma is not None)


@pytest.mark.parametrize("edge", [5, 8, 16])
def test_squares_of_an_identity_give_the_picture_back_to_its_corners(edge: int) -> None:
    squares = FixedSizePatches(Dense(3, edge, strangeness=0))
    for height, width in ((1, 1), (edge, edge), (edge + 1, 3), (40, 53)):
        picture = torch.rand(1, 3, height, width)
        assert torch.allclose(squares(picture), picture, atol=1e-5)


def test_squares_leave_no_seams_where_a_cut_without_overlap_does() -> None:
    edge, width = 16, 96
    network = Dense(1, edge, strangeness=0.3)
    picture = torch.linspace(0, 1, width).expand(1, 1, edge, width).contiguous()
    with torch.inference_mode():
        blended = FixedSizePatches(network)(picture)
        plain = torch.cat([network(part) for part in picture.split(edge, 3)], 3)
    jumps = [(x[..., 1:] - x[..., :-1]).abs().mean((0, 1, 2)) for x in (plain, blended)]
    at_seams = [float(jump[edge - 1 :: edge].mean() / jump.mean()) for jump in jumps]
    assert at_seams[1] < 1.25
    assert at_seams[1] < at_seams[0]


@pytest.mark.parametrize("network", [Blur(1), Dense(1, 8, 0.2), Dense(3, 7, 0.2)])
def test_tiles_and_regions_give_what_the_whole_picture_gives(use: Use, make_pixels: Make, network: nn.Module) -> None:
    picture, model = Picture(make_pixels(90, 70)), use(network)
    whole, _ = run(denoise(DenoiseSpec(model=model), picture, CancelToken()))
    tiled, _ = run(denoise(DenoiseSpec(model=model, tile_px=17), picture, CancelToken()))
    assert np.abs(tiled.picture.pixels.astype(int) - whole.picture.pixels).max() <= 1
    region = (21, 13, 40, 50)
    part, _ = run(denoise(DenoiseSpec(model=model, region=region), picture, CancelToken()))
    assert np.abs(part.picture.pixels.astype(int) - whole.picture.crop(*region).pixels).max() <= 1


def test_strength_still_blends(use: Use, make_pixels: Make) -> None:
    picture, model = Picture(make_pixels(40, 40)), use(Blur(3))

    def restore(**options: Any) -> np.ndarray:
        return run(denoise(DenoiseSpec(model=model, **options), picture, CancelToken()))[0].picture.pixels.astype(int)

    assert np.array_equal(restore(strength=0), picture.pixels)
    full, half = restore(), restore(strength=0.5)
    assert np.abs(half - (full + picture.pixels.astype(int)) / 2).max() <= 0.5
    luma = (restore(strength=0, chroma_strength=1) - picture.pixels) @ np.array([0.299, 0.587, 0.114])
    assert np.abs(luma).max() < 1


def test_a_gray_network_treats_each_channel_by_itself() -> None:
    network = Dense(1, 4, strangeness=0.5)
    colour = torch.rand(1, 3, 4, 4)
    apart = torch.cat([network(colour[:, i : i + 1]) for i in range(3)], 1)
    assert torch.allclose(EachChannel(network)(colour), apart, atol=1e-6)
    gray = colour[:, :1].expand(-1, 3, -1, -1)
    assert torch.allclose(EachChannel(network)(gray), apart[:, :1].expand(-1, 3, -1, -1), atol=1e-6)


def test_a_gray_network_that_is_told_the_level_estimates_it_too(use: Use, make_pixels: Make) -> None:
    torch.manual_seed(0)
    model = use(UNet(UNetConfig(channels=1, widths=(8, 8), blocks=(1, 1), estimator_width=8, estimate="local")))
    result, log = run(denoise(DenoiseSpec(model=model), Picture(make_pixels(50, 40)), CancelToken()))
    assert result.sigma is not None
    assert any("Estimated" in line for line in log)


def test_a_network_that_must_be_told_the_level_and_has_no_estimator_borrows_one(monkeypatch: pytest.MonkeyPatch) -> None:
    class Told(Blur):
        def __init__(self) -> None:
            super().__init__(3)
            self.descriptor = Descriptor("denoise", 3, size_multiple=4, halo_px=4, conditions=("sigma",))

        def forward(self, picture: Tensor, sigma: Tensor) -> Tensor:
            return super().forward(picture).lerp(picture, float(sigma.mean()) / 255)

    unet = UNet(UNetConfig(widths=(8, 8), blocks=(1, 1), estimator_width=8))
    lender, borrower = (Denoiser(adapt(network), torch.device("cpu"), torch.float32) for network in (unet, Told()))
    monkeypatch.setattr("aedesk.denoising.denoiser.load_denoiser", lambda model, device: lender)
    source = torch.rand(3, 64, 64)
    level = borrower.level(None, lambda b: source[:, b.top : b.bottom, b.left : b.right], (64, 64), Box(0, 0, 64, 64), CancelToken())
    assert level.mean == pytest.approx(unet.auto_level(source[None]).item(), rel=1e-4)


def test_a_dense_network_takes_a_bounded_number_of_squares_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aedesk.denoising.adapters.BATCH_PX", 1000)
    squares = FixedSizePatches(Dense(1, 8, 0.0))
    seen = []
    squares.network.register_forward_pre_hook(lambda module, inputs: seen.append(inputs[0].numel()))
    with torch.inference_mode():
        squares(torch.zeros(1, 1, 64, 512))
    assert max(seen) <= 1000
    assert sum(seen) > 3 * 64 * 512  # half overlapping squares see every pixel four times


def test_a_cancel_is_answered_between_squares_and_between_layers() -> None:
    def stop() -> None:
        raise JobCancelled

    for network in (Blur(3), Dense(3, 8, 0.1)):
        adapted = adapt(network)
        with torch.inference_mode(), interruptible(stop), pytest.raises(JobCancelled):
            adapted(torch.rand(1, 3, 16, 16), torch.zeros(1, 1, 1, 1))


@pytest.mark.parametrize(
    ("descriptor", "message"),
    [
        (Descriptor("denoise", 3, size_multiple=8, halo_px=None), "whole pictures"),
        (Descriptor("denoise", 3, size_multiple=8, halo_px=8, conditions=("sigma", "mask")), "mask"),
        (Descriptor("autoencoder", 3, size_multiple=8, halo_px=8), "does not denoise"),
    ],
)
def test_a_network_that_cannot_denoise_pictures_is_refused(use: Use, make_pixels: Make, descriptor: Descriptor, message: str) -> None:
    network = Blur(3)
    network.descriptor = descriptor
    with pytest.raises(ModelError, match=message) as caught:
        list(denoise(DenoiseSpec(model=use(network)), Picture(make_pixels(8, 8)), CancelToken()))
    assert caught.value.hint
