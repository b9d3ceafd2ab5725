"""The entropy coding of SPEC.md, decoded once more in plain Python, as somebody would who has the page only."""

from __future__ import annotations

from collections.abc import Sequence

MASK = 2**64 - 1


class ReferenceDecoder:
    """Args: ``tables``: T rows of 2K+2 counts; ``data``: one bitstream."""

    def __init__(self, tables: Sequence[Sequence[int]], data: bytes) -> None:
        self.tables = tables
        self.reach = len(tables[0]) // 2 - 1
        self.words = [int.from_bytes(data[i : i + 4].ljust(4, b"\0"), "big") for i in range(0, len(data), 4)]
        self.low, self.width = 0, MASK
        self.code = self.next_word() << 32 | self.next_word()

    def next_word(self) -> int:
        return self.words.pop(0) if self.words else 0

    def draw(self, counts: Sequence[int]) -> int:
        """The next column of a table."""
        share = self.width >> 24
        target = (self.code - self.low & MASK) // share
        if target >= 2**24:
            raise ValueError("no symbol has this code")
        column, left = 0, 0
        while target >= left + counts[column]:
            left += counts[column]
            column += 1
        self.low = self.low + share * left & MASK
        self.width = share * counts[column]
        if self.width < 2**32:
            self.width = self.width << 32
            self.low = self.low << 32 & MASK
            self.code = self.code << 32 & MASK | self.next_word()
        return column

    def draw_bits(self, count: int) -> int:
        return self.draw([2 ** (24 - count)] * 2**count)

    def get(self, indexes: Sequence[int]) -> list[int]:
        order = sorted(range(len(indexes)), key=lambda n: indexes[n])
        symbols = [0] * len(indexes)
        escaped = []
        for n in order:
            counts = self.tables[indexes[n]]
            column = counts.index(2**24) if max(counts) == 2**24 else self.draw(counts)
            symbols[n] = column - self.reach
            if column == 2 * self.reach + 1:
                escaped.append(n)
        lengths = [self.draw([*(2 ** (23 - length) for length in range(20)), 2**4]) for _ in escaped]
        negative = [self.draw_bits(1) for _ in escaped]
        beyond = [2**length for length in lengths]
        for length in range(1, 21):
            for k in range(len(escaped)):
                if lengths[k] == length:
                    beyond[k] += self.draw_bits(length)
        for n, excess, sign in zip(escaped, beyond, negative, strict=True):
            symbols[n] = (-1 if sign else 1) * (self.reach + excess)
        return symbols
