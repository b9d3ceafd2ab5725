"""Whole numbers in as few bytes as they need: unsigned LEB128, seven bits per byte, the lowest first."""

from __future__ import annotations

MAX = 2**32 - 1
_MAX_BYTES = 5


def write_varint(value: int) -> bytes:
    """Raises ValueError for a number that is not from 0 to 2**32 - 1."""
    if not 0 <= value <= MAX:
        raise ValueError(f"{value} is not from 0 to {MAX}")
    written = bytearray()
    while value > 0x7F:
        written.append(value & 0x7F | 0x80)
        value >>= 7
    written.append(value)
    return bytes(written)


def read_varint(data: bytes, at: int) -> tuple[int, int]:
    """The number that begins at ``at``, and where the next thing begins.

    Raises:
        ValueError: it is cut short, beyond 2**32 - 1, or longer than it needs to be: each number has one spelling.
    """
    value = 0
    for i, byte in enumerate(data[at : at + _MAX_BYTES]):
        value |= (byte & 0x7F) << 7 * i
        if byte < 0x80:
            if value > MAX or (byte == 0 and i > 0):
                break
            return value, at + i + 1
    raise ValueError("no such number")
