"""Reads pictures in another process, because a native decoder may crash on any file.

Seventeen libraries decode what comes from cameras, the web and mail; a fault in one of them ends the process it runs in. So untrusted
files are decoded by a process of their own, which serves one request after the other and is started again after a crash: a crash costs
one file. Rejected: a new process per file (0.4 s each), and a sandbox (nothing portable).
"""

from __future__ import annotations

import atexit
import multiprocessing
import os
import secrets
import signal
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Protocol, cast

from aedesk.core.errors import PictureError
from aedesk.imaging.io import PictureInfo
from aedesk.imaging.picture import Picture
from aedesk.imaging.samples import Pixels
from aedesk.jobs import spawn
from aedesk.jobs.transport import BlockNames, Parcel, decode, encode, sweep

_READ, _PROBE, _THUMBNAIL = "read", "probe", "thumbnail"
_END_S = 1.0
_NO_DIALOGS = 0x0001 | 0x0002  # SEM_FAILCRITICALERRORS and SEM_NOGPFAULTERRORBOX


class Reads(Protocol):
    """What reads pictures: :class:`PictureReader`, or :class:`InlineReader` where files are trusted."""

    def read(self, path: Path, page: int | None = None) -> Picture: ...
    def probe(self, path: Path) -> PictureInfo: ...
    def thumbnail(self, path: Path, edge_px: int) -> Pixels: ...
    def close(self) -> None: ...


class PictureReader:
    """``aedesk.imaging.io`` and ``thumbnails`` in another process, which the first request starts.

    Any thread may call; requests are answered one after the other. All raise PictureError as the functions of the same name do, and for
    a file on which a decoder crashes.

    Args:
        main: what the process runs.
    """

    def __init__(self, main: Callable[[Connection, str], None] | None = None) -> None:
        self._main = main or serve
        self._lock = threading.Lock()
        self._process: _Process | None = None
        self._closed = False

    @property
    def pid(self) -> int | None:
        """The reading process's id, None while there is none."""
        process = self._process
        return process.pid if process else None

    def read(self, path: Path, page: int | None = None) -> Picture:
        return cast(Picture, self._ask(path, _READ, page))

    def probe(self, path: Path) -> PictureInfo:
        return cast(PictureInfo, self._ask(path, _PROBE))

    def thumbnail(self, path: Path, edge_px: int) -> Pixels:
        return cast(Pixels, self._ask(path, _THUMBNAIL, edge_px))

    def close(self) -> None:
        """End the process, also while it reads (whoever waits for that gets an error). Nothing can be read afterwards."""
        self._closed = True
        process = self._process
        if process is not None:
            process.kill()
        with self._lock:
            self._bury()
        atexit.unregister(self.close)

    def _ask(self, path: Path, what: str, *arguments: Any) -> object:
        with self._lock:
            while True:
                fresh = self._process is None
                answer = self._start().ask((what, str(path), _absolute(path), *arguments))
                if not isinstance(answer, _Died):
                    break
                self._bury()
                if self._closed:
                    raise PictureError(f"{path} was not read, because the program is closing.")
                if fresh:
                    raise PictureError(
                        f"{path} cannot be read: the decoder for this kind of file stopped working on it ({answer.cause}).",
                        "Convert it to PNG or TIFF in another program, such as GIMP or ImageMagick.",
                    )
                # The file before may have corrupted the memory of a process that had served others: only a fresh one tells.
        if isinstance(answer, Exception):
            raise answer
        return answer

    def _start(self) -> _Process:
        if self._closed:
            raise PictureError("Nothing can be read any more, because the program is closing.")
        if self._process is None:
            self._process = _Process(self._main)
            atexit.register(self.close)
        return self._process

    def _bury(self) -> None:
        if self._process is not None:
            self._process.end()
            self._process = None


class InlineReader:
    """The same in this process."""

    def read(self, path: Path, page: int | None = None) -> Picture:
        return cast(Picture, _answer(_READ, path, page))

    def probe(self, path: Path) -> PictureInfo:
        return cast(PictureInfo, _answer(_PROBE, path))

    def thumbnail(self, path: Path, edge_px: int) -> Pixels:
        return cast(Pixels, _answer(_THUMBNAIL, path, edge_px))

    def close(self) -> None:
        """Nothing to do."""


class _Died:
    """The answer of a process that ended instead."""

    def __init__(self, cause: str) -> None:
        self.cause = cause


class _Process:
    """The handle on one reading process."""

    def __init__(self, main: Callable[[Connection, str], None]) -> None:
        context = multiprocessing.get_context("spawn")
        self._names = BlockNames(f"aed{os.getpid():x}x{secrets.token_hex(4)}r")
        self._connection, childs_end = context.Pipe(duplex=True)
        self._process = context.Process(target=main, args=(childs_end, self._names.prefix), name="aedesk-pictures", daemon=True)
        try:
            with spawn.spawning():
                self._process.start()
        except BaseException:
            self._connection.close()
            raise
        finally:
            childs_end.close()

    @property
    def pid(self) -> int:
        return self._process.pid or 0

    def ask(self, request: tuple[Any, ...]) -> object:
        try:
            self._connection.send(request)
            data = self._connection.recv_bytes()
        except (EOFError, OSError):
            self._process.join(_END_S)
            return _Died(_cause(self._process.exitcode))
        return decode(data, self._names)

    def kill(self) -> None:
        """Any thread."""
        try:
            self._process.kill()
        except ValueError:
            pass  # it has been ended meanwhile

    def end(self) -> None:
        self._process.kill()
        self._process.join()
        self._connection.close()
        sweep(self._names)
        self._process.close()


def _cause(code: int | None) -> str:
    if code is None or code >= 0:
        return f"exit code {code}"
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"


def _answer(what: str, path: Path, *arguments: Any) -> object:
    from aedesk.imaging import io, thumbnails

    match what:
        case "read":
            return io.read(path, page=arguments[0])
        case "probe":
            return io.probe(path)
        case _:
            return thumbnails.thumbnail(path, *arguments)


def serve(connection: Connection, prefix: str) -> None:
    """The target of the reading process: answers until the other side is gone."""
    spawn.begin()
    spawn.offer_to_the_oom_killer()
    if sys.platform == "win32":
        import ctypes

        ctypes.windll.kernel32.SetErrorMode(_NO_DIALOGS)  # a crash must not wait for somebody to click it away
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)  # libraries print; what this module has to say is sent
    os.dup2(nowhere, 2)
    names, sent = BlockNames(prefix), Parcel(b"")
    while True:
        try:
            what, name, place, *arguments = connection.recv()
        except (EOFError, OSError):
            return
        sent.release(unlink=False)  # the next request says that the last answer has been copied
        sent = encode(_outcome(what, name, place, arguments), names)
        try:
            connection.send_bytes(sent.data)
        except OSError:
            return


def _outcome(what: str, name: str, place: str, arguments: list[Any]) -> object:
    """The answer, or the error to raise on the other side; both name the file as it was asked for."""
    try:
        answer = _answer(what, Path(place), *arguments)
    except PictureError as error:
        return PictureError(error.message.replace(place, name), error.hint)
    except Exception as error:
        return PictureError(f"{name} cannot be read ({type(error).__name__}).", "Please report this as a fault.")
    return replace(answer, path=Path(name)) if isinstance(answer, PictureInfo) else answer


def _absolute(path: Path) -> str:
    """The working directory of this process may change while the other runs, and may not even exist."""
    try:
        return str(path.absolute())
    except OSError:
        return str(path)
