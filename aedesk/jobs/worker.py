"""The worker process: imports torch once, then runs one job after the other.

Three threads. The main thread runs the jobs. The *reader* obeys the window and notices its death (the pipe ends) even while a
job computes. The *sender* encodes and sends what the jobs yield; a service must therefore not change an array it has yielded.
"""

from __future__ import annotations

import faulthandler
import importlib
import os
import queue
import sys
import threading
import traceback
from collections import deque
from contextlib import closing
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from aedesk.core.cancel import CancelToken
from aedesk.core.events import Event, Failed, Log, Terminal
from aedesk.jobs import inline, spawn
from aedesk.jobs.events import WorkerState
from aedesk.jobs.outbox import Outbox
from aedesk.jobs.protocol import Acknowledge, Batch, CancelCell, Run, Stop, Taken, WorkerConfig
from aedesk.jobs.transport import BlockNames, Parcel, decode, encode

ORPHAN_GRACE_S = 10.0
"""How long a job may go on after the window's death, to write its checkpoint."""


class _Stop:
    """The cancel event of one job: the window asked for it, or is gone."""

    def __init__(self, cell: CancelCell, job_id: int, orphaned: threading.Event) -> None:
        self._cell, self._job_id, self._orphaned = cell, job_id, orphaned

    def is_set(self) -> bool:
        return self._cell.asks_to_stop(self._job_id) or self._orphaned.is_set()


class Worker:
    """One worker, living in its own process.

    Args:
        connection: the worker's end of the pipe.
        cell: where the window writes the id of the job to stop.
    """

    def __init__(self, connection: Connection, cell: CancelCell, config: WorkerConfig) -> None:
        self._connection, self._cell, self._config = connection, cell, config
        self._names = BlockNames(config.block_prefix)
        self._in_flight: deque[Parcel] = deque()
        self._jobs: queue.SimpleQueue[Run | None] = queue.SimpleQueue()
        self._outbox = Outbox()
        self._orphaned = threading.Event()
        self._warm = False

    def main(self) -> None:
        """Serve until told to stop. Main thread."""
        sender = threading.Thread(target=self._send_all, name="sender", daemon=True)
        sender.start()
        threading.Thread(target=self._read_all, name="reader", daemon=True).start()
        self._warm_up()
        self._warm = True
        self._outbox.put(0, WorkerState("ready"))
        while (job := self._jobs.get()) is not None:
            self._run(job)
        self._outbox.close()
        sender.join()

    def _warm_up(self) -> None:
        try:
            for name in self._config.warm_up:
                importlib.import_module(name)
        except Exception:
            # Jobs that do not need the missing part still run; those that do will say what is missing.
            self._outbox.put(0, Log(f"The worker could not load everything:\n{traceback.format_exc()}", "error"))
        if (torch := sys.modules.get("torch")) is not None and "OMP_NUM_THREADS" not in os.environ:
            torch.set_num_threads(_usable_cpus())

    def _run(self, job: Run) -> None:
        stop = _Stop(self._cell, job.job_id, self._orphaned)
        try:
            spec, inputs = decode(job.parcel)
        except Exception as error:
            self._outbox.put(job.job_id, inline.failure(error))
            return
        finally:
            self._outbox.put(job.job_id, Taken())
        with closing(inline.run(spec, *inputs, cancel=CancelToken(stop), services=self._config.services)) as events:  # type: ignore[type-var]
            for event in events:
                self._outbox.put(job.job_id, event, stop.is_set)

    def _read_all(self) -> None:
        """Reader thread."""
        try:
            while True:
                message = self._connection.recv()
                if isinstance(message, Run):
                    self._jobs.put(message)
                elif isinstance(message, Acknowledge):
                    self._in_flight.popleft().release(unlink=False)
                elif isinstance(message, Stop):
                    if not self._warm:
                        os._exit(0)  # nothing has begun; no need to wait until torch is imported
                    self._jobs.put(None)
        except (EOFError, OSError):
            self._orphaned.set()
            self._remove_crash_log()
            self._jobs.put(None)
            # Daemon threads and native code cannot be asked to end: give the job time, then go.
            threading.Event().wait(ORPHAN_GRACE_S if self._warm else 0)
            os._exit(1)

    def _remove_crash_log(self) -> None:
        try:
            Path(self._config.crash_log).unlink(missing_ok=True)  # nobody is left to read it
        except OSError:
            pass  # Windows keeps files that are open

    def _send_all(self) -> None:
        """Sender thread."""
        while (batch := self._outbox.take()) is not None:
            try:
                for parcel in self._parcels(batch):
                    if parcel.blocks:
                        self._in_flight.append(parcel)
                    self._connection.send_bytes(parcel.data)
            except OSError:
                return  # the window is gone; the reader sees it too

    def _parcels(self, batch: Batch) -> list[Parcel]:
        try:
            return [encode(batch, self._names)]
        except Exception:
            return [self._parcel(job_id, event) for job_id, event in batch]

    def _parcel(self, job_id: int, event: Event) -> Parcel:
        try:
            return encode([(job_id, event)], self._names)
        except Exception as error:
            text = f"A {type(event).__name__} could not be sent to the window: {error}"
            told: Event = Log(text, "warning")
            if isinstance(event, Terminal):
                told = Failed(text, "Please report this as a fault.", "JobError", traceback.format_exc())
            return encode([(job_id, told)], self._names)


def main(connection: Connection, word: Any, config: WorkerConfig) -> None:
    """The target of the spawned process."""
    spawn.begin()
    with open(config.crash_log, "w", encoding="utf-8") as crash_log:
        faulthandler.enable(crash_log)
        spawn.offer_to_the_oom_killer()
        if config.lane == "training" and hasattr(os, "nice"):
            os.nice(5)  # so that a training run leaves the processor to previews
        try:
            Worker(connection, CancelCell(word), config).main()
        finally:
            faulthandler.disable()  # before its file is closed


def _usable_cpus() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
