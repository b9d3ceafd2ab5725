"""Run a job in this thread. The worker and the command line both do; it is the one exit path of every service."""

from __future__ import annotations

import errno
import traceback
from collections.abc import Iterator, Mapping
from contextlib import closing
from typing import Any, cast

from aedesk.core.cancel import CancelToken, JobCancelled
from aedesk.core.errors import AedeskError
from aedesk.core.events import Cancelled, Event, Failed, Terminal
from aedesk.jobs.services import DEFAULT_SERVICES, resolve

_OS_HINTS = {
    errno.ENOSPC: "The disk is full: free some space, or choose another folder.",
    errno.EACCES: "Choose a folder that you may write to.",
    errno.EPERM: "Choose a folder that you may write to.",
    errno.EROFS: "Choose a folder that you may write to.",
}


def run(spec: object, *inputs: Any, cancel: CancelToken | None = None, services: Mapping[str, str] = DEFAULT_SERVICES) -> Iterator[Event]:
    """Yield the events of one job, in the caller's thread, and exactly one terminal event as the last.

    Nothing but KeyboardInterrupt and its like gets out: errors become ``Failed``, ``JobCancelled`` becomes ``Cancelled``. Closing
    the iterator early closes the service.
    """
    token = CancelToken() if cancel is None else cancel
    try:
        token.check()
        with closing(cast(Any, resolve(spec, services)(spec, *inputs, token))) as events:
            for event in events:
                yield event
                if isinstance(event, Terminal):
                    return
        yield Failed("The job ended without a result.", "Please report this as a fault.", "JobError", f"{spec!r} yielded no terminal event")
    except JobCancelled:
        yield Cancelled()
    except Exception as error:
        yield failure(error)


def failure(error: BaseException) -> Failed:
    """The event that tells a person about an exception: words in ``message`` and ``hint``, the traceback in ``detail``."""
    kind = type(error).__name__
    detail = "".join(traceback.format_exception(error))
    if isinstance(error, AedeskError):
        return Failed(error.message, error.hint, kind, detail)
    if isinstance(error, MemoryError) or kind == "OutOfMemoryError":
        return Failed("There is not enough memory for this.", "Close other programs, or choose smaller tiles.", "MemoryError", detail)
    if isinstance(error, OSError) and error.strerror:
        where = f"{error.filename}: " if error.filename else ""
        return Failed(f"{where}{error.strerror}.", _OS_HINTS.get(error.errno or 0, ""), kind, detail)
    return Failed(f"Something unexpected went wrong: {kind}: {error}", "The log has the details; please report them.", kind, detail)
