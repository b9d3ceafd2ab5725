"""Training and validation apart: by picture, never by patch."""

from __future__ import annotations

MAX_HELD_OUT = 16


def default_held_out(count: int) -> int:
    """A tenth of the pictures, at least one and at most ``MAX_HELD_OUT``; a single picture cannot be held out."""
    return 0 if count < 2 else max(1, min(MAX_HELD_OUT, round(count / 10)))


def split(count: int, held_out: int | None, problems: list[str]) -> tuple[list[int], list[int]]:
    """Indices for training and for validation, the latter spread evenly.

    Args:
        held_out: how many are kept for validation, at most half; None for :func:`default_held_out`, 0 for none.
        problems: is told if fewer are held out than asked for. A single picture serves for both.
    """
    if held_out == 0:
        return list(range(count)), []
    if count == 1:
        problems.append("There is one picture only: it is trained on and validated on, so the figures flatter.")
        return [0], [0]
    wanted = default_held_out(count) if held_out is None else held_out
    kept = min(wanted, count // 2)
    if kept < wanted:
        problems.append(f"{kept} pictures are held out for validation instead of {wanted}: there are only {count}.")
    stride = count / kept
    validation = {int((i + 0.5) * stride) for i in range(kept)}
    return [i for i in range(count) if i not in validation], sorted(validation)
