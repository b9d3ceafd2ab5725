"""The architecture arguments of every family: frozen dataclasses that check themselves. No torch, so that a window can offer them."""

from __future__ import annotations

from dataclasses import dataclass, fields
from itertools import pairwise
from typing import Any

from aedesk.core.errors import ModelError
from aedesk.core.limits import setting
from aedesk.core.registry import Registry
from aedesk.models.checks import check_arguments, check_levels, check_range, family_of
from aedesk.models.restoration.damage_architecture import DamageDetectionConfig

ACTIVATIONS = ("relu", "leaky-relu", "gelu", "sigmoid", "tanh")
OUTPUTS = ("sigmoid", "linear")
MAX_WEIGHTS = 1 << 28  # one GiB in float32
MAX_UNITS = 1 << 16


def _channels() -> Any:
    return setting(3, choices=(1, 3))


def _widths(*default: int) -> Any:
    return setting(default, 1, 2048, "channels", length=(1, 6))


def _blocks(*default: int, fewest: int = 0) -> Any:
    return setting(default, fewest, 64, "blocks", length=(1, 6))


def _hidden(*default: int) -> Any:
    return setting(default, 1, MAX_UNITS, "units", length=(0, 16))


def _units(default: int) -> Any:
    return setting(default, 1, MAX_UNITS, "units")


def _size_px(default: int) -> Any:
    return setting(default, 4, 256, "px")


def _activation(default: str) -> Any:
    return setting(default, choices=ACTIVATIONS)


def _output(default: str) -> Any:
    return setting(default, choices=OUTPUTS)


def _dropout() -> Any:
    return setting(0.0, 0, 0.9)


@dataclass(frozen=True)
class UNetConfig:
    """Architecture arguments of the U-Net (``models.restoration.unet``).

    Args:
        channels: picture channels.
        widths: feature channels per level, finest first.
        blocks: residual blocks per level: in the encoder and again in the decoder; the last level has them once.
        unshuffle: edge of the square of pixels that is folded into channels at the entrance (1, 2 or 4).
        estimator_width: feature channels of the noise estimator.
        estimate: "global" if the noise level of *auto* is one number per picture, "local" if it is a map.
    """

    channels: int = _channels()
    widths: tuple[int, ...] = _widths(64, 128, 256)
    blocks: tuple[int, ...] = _blocks(2, 2, 2, fewest=1)
    unshuffle: int = setting(2, choices=(1, 2, 4))
    estimator_width: int = setting(32, 1, 2048, "channels")
    estimate: str = setting("global", choices=("global", "local"))

    def __post_init__(self) -> None:
        check_arguments(self)
        check_levels(self, self.widths, self.blocks)


@dataclass(frozen=True)
class DenseConfig:
    """Architecture arguments of the dense autoencoders (``models.autoencoders.dense``), whose inputs are squares of one size.

    Args:
        channels: picture channels, 1 or 3.
        size_px: edge of the square of pixels that is one input; larger pictures are cut into such squares.
        hidden: units of the encoder's layers between picture and code; the decoder has the same in reverse.
        code: units of the code.
        activation: one of ``ACTIVATIONS``.
        dropout: share of the hidden units that is switched off at each training step.
        output: "sigmoid" (what the loss bce needs) or "linear", which is clipped to [0, 1].
    """

    channels: int = _channels()
    size_px: int = _size_px(16)
    hidden: tuple[int, ...] = _hidden(512)
    code: int = _units(96)
    activation: str = _activation("relu")
    dropout: float = _dropout()
    output: str = _output("sigmoid")

    def __post_init__(self) -> None:
        check_arguments(self)
        weights = 2 * sum(a * b for a, b in pairwise(self.sizes))
        if weights > MAX_WEIGHTS:
            raise ModelError(
                f"{family_of(self)}: that is a network of {weights / 1e6:.0f} million weights.", "Choose fewer units or a smaller size_px."
            )

    @property
    def inputs(self) -> int:
        """Numbers in one input."""
        return self.channels * self.size_px**2

    @property
    def sizes(self) -> tuple[int, ...]:
        """Units of every layer from the picture to the code."""
        return (self.inputs, *self.hidden, self.code)


