"""Requests to take marks and damage out of pictures: frozen dataclasses as in ``core.specs``, for the services of ``watermark``.

A mask is an array (H, W) of the picture's size: uint8, 0 (keep) to 255 (erase), or float32, 0 to 1. Like pictures it travels beside the
spec, as an input of the job; results hold masks as uint8.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from aedesk.core.errors import SpecError

METHODS = ("auto", "unblend", "inpaint")
PRECISIONS = ("auto", "float32", "bfloat16", "float16")


@dataclass(frozen=True)
class EraseSpec:
    """Erase what a mask covers. Inputs: one ``Picture``, and its mask or None: what the mark model finds. Result: ``EraseResult``.

    Args:
        model: the model that finds see-through marks and takes them off: name or path of a model file.
        inpaint_model: the model that fills what is hidden altogether.
        method: "unblend" treats everything under the mask as see-through, "inpaint" as hidden, "auto" decides place by place: what shows
            through (alpha below about 0.85) is un-blended, the rest is filled.
        sensitivity: 0..1, how faint a trace counts as a mark when no mask is given; 0.5 is the balance that was trained.
        feather_px: width in pixels of the soft edge that is added around the mask; beyond it every pixel keeps its value. Marks that are
            found to be of one colour and one opacity bring their own.
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
    """What an ``EraseSpec`` gives.

    Args:
        picture: the ``Picture``, of the input's depth and metadata; equal to the input wherever ``mask`` is 0.
        mask: (H, W) uint8, how much of the erased version each pixel took, soft edge included; all 0 if nothing was found.
        area_px: pixels whose ``mask`` is not 0.
        device: where it ran, "cpu" or "cuda:0".
        precision: "float32", "bfloat16" or "float16".
        seconds: time without reading and writing files.
    """

    picture: Any
    mask: Any
    area_px: int
    device: str
    precision: str
    seconds: float


@dataclass(frozen=True)
class FindMarkSpec:
    """Find the marks on a picture, for a person to correct. Inputs: one ``Picture``. Result: ``FindMarkResult``.

    Arguments as of ``EraseSpec``. Given back as that one's mask, what is found here erases the same places; without a mask that is faster.
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
    """What a ``FindMarkSpec`` gives.

    Args:
        mask: (H, W) uint8: 255 on a mark, 0 elsewhere.
        alpha: (H, W) uint8: how strongly a mark hides the picture, 255 for wholly; 0 where there is none.
        area_px: pixels of the mask that are set; 0 if nothing was found.
        device: where it ran.
        seconds: time without reading files.
    """

    mask: Any
    alpha: Any
    area_px: int
    device: str
    seconds: float


@dataclass(frozen=True)
class EvaluateEraseSpec:
    """Measure the erasing on a folder of clean pictures, with synthetic marks that no model was trained on. Inputs: none.

    Result: a JSON-able dict (``analysis.erase_evaluate``).

    Args:
        data: a folder of pictures.
        model, inpaint_model: as of ``EraseSpec``.
        alphas: opacities at which the automatic way is measured.
        peers: also run OpenCV's two methods of inpainting, if it is installed.
        logos: a folder of logos (PNG with transparency), of which every tenth, never trained on, is used as a mark too; empty for none.
        limit: use only so many pictures, None for all.
        seed: of the marks.
        device, precision: as of ``EraseSpec``.
    """

    data: str
    model: str = "erase-mark"
    inpaint_model: str = "inpaint-photo"
    alphas: tuple[float, ...] = (0.3, 0.5)
    peers: bool = False
    logos: str = ""
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
