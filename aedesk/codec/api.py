"""Encoding and decoding as plain function calls, for the Pillow plug-in and other programs."""

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


def encode(picture: Picture, spec: CompressSpec = CompressSpec(), cancel: CancelToken | None = None) -> CompressResult:
    """Encodes a picture, on any thread. Raises DeviceError, ModelError and FormatError."""
    result: CompressResult = _result_of(compress(spec, picture, cancel or CancelToken()))
    return result


def decode(data: bytes, spec: DecompressSpec = DecompressSpec(), cancel: CancelToken | None = None) -> DecompressResult:
    """Decodes a file, on any thread. Raises DeviceError, ModelError, FormatError and SpecError."""
    result: DecompressResult = _result_of(decompress(spec, data, cancel or CancelToken()))
    return result


def _result_of(events: Iterable[Event]) -> Any:
    for event in events:
        if isinstance(event, Finished):
            return event.result
    raise JobError("The job ended without a result.", "Please report this as a fault.")
