"""Events about the worker itself. ``WorkerClient.poll`` reports them under job id 0."""

from __future__ import annotations

from dataclasses import dataclass

from aedesk.core.events import Event


@dataclass(frozen=True)
class WorkerState(Event):
    """The worker process changed its state.

    Args:
        state: "starting" (the process exists, torch is being imported), "ready", "busy" or "stopped" (closed, or given up).
        detail: one human line: why it was restarted or stopped; empty if there is nothing to say.
    """

    state: str
    detail: str = ""
