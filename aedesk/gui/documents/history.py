"""What was done to one picture, step by step.

Steps are immutable and share their pictures, so undo and redo only move a mark. Not a QUndoStack: that one limits the number of
steps, and what has to be limited here is memory, over all pictures together (see ``Library.trim``).
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field

from aedesk.imaging.picture import Picture

_serial = itertools.count()


def next_serial() -> int:
    """A number above all that were given before: by it, steps and what else can be undone know which came later."""
    return next(_serial)


@dataclass(frozen=True, eq=False)
class Step:
    """The state of a picture after something was done.

    Args:
        title: what was done, as it stands in the menu after "Undo".
        noisy: a copy to which noise was added; None while the opened picture itself is worked on.
        reference: the clean original, of the same size; None if unknown.
        restored: what a model made of it.
        sigma: the noise level that the model was told or estimated, in 8-bit units.
        erased: the picture without its marks, from which further work goes on; None while nothing was erased.
    """

    title: str
    noisy: Picture | None = None
    reference: Picture | None = None
    restored: Picture | None = None
    sigma: float | None = None
    erased: Picture | None = None
    serial: int = field(default_factory=next_serial)

    @property
    def pictures(self) -> tuple[Picture, ...]:
        return tuple(picture for picture in (self.noisy, self.reference, self.restored, self.erased) if picture is not None)


class History:
    """Steps and a mark on the present one."""

    def __init__(self, first: Step) -> None:
        self._steps = [first]
        self._at = 0

    @classmethod
    def of(cls, steps: Sequence[Step], at: int) -> History:
        """A history as it was: ``steps[at]`` is the present. Raises IndexError."""
        made = cls(steps[0])
        made._steps, made._at = list(steps), at
        if not 0 <= at < len(steps):
            raise IndexError(at)
        return made

    @property
    def steps(self) -> tuple[Step, ...]:
        return tuple(self._steps)

    @property
    def at(self) -> int:
        """The index of the present step."""
        return self._at

    @property
    def now(self) -> Step:
        return self._steps[self._at]

    @property
    def others(self) -> list[Step]:
        """The steps that could be gone back or forward to."""
        return self._steps[: self._at] + self._steps[self._at + 1 :]

    @property
    def to_undo(self) -> Step | None:
        """What undo would take back; None if there is nothing."""
        return self.now if self._at > 0 else None

    @property
    def to_redo(self) -> Step | None:
        """What redo would do again; None if there is nothing."""
        return self._steps[self._at + 1] if self._at + 1 < len(self._steps) else None

    @property
    def undo_title(self) -> str:
        return self.to_undo.title if self.to_undo is not None else ""

    @property
    def redo_title(self) -> str:
        return self.to_redo.title if self.to_redo is not None else ""

    def starting_with(self, first: Step) -> History:
        """The same history whose beginning knows more, for what is found out after opening. Only while nothing was done yet."""
        return self if len(self._steps) > 1 else History(first)

    def push(self, step: Step) -> None:
        """A new present; what was undone before is gone."""
        del self._steps[self._at + 1 :]
        self._steps.append(step)
        self._at += 1

    def undo(self) -> None:
        self._at = max(self._at - 1, 0)

    def redo(self) -> None:
        self._at = min(self._at + 1, len(self._steps) - 1)

    def forget(self, step: Step) -> None:
        """Let go of one of ``others``, to free memory. Undo then goes to the step before it."""
        index = next(i for i, known in enumerate(self._steps) if known is step)
        del self._steps[index]
        if index < self._at:
            self._at -= 1


def size_bytes(picture: Picture) -> int:
    return int(picture.pixels.nbytes) + (int(picture.alpha.nbytes) if picture.alpha is not None else 0)
