"""Cooperative cancellation."""

from __future__ import annotations

from typing import Protocol


class CancelEvent(Protocol):
    """What ``threading.Event`` and ``multiprocessing.Event`` have in common."""

    def is_set(self) -> bool: ...


class JobCancelled(Exception):
    """Raised by :meth:`CancelToken.check`; the runner turns it into a ``Cancelled`` event."""


class CancelToken:
    """Asked by a service at least every 100 ms of work.

    Args:
        event: set by whoever wants the job to stop; None for a job that nobody can cancel.
    """

    def __init__(self, event: CancelEvent | None = None) -> None:
        self._event = event

    @property
    def cancelled(self) -> bool:
        return self._event is not None and self._event.is_set()

    def check(self) -> None:
        """Raise :class:`JobCancelled` if the job should stop."""
        if self.cancelled:
            raise JobCancelled
