"""The points of one curve, stored so that the time for drawing depends on the screen and not on the number of points.

A pyramid of minima and maxima over blocks of 4, 16, 64, ... points grows with the curve; drawing uses the coarsest level that still
has more blocks than the plot has pixels. Taking every nth point would be simpler but lose the peaks; pyqtgraph's "peak" mode visits
all points at each redraw.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
FACTOR = 4


class CurveData:
    """The latest ``capacity`` points of a curve with non-decreasing x, and their exponential moving average.

    The arrays have twice the capacity: when they are full, the second half moves to the front.
    """

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._x: Floats = np.empty(2 * capacity)
        self._y: Floats = np.empty(2 * capacity)
        self._end = 0
        self._levels = _Levels()
        self._share = 0.0
        self._smooth: Floats = np.empty(0)
        self._smoothed = 0
        self._smooth_levels = _Levels()

    def append(self, x: float, y: float) -> None:
        """Adds a point."""
        if self._end == len(self._x):
            self._make_room(1)
        self._x[self._end], self._y[self._end] = x, y
        self._end += 1

    def extend(self, x: Floats, y: Floats) -> None:
        """Adds points. Not-a-number and infinity are kept as gaps."""
        x, y = x[-self._capacity :], y[-self._capacity :]
        if self._end + len(x) > len(self._x):
            self._make_room(len(x))
        self._x[self._end : self._end + len(x)] = x
        self._y[self._end : self._end + len(x)] = y
        self._end += len(x)

    def drop_after(self, x: float) -> None:
        """Removes the points beyond ``x``, from which a run continues."""
        keep = int(np.searchsorted(self._x[: self._end], x, "right"))
        if keep < self._end:
            self._end = keep
            self._forget()

    @property
    def xy(self) -> tuple[Floats, Floats]:
        """The points; views, valid until the next change."""
        start = max(0, self._end - self._capacity)
        return self._x[start : self._end], self._y[start : self._end]

    def envelope(self, x_from: float, x_to: float, buckets: int, share: float = 0.0) -> tuple[Floats, Floats]:
        """Returns minimum and maximum of each block of points between two x, alternating, for a plot of ``buckets`` pixels.

        Fewer points than that are returned unchanged. Blocks without any number are not-a-number.

        Args:
            share: decay of the exponential moving average, 0 to below 1; 0 for the values themselves.
        """
        values, levels = (self._y, self._levels) if share == 0 else self._average(share)
        levels.grow(values, self._end)
        start = max(0, self._end - self._capacity)
        first = max(start, int(np.searchsorted(self._x[start : self._end], x_from, "left")) + start - 1)
        last = min(self._end, int(np.searchsorted(self._x[start : self._end], x_to, "right")) + start + 1)
        level = levels.coarsest(last - first, buckets)
        if level == 0:
            return self._x[first:last], values[first:last]
        size = FACTOR**level
        begin, end = first // size, min(last // size, levels.done[level - 1])
        x, y = np.empty(2 * (end - begin)), np.empty(2 * (end - begin))
        x[0::2] = self._x[begin * size : end * size : size]
        x[1::2] = self._x[begin * size + size // 2 : end * size : size]
        y[0::2], y[1::2] = levels.low[level - 1][begin:end], levels.high[level - 1][begin:end]
        rest = slice(end * size, last)  # the points that have not filled a block yet
        return np.concatenate((x, self._x[rest])), np.concatenate((y, values[rest]))

    def _average(self, share: float) -> tuple[Floats, _Levels]:
        if share != self._share or len(self._smooth) != len(self._y):
            self._share, self._smooth = share, np.empty(len(self._y))
            self._forget_average()
        if self._smoothed < self._end:
            part = slice(self._smoothed, self._end)
            before = self._smooth[: self._smoothed]
            known = before[np.isfinite(before)][-1:] if self._smoothed else before
            self._smooth[part] = smooth(self._y[part], share, float(known[0]) if len(known) else np.nan)
            self._smoothed = self._end
        return self._smooth, self._smooth_levels

    def _make_room(self, count: int) -> None:
        keep = min(self._capacity, self._capacity * 2 - count)
        for values in (self._x, self._y):
            values[:keep] = values[self._end - keep : self._end]
        self._end = keep
        self._forget()

    def _forget(self) -> None:
        self._levels.forget()
        self._forget_average()

    def _forget_average(self) -> None:
        self._smoothed = 0
        self._smooth_levels.forget()


class _Levels:
    """Minima and maxima over blocks of 4, 16, 64, ... values; a block is computed when it is complete."""

    def __init__(self) -> None:
        self.low: list[Floats] = []
        self.high: list[Floats] = []
        self.done: list[int] = []

    def forget(self) -> None:
        self.done = [0] * len(self.done)

    def coarsest(self, count: int, blocks: int) -> int:
        """Returns the coarsest level on which ``count`` values are at least ``blocks`` blocks; 0 for the values themselves."""
        level = 0
        while level < len(self.done) and count // FACTOR ** (level + 1) >= max(blocks, 1):
            level += 1
        return level

    def grow(self, values: Floats, count: int) -> None:
        low, high, level = values, values, 0
        while count >= FACTOR:
            if level == len(self.done):
                room = len(values) // FACTOR ** (level + 1)
                self.low.append(np.empty(room))
                self.high.append(np.empty(room))
                self.done.append(0)
            done, whole = self.done[level], count // FACTOR
            if whole > done:
                part = slice(done * FACTOR, whole * FACTOR)
                self.low[level][done:whole] = _reduce(np.fmin, low[part])
                self.high[level][done:whole] = _reduce(np.fmax, high[part])
                self.done[level] = whole
            low, high, count, level = self.low[level], self.high[level], whole, level + 1


def _reduce(take: Callable[[Floats, Floats], Floats], values: Floats) -> Floats:
    """Returns one value per block, ignoring infinity. Column by column is ten times as fast as reducing short rows."""
    if not np.isfinite(values).all():
        values = np.where(np.isfinite(values), values, np.nan)
    return take(take(values[0::4], values[1::4]), take(values[2::4], values[3::4]))


def smooth(values: Floats, share: float, before: float = float("nan")) -> Floats:
    """Returns the exponential moving average; gaps stay gaps and are skipped.

    The recurrence is written as a sum over blocks, short enough for the powers of ``share`` not to underflow.

    Args:
        share: the part of the average that is kept at each point, above 0 and below 1.
        before: the average before the first point; not-a-number if there is none.
    """
    good = np.isfinite(values)
    numbers = values[good]
    averaged = np.empty_like(numbers)
    if len(numbers):
        block = max(1, min(len(numbers), int(-200 / np.log10(share))))
        decay = share ** np.arange(1, block + 1)
        last = numbers[0] if np.isnan(before) else before
        for start in range(0, len(numbers), block):
            part = numbers[start : start + block]
            powers = decay[: len(part)]
            averaged[start : start + block] = powers * (last + (1 - share) * np.cumsum(part / powers))
            last = averaged[start + len(part) - 1]
    made = np.full(len(values), np.nan)
    made[good] = averaged
    return made
