"""The pictures of a viewer: versions, preview patches and the difference, each with its pyramid."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QObject, QRectF, Signal

from aedesk.gui.thread_pool import ThreadPool
from aedesk.gui.widgets.viewer import layers as names
from aedesk.gui.widgets.viewer.painting import Layer
from aedesk.gui.widgets.viewer.pyramid import Pyramid, difference


class Content(QObject):
    """Turns display arrays into layers and builds their pyramids on a background thread.

    Signals:
        layer_changed(layer): tiles that show this layer are out of date.
    """

    layer_changed = Signal(object)

    def __init__(self, owner: QObject) -> None:
        super().__init__(owner)
        self._arrays: dict[str, np.ndarray] = {}
        self._layers: dict[str, Layer] = {}
        self._overlays: dict[str, Layer] = {}
        self._difference: tuple[tuple[str, str], Layer] | None = None
        self.gain = 4.0
        self._pool = ThreadPool(owner, "aedesk-pyramid")

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) of the pictures; (0, 0) without any."""
        for array in self._arrays.values():
            return array.shape[1], array.shape[0]
        return 0, 0

    @property
    def present(self) -> set[str]:
        """The versions that can be shown; a preview patch counts as one."""
        found = set(self._arrays)
        return found | self._overlays.keys() if found else found

    def set_pictures(self, pictures: dict[str, np.ndarray | None]) -> None:
        """Replaces all versions; a version that is the same array keeps its pyramid and its tiles.

        Raises:
            ValueError: an array is not (H, W, 3 or 4) uint8, or sizes differ.
        """
        arrays = {name: _checked(name, array) for name, array in pictures.items() if array is not None}
        if len({array.shape[:2] for array in arrays.values()}) > 1:
            raise ValueError(f"the versions of a picture differ in size: { {name: a.shape for name, a in arrays.items()} }")
        changed = [name for name in reversed(names.LAYERS) if arrays.get(name) is not self._arrays.get(name)]
        self._arrays = arrays
        for name in changed:
            if name in self._layers:
                self._drop(self._layers.pop(name))
            if name in arrays:
                self._layers[name] = self._layer(Pyramid.of(arrays[name]))
        if self._difference is not None and set(changed).intersection(self._difference[0]):
            self._drop_difference()

    def set_overlay(self, name: str, array: np.ndarray | None, rect: QRectF) -> None:
        """Sets the preview patch that covers ``rect`` (picture pixels) of a version; None removes it."""
        if name in self._overlays:
            self._drop(self._overlays.pop(name))
        if array is not None:
            self._overlays[name] = self._layer(Pyramid.of(_checked("overlay", array)), rect)

    def clear_overlays(self) -> None:
        """Removes all preview patches."""
        for name in list(self._overlays):
            self._drop(self._overlays.pop(name))

    def set_gain(self, gain: float) -> None:
        """Sets the amplification of the difference."""
        self.gain = gain
        if self._difference is not None:
            self._difference[1].gain = gain

    def stack(self, name: str, pair: tuple[str, str]) -> list[Layer]:
        """Returns the layers of a version from bottom to top; empty if there is nothing to show."""
        if name == names.DIFFERENCE:
            return self._difference_stack(pair)
        if name in self._overlays:
            under = self._layers.get(name) or self._layers.get(names.best_layer(set(self._layers)))
            return [under, self._overlays[name]] if under is not None else []
        layer = self._layers.get(name)
        return [] if layer is None else [layer]

    def values_at(self, x: int, y: int) -> dict[str, tuple[int, ...]]:
        """Returns the display values of every version at a picture pixel."""
        width, height = self.size
        if not (0 <= x < width and 0 <= y < height):
            return {}
        return {name: tuple(int(value) for value in array[y, x]) for name, array in self._arrays.items()}

    def stop(self) -> None:
        """Ends the background thread."""
        self._pool.shutdown()

    def _difference_stack(self, pair: tuple[str, str]) -> list[Layer]:
        if not all(name in self._arrays for name in pair):
            return []
        if self._difference is None or self._difference[0] != pair:
            self._drop_difference()
            pyramid = difference(self._layers[pair[0]].pyramid, self._layers[pair[1]].pyramid)
            self._difference = pair, self._layer(pyramid)
            self._difference[1].gain = self.gain
        return [self._difference[1]]

    def _drop_difference(self) -> None:
        if self._difference is not None:
            self._drop(self._difference[1])
            self._difference = None

    def _drop(self, layer: Layer) -> None:
        layer.pyramid.abandon()
        self.layer_changed.emit(layer)

    def _layer(self, pyramid: Pyramid, rect: QRectF | None = None) -> Layer:
        layer = Layer(pyramid, rect)
        if not pyramid.complete:
            pool = self._pool
            pool.run(lambda: pyramid.build(lambda: pool.stopped), lambda complete: self._on_built(layer, complete))
        return layer

    def _on_built(self, layer: Layer, complete: bool) -> None:
        if complete:
            self.layer_changed.emit(layer)


def _checked(name: str, array: np.ndarray) -> np.ndarray:
    if array.dtype != np.uint8 or array.ndim != 3 or array.shape[2] not in (3, 4) or not array.size:
        raise ValueError(f"{name} must be (H, W, 3 or 4) uint8, not {array.shape} {array.dtype}")
    return np.ascontiguousarray(array)
