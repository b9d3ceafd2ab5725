"""CRC-32C (Castagnoli 1993; as in iSCSI, RFC 3720), which detects more short errors than zlib's CRC-32."""

from __future__ import annotations

import google_crc32c


def crc32c(data: bytes, before: int = 0) -> int:
    """Returns the checksum of ``data``, continued from ``before``, the checksum of the bytes that precede it."""
    return int(google_crc32c.extend(before, data))
