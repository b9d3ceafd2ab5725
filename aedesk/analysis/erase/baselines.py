"""Classic inpainting methods for comparison. For measurements only; needs opencv-python-headless."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

RADIUS_PX = 3.0

Inpainter = Callable[[NDArray, NDArray], NDArray]
"""Maps (H, W, C) uint8 pixels and an (H, W) bool hole to the filled pixels."""


def available() -> dict[str, Inpainter]:
    """Returns ``opencv-telea`` (Telea 2004) and ``opencv-ns`` (Navier-Stokes, Bertalmio 2001); nothing if OpenCV is not installed."""
    if not importlib.util.find_spec("cv2"):
        return {}
    return {"opencv-telea": _telea, "opencv-ns": _navier_stokes}


def _telea(pixels: NDArray, hole: NDArray) -> NDArray:
    import cv2

    return _shaped(cv2.inpaint(pixels, hole.astype(np.uint8), RADIUS_PX, cv2.INPAINT_TELEA), pixels)


def _navier_stokes(pixels: NDArray, hole: NDArray) -> NDArray:
    import cv2

    return _shaped(cv2.inpaint(pixels, hole.astype(np.uint8), RADIUS_PX, cv2.INPAINT_NS), pixels)


def _shaped(result: NDArray, pixels: NDArray) -> NDArray:
    return np.asarray(result).reshape(pixels.shape)
