"""How fast a job runs and when it will be done, from its progress reports."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

_WINDOW_S = 10.0


class RateEstimator:
    """The rate over the last ten seconds: steady enough to read, quick enough to follow a change.

    Args:
        clock: seconds; replaced in tests.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._samples: deque[tuple[float, float]] = deque(maxlen=512)

    def add(self, done: float) -> None:
        """``done`` units are finished now. A smaller number than before starts anew."""
        now = self._clock()
        if self._samples and done < self._samples[-1][1]:
            self._samples.clear()
        self._samples.append((now, done))
        while len(self._samples) > 2 and now - self._samples[0][0] > _WINDOW_S:
            self._samples.popleft()

    @property
    def per_second(self) -> float | None:
        """Units per second; None until two reports with some time between them came."""
        if len(self._samples) < 2:
            return None
        (start, first), (end, last) = self._samples[0], self._samples[-1]
        return (last - first) / (end - start) if end - start > 1e-3 and last > first else None

    def seconds_left(self, total: float) -> float | None:
        rate = self.per_second
        return None if rate is None else max(0.0, (total - self._samples[-1][1]) / rate)
