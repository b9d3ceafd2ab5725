"""The position of the picture inside a pane: scale and centre, shared by all panes so that they stay linked.

Everything is in device pixels, so that 100 % means one picture pixel on one screen pixel at any display scaling. The picture's
corner is rounded to whole device pixels: a pan then moves finished tiles without resampling them.
"""

from __future__ import annotations

from dataclasses import dataclass

MAX_SCALE = 64.0
MAX_FIT_SCALE = 2.0


@dataclass
class ViewTransform:
    """Scale (device pixels per picture pixel) and centre (picture pixels) of the view.

    Args:
        width, height: the picture's size in pixels; 0 while there is none.
        pane_width, pane_height: one pane's size in device pixels.
        fitted: the view follows the pane's size until the user zooms.
    """

    width: int = 0
    height: int = 0
    pane_width: float = 1.0
    pane_height: float = 1.0
    scale: float = 1.0
    center_x: float = 0.0
    center_y: float = 0.0
    fitted: bool = True

    @property
    def fit_scale(self) -> float:
        """The scale that shows the whole picture; small pictures are enlarged at most twice."""
        if not self.width or not self.height:
            return 1.0
        return min(self.pane_width / self.width, self.pane_height / self.height, MAX_FIT_SCALE)

    @property
    def min_scale(self) -> float:
        """The smallest scale: that of the whole picture, at most 1."""
        return min(self.fit_scale, 1.0)

    @property
    def origin(self) -> tuple[int, int]:
        """The picture's top left corner inside the pane, in whole device pixels."""
        return (
            round(self.pane_width / 2 - self.center_x * self.scale),
            round(self.pane_height / 2 - self.center_y * self.scale),
        )

    def set_picture(self, width: int, height: int) -> None:
        """Sets the picture's size; the same size keeps the view, another one is fitted."""
        if (width, height) != (self.width, self.height):
            self.width, self.height = width, height
            self.fit()

    def set_pane(self, width: float, height: float) -> None:
        """Sets the size of a pane in device pixels."""
        self.pane_width, self.pane_height = max(1.0, width), max(1.0, height)
        if self.fitted:
            self.fit()
        else:
            self._settle()

    def fit(self) -> None:
        """Shows the whole picture and follows the size of the pane."""
        self.scale = self.fit_scale
        self.center_x, self.center_y = self.width / 2, self.height / 2
        self.fitted = True

    def zoom_to(self, scale: float, x: float | None = None, y: float | None = None) -> None:
        """Changes the scale; the picture point under the pane position (x, y), by default the centre, stays in place."""
        x = self.pane_width / 2 if x is None else x
        y = self.pane_height / 2 if y is None else y
        at_x, at_y = self.to_picture(x, y)
        self.scale = min(max(scale, self.min_scale), MAX_SCALE)
        self.center_x = at_x - (x - self.pane_width / 2) / self.scale
        self.center_y = at_y - (y - self.pane_height / 2) / self.scale
        self.fitted = False
        self._settle()

    def pan(self, dx: float, dy: float) -> None:
        """Moves the picture by device pixels."""
        self.center_x -= dx / self.scale
        self.center_y -= dy / self.scale
        self.fitted = False
        self._settle()

    def to_picture(self, x: float, y: float) -> tuple[float, float]:
        """Converts pane to picture coordinates."""
        left, top = self.origin
        return (x - left) / self.scale, (y - top) / self.scale

    def to_pane(self, x: float, y: float) -> tuple[float, float]:
        """Converts picture to pane coordinates."""
        left, top = self.origin
        return left + x * self.scale, top + y * self.scale

    def visible(self) -> tuple[float, float, float, float]:
        """Returns left, top, width and height of the visible part in picture pixels."""
        left, top = self.to_picture(0, 0)
        right, bottom = self.to_picture(self.pane_width, self.pane_height)
        left, top = max(0.0, left), max(0.0, top)
        return left, top, max(0.0, min(right, self.width) - left), max(0.0, min(bottom, self.height) - top)

    def _settle(self) -> None:
        """Keeps the picture visible: centred if it is smaller than the pane, else without a gap at its edges."""
        self.center_x = _clamped(self.center_x, self.width, self.pane_width / self.scale)
        self.center_y = _clamped(self.center_y, self.height, self.pane_height / self.scale)


def _clamped(center: float, length: float, seen: float) -> float:
    if length <= seen:
        return length / 2
    return min(max(center, seen / 2), length - seen / 2)
