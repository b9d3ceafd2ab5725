#!/usr/bin/env python3
"""Tests the artefact that people get, as they get it. Standard library only, and nothing of this project.

    python3 packaging/smoke.py dist/aedesk-VERSION-SYSTEM-VARIANT.tar.zst

It unpacks the archive into a path with spaces and letters beyond ASCII, takes away the permission to write there, and runs everything with
an environment that knows neither Python nor anybody's settings: an empty home, the system's own PATH. Then: the self-test of the command
line; the window on a screen of its own (Xvfb), started with a picture as a double click starts it, which restores it and closes; a
second start that hands its picture to the running window; and no process is left. A table says what was seen; the exit code is 1 if
anything failed. A folder is taken as it is (copied), so that Windows and macOS can be tested after their own unpacking.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

SELF_TEST_S = 1200
WINDOW_S = 300
STRANGE = "Ordner mit Leerzeichen – é 照片"
MARK = "AEDESK_SMOKE"


class Failed(Exception):
    """Something was not as it should be."""


@dataclass
class Stage:
    """The empty place in which the program runs.

    Args:
        program: the unpacked folder.
        home: an empty home folder.
        screen: DISPLAY of Xvfb, empty on systems that have no X.
    """

    program: Path
    home: Path
    screen: str = ""
    mark: str = field(default_factory=lambda: f"{os.getpid()}-{time.time_ns()}")

    def environment(self) -> dict[str, str]:
        if os.name == "nt":
            kept = {name: os.environ[name] for name in ("SYSTEMROOT", "TEMP", "TMP", "PATHEXT", "COMSPEC") if name in os.environ}
            homes = dict.fromkeys(("USERPROFILE", "APPDATA", "LOCALAPPDATA"), str(self.home))
            return {**kept, **homes, "PATH": os.environ.get("SYSTEMROOT", "C:\\Windows") + "\\System32", MARK: self.mark}
        screen = {"DISPLAY": self.screen} if self.screen else {}
        return {"HOME": str(self.home), "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", MARK: self.mark, **screen}

    def executable(self, name: str) -> Path:
        if sys.platform == "darwin":
            return self.program / "Contents" / "MacOS" / name
        return self.program / (f"{name}.exe" if os.name == "nt" else name)

    def start(self, name: str, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [str(self.executable(name)), *arguments], cwd=self.home, env=self.environment(), stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding="utf-8", errors="replace",
        )  # fmt: skip


def unpack(artefact: Path, place: Path) -> Path:
    """The program's folder below ``place``."""
    if artefact.is_dir():
        return Path(shutil.copytree(artefact, place / artefact.name, symlinks=True))
    done = subprocess.run(["tar", "-xf", str(artefact), "-C", str(place)], capture_output=True, text=True, check=False)
    if done.returncode:
        raise Failed(f"tar could not unpack it (is zstd installed?): {done.stderr.strip()}")
    folders = list(place.iterdir())
    if len(folders) != 1:
        raise Failed(f"the archive holds {len(folders)} things at its top instead of one folder")
    return folders[0]


def set_writable(folder: Path, writable: bool) -> None:
    """For the owner; root writes anyway, and is tested by what lies there afterwards."""
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            mode = path.stat().st_mode
            path.chmod(mode | stat.S_IWUSR if writable else mode & ~(stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH))


def listing(folder: Path) -> dict[str, tuple[int, int]]:
    return {str(path.relative_to(folder)): (path.lstat().st_size, path.lstat().st_mtime_ns) for path in folder.rglob("*")}


@contextmanager
def screen() -> Iterator[str]:
    """A screen of our own on Linux; elsewhere the session's."""
    if sys.platform != "linux":
        yield ""
        return
    if shutil.which("Xvfb") is None:
        raise Failed("Xvfb is not installed (Debian: apt-get install xvfb)")
    read, write = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(write), "-screen", "0", "1280x800x24", "-nolisten", "tcp"],
        pass_fds=(write,), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    os.close(write)
    with os.fdopen(read) as answer:
        number = answer.readline().strip()
    try:
        if not number:
            raise Failed("Xvfb did not start")
        yield f":{number}"
    finally:
        server.terminate()
        server.wait()


