from __future__ import annotations

from pathlib import Path

import numpy as np

from aedesk.gui.documents.history import History, Step, size_bytes
from aedesk.gui.documents.library import Document, Library
from aedesk.imaging.picture import Picture


def picture(kilobytes: int = 3) -> Picture:
    return Picture(np.zeros((kilobytes, 1024, 1), np.uint8))


def test_undo_goes_back_and_redo_forward_again() -> None:
    history = History(Step("Open"))
    first, second = Step("Add noise"), Step("Restore")
    history.push(first)
    history.push(second)
    assert (history.undo_title, history.redo_title) == ("Restore", "")
    history.undo()
    assert history.current is first
    assert (history.undo_title, history.redo_title) == ("Add noise", "Restore")
    history.redo()
    assert history.current is second


def test_undo_at_the_beginning_and_redo_at_the_end_change_nothing() -> None:
    history = History(Step("Open"))
    now = history.current
    history.undo()
    history.redo()
    assert history.current is now


def test_a_new_step_ends_what_could_be_redone() -> None:
    history = History(Step("Open"))
    history.push(Step("Restore"))
    history.undo()
    history.push(Step("Add noise"))
    assert (history.undo_title, history.redo_title) == ("Add noise", "")


def test_forgetting_a_step_before_the_present_one_keeps_the_present_one() -> None:
    history = History(Step("Open"))
    old, now = Step("Restore"), Step("Restore")
    history.push(old)
    history.push(now)
    history.discard(old)
    assert history.current is now
    history.undo()
    assert history.current.title == "Open"


def test_sizes_count_alpha() -> None:
    pixels = np.zeros((10, 10, 3), np.uint16)
    assert size_bytes(Picture(pixels, pixels[:, :, 0].copy())) == 800


def test_trimming_drops_the_oldest_steps_of_all_documents_first() -> None:
    library = Library()
    one, two = library.add([Path("one.png"), Path("two.png")])
    for document in (one, two, one, two):
        library.push(document, Step("Restore", restored=picture()))
    present = one.step, two.step
    library.trim(3 * 1024, 1 << 20)  # room for one of the two steps that are no longer present
    assert (one.step, two.step) == present
    assert len(one.history.others) == 1  # "Open" alone
    assert len(two.history.others) == 2


def test_steps_that_share_a_picture_with_a_present_one_cost_nothing() -> None:
    library = Library()
    (document,) = library.add([Path("one.png")])
    shared = picture()
    library.push(document, Step("Add noise", noisy=shared))
    library.push(document, Step("Restore", noisy=shared, restored=picture()))
    library.trim(0, 1 << 20)
    assert len(document.history.others) == 2


def test_sources_not_looked_at_for_longest_are_let_go_but_never_the_current_one() -> None:
    library = Library()
    documents = library.add([Path(f"{i}.png") for i in range(4)])
    for document in documents:
        library.set_source(document, picture())
        library.set_current(document)
    library.trim(0, 6 * 1024)
    assert [document.source is not None for document in documents] == [False, False, True, True]
    library.trim(0, 0)
    assert [document.source is not None for document in documents] == [False, False, False, True]


def test_a_result_is_unsaved_until_saved_and_again_after_another_step() -> None:
    document = Document(Path("one.png"))
    assert not document.modified
    document.history.push(Step("Restore", restored=picture()))
    assert document.modified
    document.mark_saved(document.step)
    assert not document.modified
    document.history.push(Step("Restore", restored=picture()))
    assert document.modified
    document.history.undo()
    assert not document.modified
