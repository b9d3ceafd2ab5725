"""Requests and results of the Explore page: what is inside a model with a latent.

As in ``core.specs``: plain values only, checked when they are made; pictures and codes travel beside them. Arrays in results are numpy's:
pictures (H, W, 3) uint8, codes float32.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from aedesk.core.errors import SpecError

FITS = ("scale", "crop")
PATHS = ("linear", "spherical")
METHODS = ("pca", "tsne", "umap")
POOLINGS = ("whole", "mean")
SETS = ("mnist", "fashion-mnist", "cifar10", "flowers102")


@dataclass(frozen=True)
class ExploreSpec:
    """What all of them say.

    Args:
        model: name of a shipped or user model, or the path of a model file.
        device: "auto", "cpu", "cuda" or "cuda:N".
        fit: how a picture becomes what the network takes: "scale" it down, or "crop" its middle at full resolution.
    """

    model: str
    device: str = "auto"
    fit: str = "scale"

    def __post_init__(self) -> None:
        _choice("fit", self.fit, FITS)


@dataclass(frozen=True)
class CodeSpec(ExploreSpec):
    """Encode one picture. Inputs: one ``Picture``. Result: ``CodeResult``.

    Args:
        max_edge_px: longest edge that the network is given, if it takes any size.
    """

    max_edge_px: int = 512

    def __post_init__(self) -> None:
        super().__post_init__()
        _limits("max_edge_px", self.max_edge_px, 16, 4096)


@dataclass(frozen=True)
class DecodeSpec(ExploreSpec):
    """Decode a code, perhaps an edited one. Inputs: the code of a ``CodeResult``, and its ``original``. Result: ``DecodeResult``."""


@dataclass(frozen=True)
class InterpolateSpec(ExploreSpec):
    """Go from one picture's code to another's. Inputs: two ``Picture``. Result: ``InterpolationResult``.

    Args:
        frames: pictures on the way, both ends counted.
        path: "linear", or "spherical" at the length that codes of a Gaussian prior have (White 2016).
        edge_px: edge of the square that both pictures are brought to, if the network takes any size.
    """

    frames: int = 9
    path: str = "linear"
    edge_px: int = 256

    def __post_init__(self) -> None:
        super().__post_init__()
        _limits("frames", self.frames, 2, 65)
        _choice("path", self.path, PATHS)
        _limits("edge_px", self.edge_px, 16, 1024)


@dataclass(frozen=True)
class SampleSpec(ExploreSpec):
    """Decode draws from the prior of a generative model. Inputs: none. Result: ``SamplesResult``.

    Args:
        count: how many.
        seed: the same seed gives the same pictures.
    """

    count: int = 16
    seed: int = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        _limits("count", self.count, 1, 256)


@dataclass(frozen=True)
class FolderSpec(ExploreSpec):
    """What all requests about a folder of pictures say.

    Args:
        folder: pictures, at any depth; the names of its own sub-folders are the classes.
        limit: pictures that are looked at; of more than that, evenly spaced ones.
        edge_px: edge of the square that pictures are brought to, if the network takes any size.
        pooling: "whole" for the code as it is, "mean" over its positions (convolutional codes).
    """

    folder: str = ""
    limit: int = 1000
    edge_px: int = 64
    pooling: str = "whole"

    def __post_init__(self) -> None:
        super().__post_init__()
        _limits("limit", self.limit, 2, 20_000)
        _limits("edge_px", self.edge_px, 16, 512)
        _choice("pooling", self.pooling, POOLINGS)


@dataclass(frozen=True)
class MapSpec(FolderSpec):
    """Draw a folder's codes as points in the plane. Inputs: none. Result: ``MapResult``.

    Args:
        method: "pca", "tsne" (van der Maaten 2008) or "umap" (McInnes 2018, if umap-learn is installed).
        seed: of t-SNE and UMAP.
    """

    method: str = "pca"
    seed: int = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        _choice("method", self.method, METHODS)


@dataclass(frozen=True)
class RankSpec(FolderSpec):
    """Find the pictures that the model reconstructs worst. Inputs: none. Result: ``RankingResult``.

    Args:
        keep: how many of the worst are shown with reconstruction and error.
    """

    keep: int = 50


@dataclass(frozen=True)
class PcaSpec(FolderSpec):
    """Compare the model with principal components. Inputs: none. Result: ``PcaResult``.

    Args:
        edge_px: edge of the patches, if the network takes any size.
        patches: how many are cut from the pictures; a quarter, from pictures of their own, is for measuring.
        seed: of the patches' places.
    """

    edge_px: int = 32
    patches: int = 4000
    seed: int = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        _limits("patches", self.patches, 40, 100_000)


@dataclass(frozen=True)
class FeaturesSpec(FolderSpec):
    """Write a folder's codes into files. Inputs: none. Result: tuple of the paths.

    Args:
        files: names that end in .npz or .csv.
        overwrite: replace files that are there.
    """

    files: tuple[str, ...] = ()
    overwrite: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        _require(bool(self.files), "No file is named.", "Give the name of a .npz or .csv file.")
        for name in self.files:
            _require(name.lower().endswith((".npz", ".csv")), f"Features cannot be written to {name}.", "Give a name with .npz or .csv.")


@dataclass(frozen=True)
class ProbeSpec(FolderSpec):
    """Train a linear classifier on codes. Inputs: none. Result: ``ProbeResult``.

    Args:
        held_out: share of each class that is kept for measuring.
        seed: of the split.
    """

    held_out: float = 0.25
    seed: int = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        _require(0.05 <= self.held_out <= 0.9, f"held_out is {self.held_out}.", "Choose a value from 0.05 to 0.9.")


@dataclass(frozen=True)
class UnpackSpec:
    """Write pictures of a classic data set into a folder, with one sub-folder per class. Inputs: none. Result: the folder.

    Args:
        dataset: "mnist", "fashion-mnist", "cifar10" or "flowers102".
        folder: where; pictures that are there already are left alone.
        limit: how many, evenly spaced.
        download: fetch the set if it is not on the disk.
    """

    dataset: str
    folder: str
    limit: int = 2000
    download: bool = False

    def __post_init__(self) -> None:
        _choice("dataset", self.dataset, SETS)
        _limits("limit", self.limit, 1, 100_000)


@dataclass(frozen=True)
class CodeResult:
    """A picture's code and what becomes of it.

    Args:
        code: (n,) of a dense latent or (C, h, w) of a convolutional one.
        maps: (C, h, w) uint8, each channel from its smallest to its largest value; None for a dense code.
        original: what the network was given.
        reconstruction, error: pictures; the error from 0 (black) to ``error_peak`` gray levels and more (yellow).
        psnr: of the reconstruction, in dB.
        code_size, input_size: numbers in the code and in the picture.
        generative: codes follow a standard normal prior.
        note: what was done to the picture before, in words.
        seconds: of encoding and decoding.
    """

    code: Any
    maps: Any
    original: Any
    reconstruction: Any
    error: Any
    error_peak: float
    psnr: float
    code_size: int
    input_size: int
    generative: bool
    note: str
    seconds: float


@dataclass(frozen=True)
class DecodeResult:
    """What a code decodes to, beside the original picture; as in ``CodeResult``."""

    reconstruction: Any
    error: Any
    psnr: float
    seconds: float


@dataclass(frozen=True)
class InterpolationResult:
    """``frames`` (n, H, W, 3); ``originals`` (2, H, W, 3): the two pictures themselves."""

    frames: Any
    originals: Any
    path: str
    note: str


@dataclass(frozen=True)
class SamplesResult:
    """``pictures`` (n, H, W, 3)."""

    pictures: Any
    seed: int


@dataclass(frozen=True)
class MapResult:
    """A folder's codes in the plane.

    Args:
        points: (n, 2) float32.
        paths: the picture of each point; ``classes``: its sub-folder, empty without one.
        errors: (n,) root mean square reconstruction error in gray levels.
        thumbnails: (n, t, t, 3) uint8.
        explained: share of the variance that the two axes hold (pca), else None.
    """

    method: str
    points: Any
    paths: tuple[str, ...]
    classes: tuple[str, ...]
    errors: Any
    thumbnails: Any
    explained: float | None
    note: str


@dataclass(frozen=True)
class RankingResult:
    """A folder's pictures, worst reconstruction first.

    Args:
        paths, errors: of all pictures: root mean square error in gray levels.
        originals, reconstructions, heat_maps: (keep, t, t, 3) of the worst.
        median: of all errors.
        spread: median absolute deviation of the errors, scaled to a standard deviation (times 1.4826).
    """

    paths: tuple[str, ...]
    errors: Any
    originals: Any
    reconstructions: Any
    heat_maps: Any
    median: float
    spread: float
    note: str


@dataclass(frozen=True)
class PcaResult:
    """Mean squared error over code size on held-out patches, in units of [0, 1].

    Args:
        sizes, mse: of principal components, growing sizes.
        code_size, model_mse: of the model.
        input_size: numbers in a patch.
        pca_mse_at_code_size: of as many components as the model's code has numbers; None if there are fewer.
    """

    sizes: tuple[int, ...]
    mse: tuple[float, ...]
    code_size: int
    model_mse: float
    input_size: int
    pca_mse_at_code_size: float | None
    trained_on: int
    measured_on: int
    note: str


@dataclass(frozen=True)
class ProbeResult:
    """What a linear classifier finds in codes and in raw pixels.

    Args:
        classes: names.
        confusion: (k, k) counts of held-out pictures: rows true, columns predicted, by the probe on codes.
        accuracy, pixel_accuracy: share of held-out pictures that are right, with codes and with the pixels themselves.
        chance: share of the largest class.
        features, pixels: numbers that each classifier saw per picture.
    """

    classes: tuple[str, ...]
    confusion: Any
    accuracy: float
    pixel_accuracy: float
    chance: float
    features: int
    pixels: int
    trained_on: int
    measured_on: int
    note: str


def _require(condition: bool, message: str, hint: str = "") -> None:
    if not condition:
        raise SpecError(message, hint)


def _choice(name: str, value: str, known: tuple[str, ...]) -> None:
    _require(value in known, f"{name} is {value!r}.", f"Choose one of {', '.join(known)}.")


def _limits(name: str, value: int, low: int, high: int) -> None:
    _require(low <= value <= high, f"{name} is {value}.", f"Choose a value from {low} to {high}.")