@dataclass(frozen=True)
class UndercompleteConfig(DenseConfig):
    """Arguments of ``models.autoencoders.undercomplete``: those of every dense autoencoder; the code must be smaller than the picture."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.code >= self.inputs:
            hint = f"Choose fewer than {self.inputs}, or the family sparse, whose code may be larger."
            raise ModelError(f"undercomplete: a code of {self.code} units is not smaller than its input of {self.inputs} numbers.", hint)


@dataclass(frozen=True)
class StackedConfig(DenseConfig):
    """Arguments of ``models.autoencoders.stacked``: those of every dense autoencoder; ``hidden`` and ``code`` are trained one by one."""

    hidden: tuple[int, ...] = _hidden(512, 256)


@dataclass(frozen=True)
class SparseConfig(DenseConfig):
    """Arguments of ``models.autoencoders.sparse``: those of every dense autoencoder; the code may have more units than the input.

    The penalty "kl" needs the activation "sigmoid"; "l1" goes best with "relu".
    """

    hidden: tuple[int, ...] = _hidden()
    code: int = _units(1024)
    activation: str = _activation("sigmoid")


@dataclass(frozen=True)
class ContractiveConfig(DenseConfig):
    """Arguments of ``models.autoencoders.contractive``: those of every dense autoencoder, and

    Args:
        tied: the decoder uses the encoder's weights, transposed. Untied, it could undo any contraction by larger weights.
    """

    hidden: tuple[int, ...] = _hidden()
    code: int = _units(256)
    activation: str = _activation("sigmoid")
    tied: bool = True


@dataclass(frozen=True)
class ConvolutionalConfig:
    """Architecture arguments of the convolutional autoencoder (``models.autoencoders.convolutional``).

    Args:
        channels: picture channels, 1 or 3.
        widths: feature channels per level, finest first; each level halves the resolution.
        blocks: residual blocks per level, in the encoder and again in the decoder; with none, an activation follows each convolution.
        kernel: edge of the strided convolutions (2 to 9).
        code_channels: channels of the code, which has a position per square of 2 ** levels pixels.
        up: "transposed" convolutions (Zeiler 2010), or "resize" (nearest neighbour, then a convolution; Odena 2016), which cannot
            leave a checkerboard.
        activation: one of ``ACTIVATIONS``, between the convolutions if there are no blocks.
        dropout: share of the feature channels that is switched off at each training step.
        output: "linear", clipped to [0, 1], or "sigmoid" (what the loss bce needs).
    """

    channels: int = _channels()
    widths: tuple[int, ...] = _widths(32, 64, 128)
    blocks: tuple[int, ...] = _blocks(0, 1, 2)
    kernel: int = setting(4, 2, 9, "px")
    code_channels: int = setting(16, 1, 4096, "channels")
    up: str = setting("transposed", choices=("transposed", "resize"))
    activation: str = _activation("relu")
    dropout: float = _dropout()
    output: str = _output("linear")

    def __post_init__(self) -> None:
        check_arguments(self)
        check_levels(self, self.widths, self.blocks)

    @property
    def stride(self) -> int:
        """Pixels per position of the code along one axis."""
        return int(2 ** len(self.widths))


@dataclass(frozen=True)
class DenoisingConfig:
    """Architecture arguments of the denoising autoencoder (``models.autoencoders.denoising``).

    Args:
        body: "conv" for pictures of any size, or "dense" for squares of ``size_px``.
        channels: picture channels, 1 or 3.
        skips: of the body conv: U-shaped, which restores best. Without, everything passes through the code, which can then be
            looked at.
        widths, blocks: of the body conv: feature channels per level, finest first, and residual blocks in each.
        code: channels of a convolutional code (without skips), units of a dense one.
        size_px, hidden, activation, dropout: of the body dense, as in :class:`DenseConfig`.
        output: "linear", clipped to [0, 1], or "sigmoid" (what the loss bce needs; without skips).
    """

    body: str = setting("conv", choices=("conv", "dense"))
    channels: int = _channels()
    skips: bool = True
    widths: tuple[int, ...] = _widths(32, 64, 96)
    blocks: tuple[int, ...] = _blocks(1, 1, 2)
    code: int = _units(128)
    size_px: int = _size_px(16)
    hidden: tuple[int, ...] = _hidden(1024)
    activation: str = _activation("relu")
    dropout: float = _dropout()
    output: str = _output("linear")

    def __post_init__(self) -> None:
        check_arguments(self)
        if self.body == "dense":
            self.dense()
        elif self.skips:
            check_levels(self, self.widths, self.blocks)
            if self.output != "linear":
                raise ModelError(f"denoising: output with skips is {self.output!r}.", "Choose linear.")
        else:
            self.convolutional()

    def dense(self) -> DenseConfig:
        """The arguments of the body dense. Raises :class:`ModelError` for wrong ones."""
        return DenseConfig(**{field.name: getattr(self, field.name) for field in fields(DenseConfig)})

    def convolutional(self) -> ConvolutionalConfig:
        """The arguments of the body conv without skips. Raises :class:`ModelError` for wrong ones."""
        return ConvolutionalConfig(self.channels, self.widths, self.blocks, code_channels=self.code, output=self.output)


@dataclass(frozen=True)
class SquareConfig:
    """Arguments of the families with a dense latent and a body of either kind (``models.autoencoders.body``); inputs are squares.

    Args:
        channels: picture channels, 1 or 3.
        size_px: edge of the square of pixels that is one input; larger pictures are cut into such squares.
        body: "conv" for strided convolutions, "dense" for dense layers.
        widths: of the body conv: feature channels per level, finest first; each level halves the resolution.
        hidden: of the body dense: units per layer between picture and code; the decoder has the same in reverse.
        code: units of the code.
        activation: one of ``ACTIVATIONS``.
        output: "sigmoid" (what the loss bce needs) or "linear", which is clipped to [0, 1].
    """

    channels: int = _channels()
    size_px: int = _size_px(32)
    body: str = setting("conv", choices=("conv", "dense"))
    widths: tuple[int, ...] = _widths(32, 64, 128)
    hidden: tuple[int, ...] = _hidden(512, 256)
    code: int = _units(64)
    activation: str = _activation("relu")
    output: str = _output("sigmoid")

    def __post_init__(self) -> None:
        check_arguments(self)
        if self.body == "conv" and self.size_px % self.stride:
            hint = f"Choose a multiple of {self.stride}, or fewer widths."
            raise ModelError(f"{family_of(self)}: size_px is {self.size_px} px, which {len(self.widths)} levels cannot halve.", hint)
        if self.dense_weights > MAX_WEIGHTS:
            million = self.dense_weights / 1e6
            raise ModelError(
                f"{family_of(self)}: that is a network of {million:.0f} million weights.", "Choose fewer units or a smaller size_px."
            )

    @property
    def stride(self) -> int:
        """Pixels per position of the coarsest level of the body conv along one axis."""
        return int(2 ** len(self.widths))

    @property
    def units(self) -> tuple[int, ...]:
        """Units of the dense layers from the picture, or the coarsest level of convolutions, to the code."""
        if self.body == "dense":
            return (self.channels * self.size_px**2, *self.hidden, self.code)
        return (self.widths[-1] * (self.size_px // self.stride) ** 2, self.code)

    @property
    def dense_weights(self) -> int:
        return 2 * sum(a * b for a, b in pairwise(self.units))


@dataclass(frozen=True)
class VariationalConfig(SquareConfig):
    """Arguments of ``models.autoencoders.variational``: those of :class:`SquareConfig`."""


@dataclass(frozen=True)
class AdversarialConfig(SquareConfig):
    """Arguments of ``models.autoencoders.adversarial``: those of :class:`SquareConfig`, and

    Args:
        critic: units of the hidden layers of the discriminator, which tells codes from draws of the prior.
    """

    code: int = _units(32)
    critic: tuple[int, ...] = setting((256, 256), 1, 1 << 14, "units", length=(1, 8))


@dataclass(frozen=True)
class MaskedConfig:
    """Arguments of the masked autoencoder (``models.autoencoders.masked``).

    Args:
        channels: picture channels, 1 or 3.
        size_px: edge of the square of pixels that is one input.
        patch_px: edge of the patches that are seen or hidden whole.
        width: numbers per token in the encoder, a multiple of 4 and of ``heads``; this is also the code per patch.
        depth: transformer blocks of the encoder.
        decoder_width, decoder_depth: the same of the decoder, which may be slighter.
        heads: attention heads of both.
    """

    channels: int = _channels()
    size_px: int = setting(64, 8, 512, "px")
    patch_px: int = setting(8, 2, 256, "px")
    width: int = setting(128, 4, 2048)
    depth: int = setting(4, 1, 32, "blocks")
    decoder_width: int = setting(96, 4, 2048)
    decoder_depth: int = setting(2, 1, 32, "blocks")
    heads: int = setting(4, 1, 32)

    def __post_init__(self) -> None:
        check_arguments(self)
        check_range(self, "patch_px", self.patch_px, 2, self.size_px // 2, " px")
        for name in ("width", "decoder_width"):
            width = getattr(self, name)
            if width % 4 or width % self.heads:
                raise ModelError(f"masked: {name} is {width}.", f"Choose a multiple of 4 and of the {self.heads} heads.")
        if self.size_px % self.patch_px:
            hint = "Choose a patch_px that divides size_px."
            raise ModelError(f"masked: patches of {self.patch_px} px do not fill a square of {self.size_px} px.", hint)
        check_range(self, "the number of patches", self.grid**2, 4, 4096)

    @property
    def grid(self) -> int:
        """Patches along one axis."""
        return self.size_px // self.patch_px


@dataclass(frozen=True)
class GraphConfig:
    """Arguments of the graph-convolutional denoising autoencoder (``models.autoencoders.graph``).

    Args:
        channels: picture channels, 1 or 3.
        patch_px: edge of the patches that are the nodes of the graph (1, 2 or 4).
        width: features per node.
        blocks: graph-convolution blocks; each finds its own neighbours.
        neighbours: how many of the most similar nodes each node listens to.
        block: edge of the squares of nodes that share one search window.
        margin: nodes by which the window reaches beyond its square on every side.
    """

    channels: int = _channels()
    patch_px: int = setting(2, choices=(1, 2, 4))
    width: int = setting(32, 4, 512, "features")
    blocks: int = setting(2, 1, 16)
    neighbours: int = setting(8, 1, 1024)
    block: int = setting(8, 4, 32, "nodes")
    margin: int = setting(4, 0, 32, "nodes")

    def __post_init__(self) -> None:
        check_arguments(self)
        # In a picture of one square nothing lies beyond it, and the nodes around a node do not count.
        check_range(self, "neighbours", self.neighbours, 1, self.block**2 - 9)


@dataclass(frozen=True)
class CodecConfig:
    """Arguments of the learned codec (``models.codec``).

    Args:
        latent: channels of the latent ``y``, a multiple of 4.
        hyper: channels of the side information ``z``.
        context: feature channels of the network that predicts the latent's distribution, a multiple of 4.
        widths: feature channels of the synthesis at a half, a quarter, an eighth and a sixteenth of the resolution.
        blocks: residual blocks at each of these: on the way down and again on the way up; the finest has them on the way up only, the
            coarsest once.
    """

    latent: int = setting(384, 4, 768, "channels")
    hyper: int = setting(64, 4, 2048, "channels")
    context: int = setting(128, 4, 2048, "channels")
    widths: tuple[int, ...] = setting((32, 64, 96, 160), 4, 2048, "channels", length=(4, 4))
    blocks: tuple[int, ...] = setting((1, 1, 1, 2), 0, 64, "blocks", length=(4, 4))

    def __post_init__(self) -> None:
        check_arguments(self)
        for name in ("latent", "context"):
            if getattr(self, name) % 4:
                raise ModelError(f"codec: {name} is {getattr(self, name)} channels.", "Choose a multiple of 4.")


@dataclass(frozen=True)
class UnblendingConfig:
    """Arguments of the network that takes see-through marks off (``models.restoration.unblending``).

    Args:
        widths: feature channels per level of the part that finds marks, finest (half resolution) first.
        blocks: its residual blocks per level: in the encoder and again in the decoder; the last level has them once.
        mend_widths, mend_blocks: the same of the part that repairs what un-blending leaves.
    """

    widths: tuple[int, ...] = _widths(32, 48, 64, 96, 128)
    blocks: tuple[int, ...] = _blocks(1, 1, 1, 1, 2)
    mend_widths: tuple[int, ...] = _widths(24, 48, 64)
    mend_blocks: tuple[int, ...] = _blocks(1, 1, 1)

    def __post_init__(self) -> None:
        check_arguments(self)
        check_levels(self, self.widths, self.blocks)
        check_levels(self, self.mend_widths, self.mend_blocks)


@dataclass(frozen=True)
class InpaintingConfig:
    """Arguments of the network that fills holes (``models.restoration.inpainting``).

    Args:
        widths: feature channels per level, finest (half resolution) first.
        blocks: residual blocks per level: in the encoder and again in the decoder; the last level has them once.
        scales: sizes of the picture at which the network has a turn, each half of the one before; with 1 at full size alone.
        rounds: how often it goes over the picture at full size.
    """

    widths: tuple[int, ...] = _widths(40, 64, 96, 128, 160)
    blocks: tuple[int, ...] = _blocks(1, 1, 1, 2, 2)
    scales: int = setting(1, 1, 5)
    rounds: int = setting(1, 1, 16)

    def __post_init__(self) -> None:
        check_arguments(self)
        check_levels(self, self.widths, self.blocks)


ARCHITECTURES: Registry[type] = Registry("model family")
ARCHITECTURES.add("unet", UNetConfig)
ARCHITECTURES.add("undercomplete", UndercompleteConfig)
ARCHITECTURES.add("stacked", StackedConfig)
ARCHITECTURES.add("sparse", SparseConfig)
ARCHITECTURES.add("denoising", DenoisingConfig)
ARCHITECTURES.add("contractive", ContractiveConfig)
ARCHITECTURES.add("convolutional", ConvolutionalConfig)
ARCHITECTURES.add("variational", VariationalConfig)
ARCHITECTURES.add("adversarial", AdversarialConfig)
ARCHITECTURES.add("masked", MaskedConfig)
ARCHITECTURES.add("graph", GraphConfig)
ARCHITECTURES.add("codec", CodecConfig)
ARCHITECTURES.add("unblending", UnblendingConfig)
ARCHITECTURES.add("inpainting", InpaintingConfig)
ARCHITECTURES.add("damage-detection", DamageDetectionConfig)
