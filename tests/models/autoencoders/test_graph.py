"""The graph-convolutional denoiser finds the most similar nodes, and makes use of what repeats in a picture."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from aedesk.core.cancel import CancelToken, JobCancelled
from aedesk.core.errors import ModelError
from aedesk.denoising.adapters import adapt
from aedesk.denoising.denoiser import Denoiser
from aedesk.denoising.noise_level import UNKNOWN
from aedesk.imaging.tiling import Box
from aedesk.models.architectures import GraphConfig
from aedesk.models.autoencoders.graph import Graph, GraphConv, Neighbourhood
from aedesk.models.families import FAMILIES
from aedesk.models.layers import interruptible

BLOCK, MARGIN, COUNT = 4, 3, 5


def searched(features: Tensor) -> dict[tuple[int, int], set[tuple[int, int]]]:
    """Node -> its nearest neighbours as the layer finds them, in a (C, H, W) map, by marking every node with its place."""
    height, width = features.shape[1:]
    places = torch.stack(torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")).float()
    layer = GraphConv(features.shape[0], Neighbourhood(BLOCK, MARGIN, COUNT))
    found = {}

    def listen(nodes: Tensor, candidates: Tensor, nearest: Tensor) -> Tensor:
        rows.append(nearest)
        return nodes

    rows: list[Tensor] = []
    layer.listen = listen  # type: ignore[method-assign]
    layer.gather(features[None])
    padded = torch.nn.functional.pad(places[None], (MARGIN,) * 4, value=-1)
    for band, nearest in enumerate(rows):
        windows = layer.neighbourhood.windows(padded[:, :, band * BLOCK : band * BLOCK + layer.neighbourhood.window])
        for square in range(nearest.shape[1]):
            for node in range(BLOCK * BLOCK):
                place = band * BLOCK + node // BLOCK, square * BLOCK + node % BLOCK
                found[place] = {tuple(windows[0, square, i].int().tolist()) for i in nearest[0, square, node]}
    return found


def by_brute_force(features: Tensor, place: tuple[int, int]) -> set[tuple[int, int]]:
    height, width = features.shape[1:]
    first = [axis // BLOCK * BLOCK - MARGIN for axis in place]
    distances = {}
    for row in range(max(0, first[0]), min(height, first[0] + BLOCK + 2 * MARGIN)):
        for column in range(max(0, first[1]), min(width, first[1] + BLOCK + 2 * MARGIN)):
            if max(abs(row - place[0]), abs(column - place[1])) > 1:
                distances[row, column] = float((features[:, row, column] - features[:, place[0], place[1]]).square().sum())
    return set(sorted(distances, key=distances.__getitem__)[:COUNT])


@pytest.mark.parametrize("size", [(4, 4), (12, 8), (8, 20)])
def test_the_search_finds_what_brute_force_finds(size: tuple[int, int]) -> None:
    features = torch.randn(3, *size, generator=torch.Generator().manual_seed(sum(size)))
    found = searched(features)
    assert len(found) == size[0] * size[1]
    for place, neighbours in found.items():
        assert neighbours == by_brute_force(features, place)


def test_in_a_repeating_pattern_the_neighbours_are_its_repetitions() -> None:
    period = 3
    tile = torch.rand(6, period, period, generator=torch.Generator().manual_seed(0))
    noisy = tile.repeat(1, 4, 4) + 0.05 * torch.randn(6, 12, 12, generator=torch.Generator().manual_seed(1))
    same = [
        row % period == place[0] % period and column % period == place[1] % period
        for place, neighbours in searched(noisy).items()
        for row, column in neighbours
    ]
    assert sum(same) / len(same) > 0.95


def textures(count: int, seed: int) -> Tensor:
    """(count, 1, 48, 48): random black and white patterns of 12x12 pixels, each repeated all over its picture."""
    tile = (torch.rand(count, 1, 12, 12, generator=torch.Generator().manual_seed(seed)) > 0.5).float() * 0.6 + 0.2
    return tile.repeat(1, 1, 4, 4)


def test_listening_to_the_repetitions_of_a_pattern_denoises_better_than_looking_around(monkeypatch: pytest.MonkeyPatch) -> None:
    def trained_db() -> float:
        torch.manual_seed(0)
        network = Graph(GraphConfig(channels=1, width=16, blocks=1, neighbours=8, block=8, margin=8))
        optimizer = torch.optim.Adam(network.parameters(), lr=4e-3)
        errors = []
        for step in range(110):
            clean = textures(3, step)
            noisy = clean + 50 / 255 * torch.randn(clean.shape, generator=torch.Generator().manual_seed(step))
            loss = (network(noisy) - clean).square().mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            errors.append(loss.item())
        return float(-10 * torch.tensor(errors[-20:]).mean().log10())

    with_graph = trained_db()
    monkeypatch.setattr(GraphConv, "gather", lambda self, x: torch.zeros_like(x))
    assert with_graph > trained_db() + 0.7


def network(**arguments: object) -> Graph:
    torch.manual_seed(0)
    made = FAMILIES["graph"].build({"channels": 1, "width": 8, "block": 4, "margin": 2, "neighbours": 4, **arguments}).eval()
    assert isinstance(made, Graph)
    with torch.no_grad():
        made.tail.weight.mul_(10)
        for block in made.body:
            block.conv.weight.mul_(10)
    return made


@pytest.mark.parametrize("arguments", [{}, {"blocks": 1, "patch_px": 1}, {"blocks": 1, "patch_px": 4, "margin": 0}, {"channels": 3}])
def test_no_pixel_looks_further_than_the_halo(arguments: dict[str, int]) -> None:
    made = network(**arguments)
    halo, multiple = made.descriptor.halo_px, made.descriptor.size_multiple
    side = 2 * halo + 3 * multiple
    noisy = torch.rand(1, made.config.channels, side, side)
    centre = slice(halo + multiple, halo + 2 * multiple)
    changed = torch.rand_like(noisy)
    within = slice(multiple, side - multiple)
    changed[:, :, within, within] = noisy[:, :, within, within]
    with torch.inference_mode():
        before, after = made(noisy), made(changed)
    assert torch.allclose(before[:, :, centre, centre], after[:, :, centre, centre], atol=1e-5)
    assert not torch.allclose(before, after, atol=1e-2)


def test_tiles_give_what_the_whole_picture_gives() -> None:
    denoiser = Denoiser(adapt(network(channels=3)), torch.device("cpu"), torch.float32)
    picture = torch.rand(3, 96, 160)

    def restore(tile_px: int) -> Tensor:
        result = torch.zeros(3, 90, 150)

        def sink(core: Box, pixels: Tensor) -> None:
            result[:, core.top : core.bottom, core.left : core.right] = pixels

        def source(box: Box) -> Tensor:
            return picture[:, box.top : box.bottom, box.left : box.right]

        for _ in denoiser.restore(UNKNOWN, source, sink, (150, 90), tile_px=tile_px, cancel=CancelToken()):
            pass
        return result

    difference = (restore(40) - restore(1000)).abs()
    # Where two candidates are equally near, rounding decides between them.
    assert float((difference > 1e-4).float().mean()) < 0.002


def test_a_cancel_is_answered_between_rows_of_squares() -> None:
    calls = 0

    def poll() -> None:
        nonlocal calls
        calls += 1
        if calls == 6:
            raise JobCancelled

    layer = GraphConv(4, Neighbourhood(4, 2, 3)).eval()
    with torch.inference_mode(), interruptible(poll), pytest.raises(JobCancelled):
        layer.gather(torch.rand(1, 4, 32, 8))


@pytest.mark.parametrize("arguments", [{"neighbours": 9, "block": 4}, {"patch_px": 3}, {"margin": -1}, {"width": 0}, {"blocks": 1.5}])
def test_wrong_arguments_are_named(arguments: dict[str, float]) -> None:
    with pytest.raises(ModelError) as caught:
        FAMILIES["graph"].build(arguments)
    assert caught.value.hint
