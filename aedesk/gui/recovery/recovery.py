"""From the end of one session to the beginning of the next: finds what a crash left, offers it, and keeps the new session."""

from __future__ import annotations

import shutil
import traceback
from collections.abc import Callable
from pathlib import Path

from PySide6.QtWidgets import QWidget

from aedesk.gui import dialogs
from aedesk.gui.documents.history import History
from aedesk.gui.documents.library import Badge, Document
from aedesk.gui.recovery.crash import CrashWatch, write_report
from aedesk.gui.recovery.keeper import Keeper
from aedesk.gui.recovery.record import FILE, Record, read_history, read_record
from aedesk.gui.workspace import Workspace


class Recovery:
    """Belongs to the one window that runs; a second window of the same person must have none.

    Args:
        folder: the person's state folder.
        log: its end goes into the report of a crash.
    """

    def __init__(self, folder: Path, log: Path) -> None:
        self._log = log
        self._session, self._before, self._reports = folder / "session", folder / "session-before", folder / "crashes"
        self._keeper: Keeper | None = None
        self.watch = CrashWatch(folder)
        self._put_aside()
        self.record = read_record(self._before) or Record()
        self.watch.start()

    def _put_aside(self) -> None:
        """The newest session that was not ended moves out of the way of the one that begins."""
        found = read_record(self._session)
        if found is None or (not found.documents and (self._before / FILE).exists()):
            return
        shutil.rmtree(self._before, ignore_errors=True)
        try:
            self._session.rename(self._before)
        except OSError:
            shutil.rmtree(self._session, ignore_errors=True)

    @property
    def crashed(self) -> bool:
        """The run before left something to tell or to restore."""
        return bool(self.watch.left or self.record.documents)

    def offer(self, workspace: Workspace, window: QWidget) -> bool:
        """Tell of the crash if there was one, restore what the person wants; then keep this session. True if pictures come back."""
        restored = False
        if self.crashed:
            from aedesk.gui.diagnostics.system_report import (
                program_report,  # only now: without a crash the first paint does not wait for it
            )

            report = write_report(self._reports, self.watch.left, program_report(workspace.inventory.devices), self._log)
            restored = dialogs.ask_recovery(
                words(self.record, workspace.settings["train_run"]), bool(self.record.documents), report, window
            )
        self._keeper = Keeper(workspace, self._session, workspace)
        if restored:
            self._restore(workspace, self._keeper.begin)
        else:
            shutil.rmtree(self._before, ignore_errors=True)
            self._keeper.begin()
        return restored

    def end(self) -> None:
        """The session ended as it should. After the workspace is shut down."""
        if self._keeper is not None:
            self._keeper.end()
            shutil.rmtree(self._before, ignore_errors=True)
        self.watch.stop()

    def failed(self) -> None:
        """An error ends the program: it is noted, and the session stays for the next start. Call it while the error is handled."""
        self.watch.note(traceback.format_exc())

    def _restore(self, workspace: Workspace, then: Callable[[], None]) -> None:
        """Open the pictures again, and call ``then()`` once each has its steps: until then a new crash finds the old files.

        Files that are gone say so when they are looked at.
        """
        record, library = self.record, workspace.library
        documents = {str(document.path): document for document in library.add([Path(kept.path) for kept in record.documents])}
        library.set_current(documents.get(record.current) or next(iter(documents.values()), None))
        waiting = [kept for kept in record.documents if len(kept.steps) > 1]

        def next_one() -> None:
            if not waiting:
                then()
                return
            kept = waiting.pop(0)

            def done(history: History | None) -> None:
                give_back(workspace, documents[kept.path], history, kept.modified)
                next_one()

            workspace.pool.run(lambda: read_history(kept, self._before), done)

        next_one()


def give_back(workspace: Workspace, document: Document, history: History | None, modified: bool) -> None:
    """What was done to a picture, unless something was done to it meanwhile."""
    library = workspace.library
    if library.find(document.id) is None or len(document.history.steps) > 1:
        return
    if history is None:
        workspace.notify(f"What was done to {document.name} could not be restored.", "warning")
        return
    document.history = history
    if not modified:
        document.mark_saved(document.step)
    library.set_badge(document, Badge.DONE if document.result is not None else Badge.NONE)


def words(record: Record, run: str) -> str:
    """What there is to restore, for people."""
    count, unsaved = len(record.documents), record.unsaved
    lines = []
    if count:
        pictures = "1 picture was" if count == 1 else f"{count} pictures were"
        results = {0: "", 1: ", with 1 result that was not saved"}.get(unsaved, f", with {unsaved} results that were not saved")
        lines.append(f"{pictures} open{results}.")
    if run:
        lines.append("A training run was not finished; Train offers to resume it.")
    return " ".join(lines) or "Nothing was open."
