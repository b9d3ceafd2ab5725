"""The services of .aed files as plain calls, for callers that listen to no events: other programs, and measurements."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from aedesk.codec.compress import compress
from aedesk.codec.decompress import decompress
from aedesk.core.cancel import CancelToken
from aedesk.core.codec_specs import CompressResult, CompressSpec, DecompressResult, DecompressSpec
from aedesk.core.errors import JobError
from aedesk.core.events import Event, Finished
from aedesk.imaging.picture import Picture


def encode(picture: Picture, spec: CompressSpec = CompressSpec(), cancel: CancelToken | None = None) -> CompressResult:  # noqa: B008 - frozen
    """Encode a picture; may run on any thread. Raises :class:`AedeskError` as the service does."""
    result: CompressResult = _end(compress(spec, picture, cancel or CancelToken()))
    return result


def decode(data: bytes, spec: DecompressSpec = DecompressSpec(), cancel: CancelToken | None = None) -> DecompressResult:  # noqa: B008 - frozen
    """Decode a file; may run on any thread. Raises :class:`AedeskError` as the service does."""
    result: DecompressResult = _end(decompress(spec, data, cancel or CancelToken()))
    return result


def _end(events: Iterable[Event]) -> Any:
    for event in events:
        if isinstance(event, Finished):
            return event.result
    raise JobError("The job ended without a result.", "Please report this as a fault.")
