"""Many inputs, one after the other: each is told, and a failure of one does not stop the others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from aedesk.cli.console import complain, note, say
from aedesk.cli.drive import Interrupts, drive, interrupts, report
from aedesk.cli.inputs import Input, Inputs
from aedesk.cli.outputs import existing
from aedesk.core.cancel import JobCancelled
from aedesk.core.errors import AedeskError
from aedesk.core.events import Cancelled, Failed, Finished

Run = Callable[..., Finished]
"""``run(spec, *inputs)``: drives a job and returns how it finished; raises :class:`AedeskError` or ``JobCancelled``."""
Convert = Callable[[Path, Path, Run], str]
"""``convert(source, output, run)``: makes one output and returns what to say about it."""


def work_through(inputs: Inputs, pairs: Sequence[tuple[Input, Path]], overwrite: bool, convert: Convert, check: Callable[[], None]) -> int:
    """Convert every input whose output may be written; return the exit code.

    Args:
        check: raises :class:`SpecError` for what would fail every input alike; called once, if there is anything to do.
    """
    blocked = existing(pairs, overwrite)
    for text in (*inputs.missing, *blocked.values()):
        complain(text)
    todo = [(file, output) for file, output in pairs if file not in blocked]
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
    if total > 1 and done < total:
        note(f"{done} of {total} done, {total - done} failed.")
    return 0 if done == total else 1


def _one(convert: Convert, source: Path, output: Path, place: str, stop: Interrupts) -> bool:
    """Whether it worked; if not, it has been told why."""

    def run(spec: object, *inputs: Any) -> Finished:
        end = drive(spec, *inputs, title=f"{place}{source.name}", stop=stop)
        if isinstance(end, Failed):
            raise AedeskError(end.message, end.hint)
        if isinstance(end, Cancelled):
            raise JobCancelled
        return end

    try:
        told = convert(source, output, run)
    except JobCancelled:
        report(Cancelled(), stop)
        return False
    except AedeskError as error:
        text = str(error)
        complain(text if str(source) in text else f"{source}: {text}")
        return False
    say(f"{place}{source} -> {output}: {told}")
    return True
