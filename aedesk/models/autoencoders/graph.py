"""The graph-convolutional denoiser: a patch listens to the patches most like it, wherever in its surroundings they lie."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from aedesk.models.architectures import GraphConfig
from aedesk.models.descriptor import Descriptor
from aedesk.models.layers import Conv3x3, poll


class Neighbourhood:
    """Who is searched: the nodes of a map, cut into squares of ``block`` x ``block``, each with one window around it.

    A window shared by a square makes the search a matrix product. Rejected: a window centred on each node, as in the paper, which
    costs several times as much for neighbours that are hardly better.

    ::

        window ┌───────────┐  margin
               │  ┌─────┐  │
               │  │block│  │  all nodes of the block look for neighbours among all nodes of the window,
               │  └─────┘  │  but not among the 3x3 around themselves: those the local convolution sees
               └───────────┘
    """

    def __init__(self, block: int, margin: int, count: int) -> None:
        self.block, self.margin, self.count = block, margin, count
        self.window = block + 2 * margin

    @property
    def reach(self) -> int:
        """How far a neighbour may lie, in nodes along one axis."""
        return self.block - 1 + self.margin

    def near(self, device: torch.device) -> Tensor:
        """(block ** 2, window ** 2) bool: which nodes of the window lie in the 3x3 around a node of the block."""
        own = torch.arange(self.block, device=device)[:, None] + self.margin
        close = (own - torch.arange(self.window, device=device)).abs() <= 1
        return (close[:, None, :, None] & close[None, :, None, :]).flatten(2).flatten(0, 1)

    def windows(self, nodes: Tensor) -> Tensor:
        """(B, C, block + 2 margin, W + 2 margin), one padded row of squares, to (B, squares, window ** 2, C)."""
        parts = nodes.unfold(3, self.window, self.block)  # (B, C, window, squares, window)
        return parts.permute(0, 3, 2, 4, 1).flatten(2, 3)

    def nearest(self, nodes: Tensor, candidates: Tensor, outside: Tensor) -> Tensor:
        """Numbers (B, squares, block ** 2, count) of the candidates with the smallest Euclidean distance to each node, nearest first.

        Args:
            nodes: (B, squares, block ** 2, C).
            candidates: (B, squares, window ** 2, C).
            outside: (B or 1, squares, window ** 2) bool, which candidates lie beyond the picture.
        """
        with torch.no_grad(), torch.autocast(nodes.device.type, enabled=False):
            nodes, candidates = nodes.float(), candidates.float()
            # The squared distance, less the node's own square, which is the same for all its candidates.
            distance = candidates.square().sum(3)[:, :, None] - 2 * nodes @ candidates.transpose(2, 3)
            distance.masked_fill_(outside[:, :, None] | self.near(nodes.device), float("inf"))
            return distance.topk(self.count, largest=False).indices


class GraphConv(nn.Module):
    """Local convolution plus what the nearest neighbours say, each through a filter that depends on how it differs.

    ::

        x ─┬─ conv 3x3 ──────────────────────────────────────────────────────────────── + ─ y
           └─ neighbours ─ difference d ─ times exp(-|d|²/scale) times filter(d) ─ mean ─┘

    (B, width, H, W) to the same, H and W multiples of the block. The edge-conditioned convolution of Valsesia 2019 with diagonal
    filters in place of low-rank matrices, which need four times the time. The graph is made anew from ``x`` in every pass.
    """

    def __init__(self, width: int, neighbourhood: Neighbourhood) -> None:
        super().__init__()
        self.neighbourhood = neighbourhood
        self.local = Conv3x3(width, width, bias=True)
        self.filter = nn.Sequential(nn.Linear(width, width), nn.LeakyReLU(0.2), nn.Linear(width, width))
        self.mix = nn.Linear(width, width, bias=False)
        self.log_scale = nn.Parameter(torch.tensor(float(width)).log())

    def forward(self, x: Tensor) -> Tensor:
        return self.local(x) + self.gather(x)

    def gather(self, x: Tensor) -> Tensor:
        """What the neighbours say, (B, width, H, W). One row of squares after the other, so that memory stays bounded."""
        search = self.neighbourhood
        margin, block = search.margin, search.block
        padded = F.pad(x, (margin,) * 4)
        outside = F.pad(torch.zeros_like(x[:1, :1]), (margin,) * 4, value=1.0)
        rows = []
        for top in range(0, x.shape[2], block):
            poll()
            band = slice(top, top + search.window)
            candidates = search.windows(padded[:, :, band])
            beyond = search.windows(outside[:, :, band]).squeeze(3) > 0
            nodes = x[:, :, top : top + block].unfold(3, block, block).permute(0, 3, 2, 4, 1).flatten(2, 3)
            said = self.listen(nodes, candidates, search.nearest(nodes, candidates, beyond))
            rows.append(said.unflatten(2, (block, block)).permute(0, 4, 2, 1, 3).flatten(3))
        return torch.cat(rows, 2)

    def listen(self, nodes: Tensor, candidates: Tensor, nearest: Tensor) -> Tensor:
        """(B, squares, block ** 2, width): the mean of the neighbours ``nearest``, filtered by their differences."""
        count = nearest.shape[3]
        flat = nearest.flatten(2)[..., None].expand(-1, -1, -1, candidates.shape[3])
        neighbours = candidates.gather(2, flat).unflatten(2, (-1, count))
        difference = neighbours - nodes[:, :, :, None]
        closeness = (-difference.float().square().sum(4, keepdim=True) / self.log_scale.exp()).exp()
        said: Tensor = self.mix((closeness * self.filter(difference) * neighbours).mean(3))
        return said


class GraphBlock(nn.Module):
    """x + conv(relu(graph convolution(x)))."""

    def __init__(self, width: int, neighbourhood: Neighbourhood) -> None:
        super().__init__()
        self.graph = GraphConv(width, neighbourhood)
        self.conv = Conv3x3(width, width, bias=True)
        with torch.no_grad():
            self.conv.weight.mul_(0.1)

    def forward(self, x: Tensor) -> Tensor:
        result: Tensor = x + self.conv(F.relu(self.graph(x)))
        return result


class Graph(nn.Module):
    """A denoising autoencoder with non-local graph convolutions (Valsesia, Fracastoro & Magli 2019).

    ::

        noisy ─┬─ patches ─ head ─ graph block ─ ... ─ graph block ─ tail ─ pixels ─ + ─ restored
               └─────────────────────────────────────────────────────────────────────┘

    (B, channels, H, W) float, sRGB-encoded in [0, 1] (noise may leave the range), to the same, not clamped; H and W multiples of
    ``descriptor.size_multiple``. It is told no noise level. A node is a patch of ``patch_px`` x ``patch_px`` pixels; its features keep
    the picture's layout and outnumber its pixels, so there is no code to look at.
    """

    def __init__(self, config: GraphConfig) -> None:
        super().__init__()
        self.config = config
        folded = config.channels * config.patch_px**2
        neighbourhood = Neighbourhood(config.block, config.margin, config.neighbours)
        self.head = Conv3x3(folded, config.width, bias=True)
        self.body = nn.Sequential(*(GraphBlock(config.width, neighbourhood) for _ in range(config.blocks)))
        self.tail = Conv3x3(config.width, folded, bias=True)
        # It starts near the identity: better than nothing from the first step on.
        with torch.no_grad():
            for parameter in self.tail.parameters():
                parameter.mul_(0.1)

    @property
    def descriptor(self) -> Descriptor:
        config = self.config
        neighbourhood = Neighbourhood(config.block, config.margin, config.neighbours)
        multiple = config.block * config.patch_px
        reach = (2 + config.blocks * (neighbourhood.reach + 1)) * config.patch_px + config.patch_px - 1
        per_node = 2 * 9 * config.channels * config.patch_px**2 * config.width
        per_block = 19 * config.width**2 + 2 * config.neighbours * config.width**2 + neighbourhood.window**2 * config.width
        return Descriptor(
            purpose="denoise",
            channels=config.channels,
            size_multiple=multiple,
            halo_px=-(-reach // multiple) * multiple,
            kmac_per_px=(per_node + config.blocks * per_block) / config.patch_px**2 / 1000,
        )

    def forward(self, noisy: Tensor) -> Tensor:
        x = self.head(F.pixel_unshuffle(noisy, self.config.patch_px))
        return noisy + F.pixel_shuffle(self.tail(self.body(x)), self.config.patch_px)
