"""Unreachable cycles are ended on the thread of the window."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator

import pytest
from pytestqt.qtbot import QtBot

from aedesk.gui import garbage
from aedesk.gui.garbage import GarbageCollector


class Cycle:
    """Holds itself, and says on which thread it was ended."""

    def __init__(self, ended: list[int]) -> None:
        self.me, self.ended = self, ended

    def __del__(self) -> None:
        self.ended.append(threading.get_ident())


@pytest.fixture(autouse=True)
def automatic() -> Iterator[None]:
    """Python as it starts."""
    gc.enable()
    yield
    gc.disable()


def allocate_elsewhere() -> None:
    """On another thread, enough for Python to search there."""
    thread = threading.Thread(target=lambda: [[] for _ in range(100_000)])
    thread.start()
    thread.join()


def test_without_it_cycles_are_ended_on_any_thread() -> None:
    ended: list[int] = []
    Cycle(ended)
    allocate_elsewhere()
    assert ended
    assert ended != [threading.get_ident()]


def test_cycles_are_ended_on_the_thread_of_the_window(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(garbage, "CHECK_MS", 20)
    collector = GarbageCollector()
    try:
        ended: list[int] = []
        Cycle(ended)
        allocate_elsewhere()
        assert not ended
        kept = [[] for _ in range(2000)]  # so that a search is due
        qtbot.waitUntil(lambda: bool(ended))
        assert ended == [threading.get_ident()]
        assert len(kept) == 2000
    finally:
        collector.stop()
    assert gc.isenabled()
