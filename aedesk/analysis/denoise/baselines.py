"""Classic denoisers to compare with. They are not part of the program: install their packages to use them."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

Denoiser = Callable[[NDArray, float], NDArray]

BLIND_SIGMAS = (5.0, 10.0, 15.0, 20.0, 25.0)


def available() -> dict[str, Denoiser]:
    """The methods whose packages are installed: ``cbm3d`` (bm3d) and ``opencv-nlm`` (opencv-python-headless)."""
    found: dict[str, Denoiser] = {}
    if importlib.util.find_spec("bm3d"):
        found["cbm3d"] = _cbm3d
    if importlib.util.find_spec("cv2"):
        found["opencv-nlm"] = _opencv
    return found


def sigmas_to_try(sigma: float | None) -> Sequence[float]:
    """The given noise level, or the levels from which the best is kept, for methods that cannot estimate it."""
    return BLIND_SIGMAS if sigma is None else (sigma,)


def _cbm3d(noisy: NDArray, sigma: float) -> NDArray:
    """Dabov 2007, the authors' implementation with its defaults."""
    import bm3d

    if noisy.shape[2] == 1:
        return np.asarray(bm3d.bm3d(noisy[:, :, 0], sigma / 255))[:, :, None]
    return np.asarray(bm3d.bm3d_rgb(noisy, sigma / 255))


def _opencv(noisy: NDArray, sigma: float) -> NDArray:
    """Non-local means (Buades 2011) on 8-bit pixels; h as OpenCV's samples choose it for a noise level."""
    import cv2

    pixels = np.clip(np.rint(noisy * 255), 0, 255).astype(np.uint8)
    if noisy.shape[2] == 1:
        return cv2.fastNlMeansDenoising(pixels[:, :, 0], None, sigma)[:, :, None] / 255.0
    return cv2.fastNlMeansDenoisingColored(pixels[:, :, ::-1].copy(), None, sigma, sigma)[:, :, ::-1] / 255.0
