"""The window's handle on one worker process, from its birth until the last of its shared memory is gone."""

from __future__ import annotations

import multiprocessing
import os
import secrets
import signal
import tempfile
import traceback
from collections.abc import Mapping
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any

from aedesk.core.events import Event, Log
from aedesk.core.leftovers import remove_leftovers
from aedesk.core.locks import lock
from aedesk.jobs import worker
from aedesk.jobs.protocol import CELL_TYPE, Acknowledge, Batch, CancelCell, Run, Stop, Taken, WorkerConfig
from aedesk.jobs.spawn import spawning
from aedesk.jobs.transport import BlockNames, Parcel, decode, encode, sweep


class WorkerProcess:
    """A spawned worker. Every method belongs to the polling thread, except ``cancel``, which any thread may call."""

    def __init__(self, lane: str, services: Mapping[str, str], warm_up: tuple[str, ...]) -> None:
        context = multiprocessing.get_context("spawn")
        token = f"aed{os.getpid():x}x{secrets.token_hex(4)}"  # whose it is, so that tests find their own leaks
        self._sent_names, self._received_names = BlockNames(token + "i"), BlockNames(token + "o")
        self._sent: dict[int, Parcel] = {}
        remove_leftovers(Path(tempfile.gettempdir()), r"aedesk-worker-.*\.log")
        descriptor, self._crash_log = tempfile.mkstemp(prefix="aedesk-worker-", suffix=".log")
        self._crash_log_owner = os.fdopen(descriptor, "r+b")
        lock(self._crash_log_owner)
        word = context.RawValue(CELL_TYPE, 0)
        self._cell = CancelCell(word)
        self._connection, childs_end = context.Pipe(duplex=True)
        config = WorkerConfig(lane, dict(services), warm_up, self._received_names.prefix, self._crash_log)
        self._process = context.Process(target=worker.main, args=(childs_end, word, config), name=f"aedesk-{lane}")
        try:
            with spawning():
                self._process.start()
        except BaseException:
            self._connection.close()
            self._remove_crash_log()
            raise
        finally:
            childs_end.close()

    @property
    def pid(self) -> int:
        return self._process.pid or 0

    @property
    def alive(self) -> bool:
        # Not the sentinel: a grandchild (a data loader) that outlives the worker holds it open.
        return self._process.is_alive()

    def cancel(self, job_id: int) -> None:
        self._cell.cancel(job_id)

    def run(self, job_id: int, spec: object, inputs: tuple[Any, ...]) -> None:
        """Hand a job over. Raises what pickling raises; a dead worker is noticed later, by ``alive``."""
        parcel = encode((spec, inputs), self._sent_names)
        self._sent[job_id] = parcel
        self._tell(Run(job_id, parcel.data))

    def wait(self, other: Any, timeout_s: float) -> None:
        """Sleep until the worker says something or dies, or until the connection ``other`` has something."""
        wait([self._connection, self._process.sentinel, other], timeout_s)

    def receive(self) -> Batch:
        """Everything the worker has said so far, without waiting; what the protocol needs for itself is taken out."""
        events: Batch = []
        for _ in range(64):
            try:
                if not self._connection.poll():
                    break
                data = self._connection.recv_bytes()
            except (EOFError, OSError):
                break  # the worker is gone: ``alive`` will say so
            try:
                events += self._open(data)
            except Exception:
                # What it said is lost, perhaps the end of a job: only a new worker is in a known state.
                events.append((0, Log(f"The worker sent something unreadable:\n{traceback.format_exc()}", "error")))
                self._process.kill()
                break
        return events

    def _open(self, data: bytes) -> Batch:
        before = self._received_names.next
        batch: Batch = decode(data, self._received_names)
        if self._received_names.next > before:
            self._tell(Acknowledge())
        return [(job_id, event) for job_id, event in batch if not self._is_ours(job_id, event)]

    def _is_ours(self, job_id: int, event: Event) -> bool:
        if not isinstance(event, Taken):
            return False
        self._sent.pop(job_id).release(unlink=True)
        return True

    def _tell(self, message: object) -> None:
        try:
            self._connection.send(message)
        except OSError:
            pass  # the worker is gone: ``alive`` will say so

    def end(self, timeout_s: float) -> Batch:
        """Ask the process to stop, insist after ``timeout_s``, clear up, and return its last words."""
        if self.alive and timeout_s > 0:
            self._tell(Stop())
            self._process.join(timeout_s)
        for insist in (self._process.terminate, self._process.kill):
            if self.alive:
                insist()
                self._process.join(1.0)
        self._process.join()
        last_words: Batch = []
        while batch := self.receive():
            last_words += batch
        self._connection.close()
        for parcel in self._sent.values():
            parcel.release(unlink=True)
        self._sent.clear()
        sweep(self._received_names)
        return last_words

    def post_mortem(self) -> tuple[str, str]:
        """After ``end`` of a worker that died: what happened in a few words, and Python's crash report if there is one."""
        code = self._process.exitcode or 0
        try:
            cause = f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
        except ValueError:
            cause = f"signal {-code}"
        path = Path(self._crash_log)
        report = path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""
        return cause, report

    def forget(self) -> None:
        """The last call: removes the crash report and frees the process object."""
        self._remove_crash_log()
        self._process.close()

    def _remove_crash_log(self) -> None:
        self._crash_log_owner.close()
        Path(self._crash_log).unlink(missing_ok=True)
