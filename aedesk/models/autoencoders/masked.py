"""The masked autoencoder: most of the picture is hidden, and what is seen must explain it."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from aedesk.core.errors import ModelError
from aedesk.models.architectures import MaskedConfig
from aedesk.models.autoencoders.base import Autoencoder, check_square
from aedesk.models.autoencoders.dense import clip
from aedesk.models.descriptor import Descriptor

INPUT_GAIN = 4.0  # photographs then have a variance near one, and patches are not drowned by their places


class Block(nn.Module):
    """Every token listens to all others, then thinks by itself (Vaswani 2017, normalised first): (B, N, width) to the same."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.join = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.wide, self.narrow = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = self.qkv(self.norm1(x)).unflatten(2, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        x = x + self.join(F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2))
        return x + self.narrow(F.gelu(self.wide(self.norm2(x))))


class Masked(Autoencoder):
    """A transformer that sees some patches of a picture and paints the others (He 2021).

    ::

        visible patches ─ embed + place ─ encoder ─ tokens ─┐
                                                            ├ + place ─ decoder ─ to pixels ─ picture
        hidden patches ────────────────── mask token ───────┘

    Pictures are (B, channels, size_px, size_px) in [0, 1]. The code, of a picture that is seen whole, is (B, width, grid, grid): one
    token per patch; its mean over the patches describes the whole square.
    """

    place: Tensor
    decoder_place: Tensor

    def __init__(self, config: MaskedConfig) -> None:
        super().__init__()
        self.config = config
        numbers = config.channels * config.patch_px**2
        self.embed = nn.Linear(numbers, config.width)
        self.encoder = nn.Sequential(*(Block(config.width, config.heads) for _ in range(config.depth)), nn.LayerNorm(config.width))
        self.to_decoder = nn.Linear(config.width, config.decoder_width)
        self.mask_token = nn.Parameter(torch.randn(config.decoder_width) * 0.02)
        self.decoder = nn.Sequential(
            *(Block(config.decoder_width, config.heads) for _ in range(config.decoder_depth)), nn.LayerNorm(config.decoder_width)
        )
        self.to_pixels = nn.Linear(config.decoder_width, numbers)
        self.register_buffer("place", _places(config.grid, config.width), persistent=False)
        self.register_buffer("decoder_place", _places(config.grid, config.decoder_width), persistent=False)
        for layer in self.modules():
            if isinstance(layer, nn.Linear):
                nn.init.xavier_uniform_(layer.weight)
                nn.init.zeros_(layer.bias)
        with torch.no_grad():
            self.to_pixels.weight.mul_(0.1)  # at first everything is gray

    @property
    def descriptor(self) -> Descriptor:
        config = self.config
        count, numbers = config.grid**2, config.channels * config.patch_px**2
        macs = numbers * (config.width + config.decoder_width) + config.width * config.decoder_width
        for width, depth in ((config.width, config.depth), (config.decoder_width, config.decoder_depth)):
            macs += depth * (12 * width**2 + 2 * count * width)
        return Descriptor(
            purpose="inpaint",
            channels=config.channels,
            size_multiple=config.size_px,
            halo_px=None,
            code_channels=config.width,
            code_stride=config.patch_px,
            kmac_per_px=macs / config.patch_px**2 / 1000,
            fixed_px=config.size_px,
        )

    def patches(self, picture: Tensor) -> Tensor:
        """(B, channels, size_px, size_px) to (B, grid * grid, channels * patch_px ** 2), row by row."""
        config = self.config
        check_square(picture, config.channels, config.size_px)
        return F.pixel_unshuffle(picture, config.patch_px).flatten(2).transpose(1, 2)

    def picture(self, patches: Tensor) -> Tensor:
        """The way back from :meth:`patches`."""
        grid = self.config.grid
        return F.pixel_shuffle(patches.transpose(1, 2).unflatten(2, (grid, grid)), self.config.patch_px)

    def see(self, picture: Tensor, visible: Tensor) -> Tensor:
        """Tokens (B, K, width) of the patches whose numbers are ``visible`` (B, K); what the others hold has no influence."""
        patches = self.patches((picture - 0.5) * INPUT_GAIN)
        patches = patches.gather(1, visible[:, :, None].expand(-1, -1, patches.shape[2]))
        tokens: Tensor = self.encoder(self.embed(patches) + self.place[visible])
        return tokens

    def paint(self, tokens: Tensor, visible: Tensor) -> Tensor:
        """The whole picture, (B, channels, size_px, size_px) in [0, 1] float32, from the tokens of the ``visible`` patches."""
        known = self.to_decoder(tokens)
        whole = self.mask_token.to(known.dtype).expand(len(known), self.config.grid**2, -1)
        whole = whole.scatter(1, visible[:, :, None].expand_as(known), known)
        patches: Tensor = self.to_pixels(self.decoder(whole + self.decoder_place))
        return clip(self.picture(patches).float() + 0.5)

    def _all(self, count: int) -> Tensor:
        return torch.arange(self.config.grid**2, device=self.place.device).expand(count, -1)

    def encode(self, picture: Tensor) -> Tensor:
        grid = self.config.grid
        return self.see(picture, self._all(len(picture))).transpose(1, 2).unflatten(2, (grid, grid))

    def decode(self, code: Tensor) -> Tensor:
        return self.paint(code.flatten(2).transpose(1, 2), self._all(len(code)))

    def inpaint(self, picture: Tensor, mask: Tensor) -> Tensor:
        """``picture`` with the pixels where ``mask`` is set painted anew; all others stay as they are.

        Args:
            mask: (B, 1, size_px, size_px) bool. A patch that holds one such pixel is not shown to the encoder.

        Raises:
            ModelError: some picture has no patch left that is free of the mask.
        """
        hidden = F.max_pool2d(mask.float(), self.config.patch_px).flatten(1) > 0
        if bool(hidden.all(1).any()):
            raise ModelError(
                "Nothing of a square is left to go by: the mask touches all its patches.", "Mark less, or use smaller patches."
            )
        painted = picture.clone()
        for index, row in enumerate(hidden):  # each has another number of visible patches
            visible = (~row).nonzero().T
            whole = self.paint(self.see(picture[index : index + 1], visible), visible)
            painted[index] = torch.where(mask[index], whole[0].to(picture.dtype), picture[index])
        return painted


def _places(grid: int, width: int) -> Tensor:
    """(grid * grid, width) sines and cosines that tell where a patch lies: half for its row, half for its column.

    Waves from two patches to four squares long; the kilometres of the original (Vaswani 2017) would tell neighbours hardly apart.
    """
    rates = torch.pi * (0.5 / grid) ** torch.linspace(0, 1, width // 4)
    angles = torch.arange(grid)[:, None] * rates
    axis = torch.cat((angles.sin(), angles.cos()), 1)
    return torch.cat((axis[:, None].expand(-1, grid, -1), axis[None].expand(grid, -1, -1)), 2).flatten(0, 1)
