"""Requests: frozen dataclasses that say everything a service needs to know.

A spec holds only plain values, so it can be pickled, logged and written down. Pictures travel beside it, as the job's inputs:
``run(spec, *inputs)``. Every spec checks itself when it is made and raises :class:`SpecError`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from aedesk.core.errors import SpecError

HIGHEST_SIGMA = 100.0
"""Highest noise level that can be given or estimated, in 8-bit units."""
SIGMA_RANGE = f"a value from 0 to {HIGHEST_SIGMA:g}"


def _require(condition: bool, message: str, hint: str = "") -> None:
    if not condition:
        raise SpecError(message, hint)


@dataclass(frozen=True)
class DenoiseSpec:
    """Restore one picture. Inputs: one ``Picture``. Result: ``DenoiseResult`` (``picture``, ``sigma``, ...).

    Args:
        model: name of a shipped or user model, or the path of a model file.
        sigma: noise level in 8-bit units, 0 to ``HIGHEST_SIGMA``, None for *auto* (estimated).
        strength: 0 returns the input, 1 the full restoration (luminance).
        chroma_strength: the same for the two chrominance channels, None for the value of ``strength``.
        device: "auto", "cpu", "cuda" or "cuda:N".
        precision: "auto", "float32", "bfloat16" or "float16".
        tile_px: edge of a tile without its halo in pixels, None for a default; halved when memory runs out.
        region: (left, top, width, height) in pixels: restore only this part and return it as a picture of that size.
    """

    model: str = "denoise-photo"
    sigma: float | None = None
    strength: float = 1.0
    chroma_strength: float | None = None
    device: str = "auto"
    precision: str = "auto"
    tile_px: int | None = None
    region: tuple[int, int, int, int] | None = None

    def __post_init__(self) -> None:
        _require(self.sigma is None or 0 <= self.sigma <= HIGHEST_SIGMA, f"sigma is {self.sigma}.", f"Choose auto or {SIGMA_RANGE}.")
        for name in ("strength", "chroma_strength"):
            value = getattr(self, name)
            _require(value is None or 0 <= value <= 1, f"{name} is {value}.", "Choose a value from 0 to 1.")
        _require(self.tile_px is None or self.tile_px >= 16, f"tile_px is {self.tile_px}.", "Choose 16 or more.")
        _require_precision(self.precision)


@dataclass(frozen=True)
class AddNoiseSpec:
    """Make a noisy copy of one picture. Inputs: one ``Picture``. Result: a ``Picture``.

    Args:
        kind: a degradation's name: "gaussian", "poisson-gaussian", "salt-pepper", "speckle" or "jpeg".
        level: its strength: sigma in 8-bit units (gaussian, poisson-gaussian, speckle), per cent of pixels (salt-pepper),
            quality 1..100 (jpeg).
        seed: the same seed gives the same noise on every machine with the same torch.
    """

    kind: str = "gaussian"
    level: float = 25.0
    seed: int = 0

    def __post_init__(self) -> None:
        _require(0 <= self.level <= 100, f"level is {self.level}.", "Choose a value from 0 to 100.")


@dataclass(frozen=True)
class TrainSpec:
    """Train a model. Inputs: none. Result: the path of the weights file.

    Args:
        recipe: the parsed TOML of a recipe (tables ``model``, ``data``, ``degradation``, ``train``, ...).
        run_dir: the run's folder.
        resume: go on from the last checkpoint of that folder.
        device: "auto", "cpu" or "cuda:N".
    """

    recipe: Mapping[str, Any]
    run_dir: str
    resume: bool = False
    device: str = "auto"


@dataclass(frozen=True)
class EvaluateDenoiseSpec:
    """Measure a denoiser on a folder of pictures. Inputs: none. Result: a JSON-able dict.

    Args:
        data: clean pictures, which are degraded, or pairs ``NAME_real`` / ``NAME_mean`` of noisy and clean shots.
        model: name or file of a denoiser.
        sigma: level of the white Gaussian noise that is added, in 8-bit units.
        jpeg: quality (1 to 100) with which the clean pictures are compressed instead (4:2:0). With neither, ``data`` holds pairs.
        auto: do not give the model the noise level; always so without ``sigma``.
        baselines: also run the classic methods that are installed.
        limit: use only the first pictures.
        seed: of the noise.
    """

    data: str = ""
    model: str = "denoise-gaussian"
    sigma: float | None = None
    jpeg: int | None = None
    auto: bool = False
    device: str = "auto"
    precision: str = "auto"
    baselines: bool = False
    limit: int | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        _require(self.sigma is None or 0 <= self.sigma <= HIGHEST_SIGMA, f"sigma is {self.sigma}.", f"Choose {SIGMA_RANGE}.")
        _require(self.jpeg is None or 1 <= self.jpeg <= 100, f"jpeg is {self.jpeg}.", "Choose a quality from 1 to 100.")
        _require(self.sigma is None or self.jpeg is None, "Both sigma and jpeg are given.", "Choose one of them.")
        _require_precision(self.precision)


@dataclass(frozen=True)
class DevicesSpec:
    """List the devices. Inputs: none. Result: tuple of ``DeviceInfo``."""


@dataclass(frozen=True)
class ModelsSpec:
    """List the models that can be used. Inputs: none. Result: tuple of ``ModelInfo``."""


@dataclass(frozen=True)
class DeviceInfo:
    """A device as people choose it: ``name`` ("cpu", "cuda:0"), ``label`` for people, memory in bytes (None: unknown)."""

    name: str
    label: str
    precision: str
    memory_bytes: int | None = None
    free_bytes: int | None = None


@dataclass(frozen=True)
class ModelInfo:
    """A model file as people choose it.

    Args:
        name: what ``--model`` takes.
        purpose: what it is for; empty for a file that cannot be used, so that nobody offers it.
        card: the JSON card inside the file.
        origin: "shipped", or "own" for what the person has trained or imported.
        size_bytes: size of the file.
        parameters: how many numbers it holds.
        problem: why the file cannot be used; empty if it can.
    """

    name: str
    path: str
    purpose: str
    title: str
    card: Mapping[str, Any] = field(default_factory=dict)
    origin: str = "shipped"
    size_bytes: int = 0
    parameters: int = 0
    problem: str = ""


def _require_precision(precision: str) -> None:
    known = ("auto", "float32", "bfloat16", "float16")
    _require(precision in known, f"precision is {precision!r}.", f"Choose one of {', '.join(known)}.")


@dataclass(frozen=True)
class DenoiseResult:
    """What a ``DenoiseSpec`` gives.

    Args:
        picture: the restored ``Picture``, of the input's depth and metadata (of the region's size, if one was asked for).
        sigma: the noise level that was used (8-bit units): the given one, or the estimate's mean; None if the model takes none.
        device: where it ran, "cpu" or "cuda:0".
        precision: "float32", "bfloat16" or "float16".
        seconds: time of the network and the tiling, without reading and writing files.
    """

    picture: Any
    sigma: float | None
    device: str
    precision: str
    seconds: float