def left_processes(stage: Stage) -> list[str]:
    """Command lines of the processes that still carry the stage's mark in their environment (Linux only)."""
    found = []
    for folder in Path("/proc").glob("[0-9]*") if sys.platform == "linux" else ():
        try:
            if f"{MARK}={stage.mark}".encode() in (folder / "environ").read_bytes().split(b"\0"):
                found.append((folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip())
        except OSError:
            continue
    return [line for line in found if line]


def wait_until(what: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not what():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def check_version(stage: Stage) -> str:
    process = stage.start("aedesk-cli", "--version")
    said, _ = process.communicate(timeout=60)
    if process.returncode or not said.startswith("aedesk "):
        raise Failed(f"--version said {said!r} and ended with {process.returncode}")
    return said.strip()


def check_self_test(stage: Stage) -> str:
    process = stage.start("aedesk-cli", "self-test")
    try:
        said, _ = process.communicate(timeout=SELF_TEST_S)
    except subprocess.TimeoutExpired:
        process.kill()
        raise Failed(f"nothing more after {SELF_TEST_S} s; it had said:\n{process.communicate()[0]}") from None
    print(said, end="")
    if process.returncode:
        raise Failed(f"it ended with {process.returncode}")
    return said.strip().splitlines()[-1]


def sample(stage: Stage) -> Path:
    found = sorted(stage.program.rglob("resources/samples/portrait_noisy.png"))
    if not found:
        raise Failed("the sample picture is not in the bundle")
    return Path(shutil.copy(found[0], stage.home / "ein Bild é.png"))


def check_window(stage: Stage) -> str:
    """Start it with a picture, let it restore, and take the time of each word that it says."""
    picture, target = sample(stage), stage.home / "restored.png"
    begun = time.monotonic()
    process = stage.start("aedesk", str(picture), "--smoke-test", str(target))
    assert process.stdout is not None
    words: dict[str, float] = {}
    timer = threading.Timer(WINDOW_S, process.kill)
    timer.start()
    said = []
    for line in process.stdout:
        said.append(line)
        words[line.strip()] = time.monotonic() - begun
    code = process.wait()
    timer.cancel()
    if code or not target.is_file():
        raise Failed(f"the window ended with {code} and said: {' '.join(''.join(said).split())[-1000:]}")
    if target.read_bytes()[:4] != b"\x89PNG" or target.read_bytes() == picture.read_bytes():
        raise Failed("what it saved is not a restored picture")
    if "restored" not in words:  # Windows: the program has no standard output
        return "opened, restored, saved, closed"
    shown, restored, ended = words["window"], words["restored"] - words["window"], time.monotonic() - begun
    return f"window after {shown:.2f} s, restored {restored:.2f} s later, closed after {ended:.2f} s"


def check_second_start(stage: Stage) -> str:
    """The first window takes the picture of the second start, which ends at once; closing the first ends everything."""
    picture = sample(stage)
    first = stage.start("aedesk", str(picture))
    try:
        session = stage.home / ".local/state/aedesk/session/session.json"
        if sys.platform == "linux" and not wait_until(lambda: session.exists(), 60):
            raise Failed("the first window did not come up")
        if sys.platform != "linux":
            time.sleep(15)
        more = Path(shutil.copy(picture, stage.home / "noch eins.png"))
        begun = time.monotonic()
        second = stage.start("aedesk", str(more))
        code = second.wait(timeout=60)
        took = time.monotonic() - begun
        if code:
            raise Failed(f"the second start ended with {code}")
        if first.poll() is not None:
            raise Failed("the first window is gone")
        if sys.platform == "linux" and not wait_until(lambda: more.name in session.read_text("utf-8"), 20):
            raise Failed("the first window did not open the second picture")
    finally:
        first.send_signal(signal.SIGINT if os.name != "nt" else signal.SIGTERM)
        try:
            code = first.wait(timeout=60)
        except subprocess.TimeoutExpired:
            first.kill()
            raise Failed("the window did not close within 60 s") from None
    if sys.platform == "linux" and (code or session.exists()):
        raise Failed(f"the window ended with {code}, its session {'is' if session.exists() else 'is not'} still there")
    return f"handed over after {took:.2f} s, then closed"


def check_nothing_left(stage: Stage) -> str:
    if not wait_until(lambda: not left_processes(stage), 15):
        raise Failed(f"still running: {left_processes(stage)}")
    return "no process is left"


CHECKS: tuple[tuple[str, Callable[[Stage], str]], ...] = (
    ("version", check_version),
    ("window", check_window),
    ("window again", check_window),
    ("second start", check_second_start),
    ("self-test", check_self_test),
    ("nothing left", check_nothing_left),
)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="smoke.py", description="Test a packaged aedesk as people get it.")
    parser.add_argument("artefact", type=Path, help="the archive, or the unpacked folder (on macOS the .app)")
    known = parser.parse_args(arguments)
    failures = 0
    rows = []
    scratch = Path(tempfile.mkdtemp(prefix="aedesk smoke "))
    program: Path | None = None
    try:
        place, home = scratch / STRANGE, scratch / "home"
        place.mkdir()
        home.mkdir()
        begun = time.monotonic()
        program = unpack(known.artefact.expanduser().absolute(), place)
        rows.append(("ok", time.monotonic() - begun, "unpacking", str(program.name)))
        set_writable(program, False)
        before = listing(program)
        with screen() as display:
            stage = Stage(program, home, display)
            for name, check in CHECKS:
                begun = time.monotonic()
                try:
                    said, result = check(stage), "ok"
                except (Failed, OSError, subprocess.SubprocessError) as error:
                    said, result = str(error), "FAILED"
                    failures += 1
                rows.append((result, time.monotonic() - begun, name, said))
        if listing(program) != before:
            failures += 1
            rows.append(("FAILED", 0.0, "read-only", "the program has written into its own folder"))
    except Failed as error:
        failures += 1
        rows.append(("FAILED", 0.0, "preparing", str(error)))
    finally:
        if program is not None:
            set_writable(program, True)
        shutil.rmtree(scratch, ignore_errors=True)
    print()
    for result, seconds, name, said in rows:
        print(f"{result:<6}  {seconds:7.1f} s  {name:<14}  {said}")
    print("The artefact passes." if not failures else f"{failures} FAILED.")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
