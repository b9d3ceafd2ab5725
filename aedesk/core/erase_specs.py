"""Requests to find and erase watermarks and damage, and to evaluate that, with their results.

A mask is an array (H, W) of the picture's size: uint8, 0 (keep) to 255 (erase), float, 0 to 1, or bool. Like pictures it is an input of
the job beside the spec. Results hold masks as uint8.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from aedesk.core.errors import SpecError

METHODS = ("auto", "unblend", "inpaint")
PRECISIONS = ("auto", "float32", "bfloat16", "float16")


@dataclass(frozen=True)
class EraseSpec:
    """Erase what a mask covers. Inputs: one ``Picture``, and its mask, or None to erase detected watermarks. Result: ``EraseResult``.

    Args:
        model: name or path of the model that detects and removes semi-transparent watermarks.
        inpaint_model: name or path of the model that fills hidden areas.
        method: "unblend" treats everything under the mask as semi-transparent, "inpaint" as hidden. "auto" decides per region: watermarks
            with an alpha below about 0.85 are unblended, the rest is inpainted.
        sensitivity: 0 to 1, detection sensitivity when no mask is given. 0.5 accepts pixels that are likelier watermark than not.
        feather_px: width in pixels of the soft edge that is added around the mask; pixels beyond it keep their values. Watermarks of
            uniform colour and opacity have measured soft edges of their own.
        device: "auto", "cpu", "cuda" or "cuda:N".
        precision: "auto", "float32", "bfloat16" or "float16".
    """

    model: str = "erase-mark"
    inpaint_model: str = "inpaint-photo"
    method: str = "auto"
    sensitivity: float = 0.5
    feather_px: float = 3.0
    device: str = "auto"
    precision: str = "auto"

    def __post_init__(self) -> None:
        _require(self.method in METHODS, f"method is {self.method!r}.", f"Choose one of {', '.join(METHODS)}.")
        _require(0 <= self.sensitivity <= 1, f"sensitivity is {self.sensitivity}.", "Choose a value from 0 to 1.")
        _require(0 <= self.feather_px <= 64, f"feather_px is {self.feather_px}.", "Choose a value from 0 to 64.")
        _require(self.precision in PRECISIONS, f"precision is {self.precision!r}.", f"Choose one of {', '.join(PRECISIONS)}.")


@dataclass(frozen=True)
class EraseResult:
    """Result of an ``EraseSpec``.

    Args:
        picture: the ``Picture``, with the input's bit depth and metadata; equal to the input where ``mask`` is 0.
        mask: (H, W) uint8, weight of the erased version in each pixel, including the soft edge; all 0 if nothing was found.
        area_px: number of pixels whose ``mask`` is not 0.
        device: the device used, such as "cpu" or "cuda:0".
        precision: "float32", "bfloat16" or "float16".
        seconds: computing time, without reading and writing files.
    """

    picture: Any
    mask: Any
    area_px: int
    device: str
    precision: str
    seconds: float


@dataclass(frozen=True)
class FindMarkSpec:
    """Find the watermarks on a picture, so that the user can correct the mask. Inputs: one ``Picture``. Result: ``FindMarkResult``.

    Arguments as for ``EraseSpec``. The resulting mask can be passed to an ``EraseSpec``; erasing without a mask is faster.
    """

    model: str = "erase-mark"
    sensitivity: float = 0.5
    device: str = "auto"
    precision: str = "auto"

    def __post_init__(self) -> None:
        _require(0 <= self.sensitivity <= 1, f"sensitivity is {self.sensitivity}.", "Choose a value from 0 to 1.")
        _require(self.precision in PRECISIONS, f"precision is {self.precision!r}.", f"Choose one of {', '.join(PRECISIONS)}.")


@dataclass(frozen=True)
class FindMarkResult:
    """Result of a ``FindMarkSpec``.

    Args:
        mask: (H, W) uint8, 255 on watermarks and 0 elsewhere.
        alpha: (H, W) uint8, opacity of the watermarks, 255 for fully opaque; 0 outside of the mask.
        area_px: number of set pixels of the mask; 0 if nothing was found.
        device: the device used.
        seconds: computing time, without reading files.
    """

    mask: Any
    alpha: Any
    area_px: int
    device: str
    seconds: float


@dataclass(frozen=True)
class EvaluateEraseSpec:
    """Evaluate erasing on a folder of clean pictures, with synthetic watermarks unlike those in training. Inputs: none.

    Result: a JSON-serialisable dict, see ``analysis.erase.evaluate``.

    Args:
        data: a folder of pictures.
        model, inpaint_model: as for ``EraseSpec``.
        alphas: opacities of the watermarks.
        baselines: also evaluate OpenCV's two inpainting methods, which must be installed.
        logos: a folder of logos (PNG with transparency) that no model was trained on; emblems are drawn if it is empty.
        fonts: a folder of fonts that no model was trained on; Pillow's own font is used if it is empty.
        limit: the number of pictures to use; None for all.
        seed: of the watermarks.
        device, precision: as for ``EraseSpec``.
    """

    data: str
    model: str = "erase-mark"
    inpaint_model: str = "inpaint-photo"
    alphas: tuple[float, ...] = (0.3, 0.5)
    baselines: bool = False
    logos: str = ""
    fonts: str = ""
    limit: int | None = None
    seed: int = 0
    device: str = "auto"
    precision: str = "auto"

    def __post_init__(self) -> None:
        for alpha in self.alphas:
            _require(0 < alpha <= 1, f"alpha is {alpha}.", "Choose values above 0, at most 1.")
        _require(self.limit is None or self.limit >= 1, f"limit is {self.limit}.", "Choose 1 or more pictures.")
        _require(self.precision in PRECISIONS, f"precision is {self.precision!r}.", f"Choose one of {', '.join(PRECISIONS)}.")


def _require(condition: bool, message: str, hint: str) -> None:
    if not condition:
        raise SpecError(message, hint)
