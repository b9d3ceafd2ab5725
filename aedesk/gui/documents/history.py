"""The edit history of one picture.

Steps are immutable and share their pictures, so undo and redo only move an index. A QUndoStack would not do: it limits the number of
steps, while memory has to be limited here, over all pictures together (see ``Library.trim``).
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field

from aedesk.imaging.picture import Picture

_serial = itertools.count()


def next_serial() -> int:
    """Returns an increasing number, by which steps and other undoable changes are ordered in time."""
    return next(_serial)


@dataclass(frozen=True, eq=False)
class Step:
    """The state of a picture after an edit.

    Args:
        title: name of the edit, shown in the menu after "Undo".
        noisy: a copy to which noise was added; None if the opened picture itself is edited.
        reference: the clean original, of the same size; None if unknown.
        restored: the output of a denoising model.
        sigma: the noise level that was given to the model or estimated by it, in 8-bit units.
        erased: the picture without the marks that were erased, the input of later edits; None if nothing was erased.
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
        """All pictures of the step."""
        return tuple(picture for picture in (self.noisy, self.reference, self.restored, self.erased) if picture is not None)


class History:
    """The steps of a picture and the index of the current one."""

    def __init__(self, first: Step) -> None:
        self._steps = [first]
        self._index = 0

    @classmethod
    def restored(cls, steps: Sequence[Step], index: int) -> History:
        """Returns a history with these steps, of which ``steps[index]`` is the current one. Raises IndexError."""
        history = cls(steps[0])
        history._steps, history._index = list(steps), index
        if not 0 <= index < len(steps):
            raise IndexError(index)
        return history

    @property
    def steps(self) -> tuple[Step, ...]:
        """All steps, the oldest first."""
        return tuple(self._steps)

    @property
    def index(self) -> int:
        """The index of the current step."""
        return self._index

    @property
    def current(self) -> Step:
        """The current step."""
        return self._steps[self._index]

    @property
    def others(self) -> list[Step]:
        """All steps but the current one."""
        return self._steps[: self._index] + self._steps[self._index + 1 :]

    @property
    def to_undo(self) -> Step | None:
        """The step that undo would take back; None if there is none."""
        return self.current if self._index > 0 else None

    @property
    def to_redo(self) -> Step | None:
        """The step that redo would repeat; None if there is none."""
        return self._steps[self._index + 1] if self._index + 1 < len(self._steps) else None

    @property
    def undo_title(self) -> str:
        """Title of the step that undo would take back; empty if there is none."""
        return self.to_undo.title if self.to_undo is not None else ""

    @property
    def redo_title(self) -> str:
        """Title of the step that redo would repeat; empty if there is none."""
        return self.to_redo.title if self.to_redo is not None else ""

    def with_first_step(self, first: Step) -> History:
        """Returns a history with another first step, such as one with a reference; this history if there were edits already."""
        return self if len(self._steps) > 1 else History(first)

    def push(self, step: Step) -> None:
        """Adds a step and makes it current; steps that were undone are dropped."""
        del self._steps[self._index + 1 :]
        self._steps.append(step)
        self._index += 1

    def undo(self) -> None:
        self._index = max(self._index - 1, 0)

    def redo(self) -> None:
        self._index = min(self._index + 1, len(self._steps) - 1)

    def discard(self, step: Step) -> None:
        """Removes one of ``others`` to free memory. Undo then goes to the step before it."""
        index = next(i for i, known in enumerate(self._steps) if known is step)
        del self._steps[index]
        if index < self._index:
            self._index -= 1


def size_bytes(picture: Picture) -> int:
    """Returns the memory that pixels and alpha take."""
    return int(picture.pixels.nbytes) + (int(picture.alpha.nbytes) if picture.alpha is not None else 0)
