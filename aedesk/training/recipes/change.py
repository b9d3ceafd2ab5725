"""What may change in the recipe of a run that goes on, and what did. No torch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from aedesk.core.errors import TrainingError

BINDING = ("model", "degradation", "objective", "seed")
"""Tables of the recipe that a resumed run must share with the one it goes on with."""


def check_change(before: Mapping[str, Any], now: Mapping[str, Any], step: int, where: Path) -> None:
    """Refuse a recipe that cannot go on with a run at ``step``.

    Rates may be changed, and steps and stages added: that is how a run that has diverged is mended and a finished one extended. What lies
    behind must stay as it was, and the run may not end before the step where it stands.

    Raises:
        TrainingError: naming ``where`` and the table.
    """
    for key in BINDING:
        if before.get(key) != now.get(key):
            raise TrainingError(f"The run in {where} was started with another {key}.", "Resume it with its own recipe.")
    old, new = before.get("stage", []), now.get("stage", [])
    for number, (was, stage, begins) in enumerate(zip(old, new, _begins(old), strict=False)):
        ends = begins + was["steps"]
        over = step >= ends and number < len(old) - 1
        if _bound(was) != _bound(stage) or (over and was["steps"] != stage["steps"]):
            raise TrainingError(
                f"The run in {where} was started with another stage {number}.", "Change rates, or the steps of stages that are not over."
            )
    if sum(stage["steps"] for stage in new) < step or len(new) < len(old):
        raise TrainingError(
            f"The run in {where} stands at step {step}, beyond the recipe's last.", "Give it more steps or stages, not fewer."
        )


def changed_keys(before: Any, now: Any, key: str = "") -> list[dict[str, Any]]:
    """The settings that differ, as tables of "key", "before" and "after"; a setting that is not there has no value."""
    if isinstance(before, Mapping) and isinstance(now, Mapping):
        names = [*before, *(name for name in now if name not in before)]
        return [change for name in names for change in changed_keys(before.get(name), now.get(name), _below(key, name))]
    if _are_tables(before) and _are_tables(now):
        count = max(len(before), len(now))
        pairs = zip(_padded(before, count), _padded(now, count), strict=True)
        return [change for number, (was, table) in enumerate(pairs) for change in changed_keys(was, table, _below(key, str(number)))]
    if before == now:
        return []
    return [{"key": key} | {name: value for name, value in (("before", before), ("after", now)) if value is not None}]


def _padded(tables: Sequence[Any], count: int) -> list[Any]:
    return [*tables, *[None] * (count - len(tables))]


def _begins(stages: Sequence[Mapping[str, Any]]) -> Iterator[int]:
    total = 0
    for stage in stages:
        yield total
        total += stage["steps"]


def _bound(stage: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in stage.items() if key not in ("lr", "steps")}


def _below(key: str, name: str) -> str:
    return f"{key}.{name}" if key else name


def _are_tables(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, Mapping) for each in value)
