"""Many inputs, one after the other: each is told, and a failure of one does not stop the others."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from aedesk.cli.console import complain, note, say, send
from aedesk.cli.drive import Interrupts, drive, interrupts, report
from aedesk.cli.inputs import STDIN, Input, Inputs
from aedesk.cli.outputs import Existing, Output, StandardOutput, existing
from aedesk.core.cancel import JobCancelled
from aedesk.core.errors import AedeskError, PictureError
from aedesk.core.events import Cancelled, Failed, Finished
from aedesk.core.leftovers import scratch_folder

Run = Callable[..., Finished]
"""``run(spec, *inputs)``: drives a job and returns how it finished; raises :class:`AedeskError` or ``JobCancelled``."""
Convert = Callable[[Path, Path, Run], str]
"""``convert(source, output, run)``: makes one output and returns what to say about it."""


def work_through(
    inputs: Inputs, pairs: Sequence[tuple[Input, Output]], policy: Existing, convert: Convert, check: Callable[[], None]
) -> int:
    """Convert every input whose output may be written; return the exit code.

    Args:
        check: raises :class:`SpecError` for what would fail every input alike; called once, if there is anything to do.
    """
    left_out = existing(pairs, policy)
    skipped = len(left_out) if policy is Existing.SKIP else 0
    for text in inputs.missing:
        complain(text)
    for text in left_out.values():
        note(text) if skipped else complain(text)
    todo = [(file, output) for file, output in pairs if file not in left_out]
    if todo:
        check()
    done = 0
    with interrupts() as stop:
        for index, (file, output) in enumerate(todo, 1):
            place = f"[{index}/{len(todo)}] " if len(todo) > 1 else ""
            done += _one(convert, file.path, output, place, stop)
            if stop.asked:
                return stop.code
    total = len(pairs) + len(inputs.missing)
    failed = total - done - skipped
    if total > 1 and done < total:
        parts = (f"{done} of {total} done", f"{skipped} skipped" if skipped else "", f"{failed} failed" if failed else "")
        note(f"{', '.join(part for part in parts if part)}.")
    return 0 if not failed else 1


def _one(convert: Convert, source: Path, output: Output, place: str, stop: Interrupts) -> bool:
    """Whether it worked; if not, it has been told why."""
    name = "standard input" if source == STDIN else str(source)
    copies: dict[str, str] = {}  # what messages call a copy by

    def run(spec: object, *inputs: Any) -> Finished:
        end = drive(spec, *inputs, title=f"{place}{Path(name).name}", stop=stop)
        if isinstance(end, Failed):
            raise AedeskError(end.message, end.hint)
        if isinstance(end, Cancelled):
            raise JobCancelled
        return end

    try:
        with _opened(source) as read_from, _closed(output) as written_to:
            copies = {str(read_from): name, str(written_to): str(output)}
            told = convert(read_from, written_to, run)
    except JobCancelled:
        report(Cancelled(), stop)
        return False
    except AedeskError as error:
        text = str(error)
        for copy, known in copies.items():
            text = text.replace(copy, known)
        complain(text if name in text else f"{name}: {text}")
        return False
    if isinstance(output, StandardOutput):
        note(f"{place}{name}: {told}")
    else:
        say(f"{place}{name} -> {output}: {told}")
    return True


@contextmanager
def _opened(source: Path) -> Iterator[Path]:
    """The file of an input: standard input is copied into one, because readers go back and forth. Raises :class:`PictureError`."""
    if source != STDIN:
        yield source
        return
    with scratch_folder() as folder:
        copy = folder / "stdin"
        try:
            with copy.open("wb") as file:
                shutil.copyfileobj(sys.stdin.buffer, file)
        except OSError as error:
            raise PictureError(f"Standard input cannot be read: {error.strerror}.", "Give a file.") from error
        yield copy


@contextmanager
def _closed(output: Output) -> Iterator[Path]:
    """The file to write an output to; what stands for standard output is copied there. Raises :class:`PictureError`."""
    if isinstance(output, Path):
        yield output
        return
    with scratch_folder() as folder:
        copy = folder / f"stdout{output.suffix}"
        yield copy
        with copy.open("rb") as file:
            send(file)
