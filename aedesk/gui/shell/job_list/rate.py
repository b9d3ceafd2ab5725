"""The rate of a job and its remaining time, estimated from progress reports."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

_WINDOW_S = 10.0


class RateEstimator:
    """Averages over the last ten seconds: steady, but able to follow changes.

    Args:
        clock: seconds; replaced in tests.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._samples: deque[tuple[float, float]] = deque(maxlen=512)

    def add(self, done: float) -> None:
        """Adds a report of the finished units. A smaller number than before restarts the estimate."""
        now = self._clock()
        if self._samples and done < self._samples[-1][1]:
            self._samples.clear()
        self._samples.append((now, done))
        while len(self._samples) > 2 and now - self._samples[0][0] > _WINDOW_S:
            self._samples.popleft()

    @property
    def per_second(self) -> float | None:
        """Units per second; None before two reports at different times."""
        if len(self._samples) < 2:
            return None
        (start, first), (end, last) = self._samples[0], self._samples[-1]
        return (last - first) / (end - start) if end - start > 1e-3 and last > first else None

    def seconds_left(self, total: float) -> float | None:
        """Returns the remaining time in seconds; None if unknown."""
        rate = self.per_second
        return None if rate is None else max(0.0, (total - self._samples[-1][1]) / rate)
