"""Unsigned integers of variable length: LEB128, seven bits per byte, the lowest first."""

from __future__ import annotations

MAX = 2**32 - 1
_MAX_BYTES = 5


def write_varint(value: int) -> bytes:
    """Returns the shortest encoding. Raises ValueError unless 0 <= value < 2**32."""
    if not 0 <= value <= MAX:
        raise ValueError(f"{value} is not from 0 to {MAX}")
    written = bytearray()
    while value > 0x7F:
        written.append(value & 0x7F | 0x80)
        value >>= 7
    written.append(value)
    return bytes(written)


def read_varint(data: bytes, at: int) -> tuple[int, int]:
    """Returns the number that starts at offset ``at``, and the offset after it.

    Raises:
        ValueError: it is truncated, above 2**32 - 1, or longer than necessary: each number has exactly one encoding.
    """
    value = 0
    for i, byte in enumerate(data[at : at + _MAX_BYTES]):
        value |= (byte & 0x7F) << 7 * i
        if byte < 0x80:
            if value > MAX or (byte == 0 and i > 0):
                break
            return value, at + i + 1
    raise ValueError("not a valid number")
