"""The classic sets of pictures by name, through torchvision, which is imported only when one is asked for."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from aedesk.core.cancel import CancelToken
from aedesk.core.errors import DataError
from aedesk.core.registry import Registry
from aedesk.data.pictures.pixels import Pixels, with_channels
from aedesk.settings.places import data_dir

PACKAGED = bool(getattr(sys, "frozen", False))

NAMED: Registry[Callable[[Any, str, bool], Any]] = Registry("named data set")
NAMED.add("mnist", lambda sets, root, download: sets.MNIST(root, train=True, download=download))
NAMED.add("fashion-mnist", lambda sets, root, download: sets.FashionMNIST(root, train=True, download=download))
NAMED.add("cifar10", lambda sets, root, download: sets.CIFAR10(root, train=True, download=download))
NAMED.add("flowers102", lambda sets, root, download: sets.Flowers102(root, split="train", download=download))


def default_root() -> Path:
    """Where named sets lie unless the recipe says otherwise."""
    return data_dir() / "datasets"


def open_named(name: str, root: str, download: bool) -> Any:
    """The training part of a named set: a sequence of (Pillow picture, number of its class).

    Raises:
        SpecError: there is no set of this name.
        DataError: torchvision is missing or does not fit torch, the set is not on the disk, or it cannot be downloaded.
    """
    make = NAMED[name]
    place = Path(root).expanduser() if root else default_root()
    try:
        from torchvision import datasets
    except (ImportError, RuntimeError, OSError) as error:
        # Of another build than torch it says "operator torchvision::nms does not exist", which helps nobody.
        raise DataError(
            f"The set {name} needs torchvision, which cannot be loaded ({_line(error)}).",
            "This packaged program has none: train on a folder of pictures." if PACKAGED else "Install torch and torchvision together.",
        ) from error
    if download:
        place.mkdir(parents=True, exist_ok=True)
    try:
        return make(datasets, str(place), download)
    except ImportError as error:  # Flowers102's list of classes is a MATLAB file
        raise DataError(f"The set {name} cannot be read: {_line(error)}.", "Install what is missing, such as scipy.") from error
    except Exception as error:  # torchvision lets through whatever its network and archive libraries throw
        if download:
            hint = f"Check the connection, or put the set's files below {place} by hand."
            raise DataError(f"The set {name} cannot be downloaded to {place} ({_line(error)}).", hint) from error
        hint = "Allow the download (download = true), or give the folder that holds it (root)."
        raise DataError(f"The set {name} does not lie in {place}.", hint) from error


def named_pictures(name: str, root: str, download: bool, channels: int, limit: int | None, cancel: CancelToken) -> list[Pixels]:
    """(H, W, channels) uint8 pictures of a named set. Errors as for :func:`open_named`."""
    found = open_named(name, root, download)
    pictures = []
    for index in range(min(len(found), limit or len(found))):
        if index % 100 == 0:
            cancel.check()
        pictures.append(with_channels(pixels_of(found[index][0]), channels))
    return pictures


def pixels_of(image: Any) -> Pixels:
    """(H, W, 1 or 3) of a Pillow picture, a copy of its own."""
    pixels = np.array(image if image.mode in ("L", "RGB") else image.convert("RGB"))
    return pixels.reshape(*pixels.shape[:2], -1)


def _line(error: Exception) -> str:
    return " ".join(str(error).split()).rstrip(".")[:200] or type(error).__name__
