#!/usr/bin/env python3
"""From a bare checkout to the open window, or to the passed tests, in one command. Standard library only.

    python3 packaging/dev.py app [PICTURES]         make the environment, open the window
    python3 packaging/dev.py test [PYTEST OPTIONS]  make the environment, run every check

The environment (``.venv`` of the project, or ``--env DIR``) carries a stamp, written last: which Python, which requirements, which
extras. A second start compares the stamp and starts no pip. An environment with an empty stamp was interrupted in the middle and is made
anew; one whose requirements have changed is brought up to date. A folder that this file did not make is never touched.

The file is parsed by any Python from 3.7 on, so that an old one gets a sentence instead of a syntax error.
"""

from __future__ import annotations

import argparse
import ctypes
import hashlib
import importlib.util
import json
import os
import platform
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parent.parent
SAMPLES = PROJECT / "resources" / "samples"
MARK = "aedesk-dev.json"
OLDEST_PYTHON = (3, 11)
GIB = 1 << 30
ENVIRONMENT_BYTES = 7 * GIB  # the registry's torch for Linux brings CUDA: 5.7 GB installed, and the downloads beside it
DOWNLOAD_BYTES = 4 * GIB

# What Qt's xcb platform opens at run time: file name -> package of Debian/Ubuntu, Fedora, Arch.
QT_LIBRARIES = {
    "libEGL.so.1": ("libegl1", "libglvnd-egl", "libglvnd"),
    "libGL.so.1": ("libgl1", "libglvnd-glx", "libglvnd"),
    "libX11-xcb.so.1": ("libx11-xcb1", "libX11-xcb", "libx11"),
    "libdbus-1.so.3": ("libdbus-1-3", "dbus-libs", "dbus"),
    "libfontconfig.so.1": ("libfontconfig1", "fontconfig", "fontconfig"),
    "libglib-2.0.so.0": ("libglib2.0-0", "glib2", "glib2"),
    "libxcb-cursor.so.0": ("libxcb-cursor0", "xcb-util-cursor", "xcb-util-cursor"),
    "libxcb-icccm.so.4": ("libxcb-icccm4", "xcb-util-wm", "xcb-util-wm"),
    "libxcb-image.so.0": ("libxcb-image0", "xcb-util-image", "xcb-util-image"),
    "libxcb-keysyms.so.1": ("libxcb-keysyms1", "xcb-util-keysyms", "xcb-util-keysyms"),
    "libxcb-randr.so.0": ("libxcb-randr0", "libxcb", "libxcb"),
    "libxcb-render-util.so.0": ("libxcb-render-util0", "xcb-util-renderutil", "xcb-util-renderutil"),
    "libxcb-render.so.0": ("libxcb-render0", "libxcb", "libxcb"),
    "libxcb-shape.so.0": ("libxcb-shape0", "libxcb", "libxcb"),
    "libxcb-shm.so.0": ("libxcb-shm0", "libxcb", "libxcb"),
    "libxcb-sync.so.1": ("libxcb-sync1", "libxcb", "libxcb"),
    "libxcb-xfixes.so.0": ("libxcb-xfixes0", "libxcb", "libxcb"),
    "libxcb-xkb.so.1": ("libxcb-xkb1", "libxcb", "libxcb"),
    "libxkbcommon-x11.so.0": ("libxkbcommon-x11-0", "libxkbcommon-x11", "libxkbcommon-x11"),
    "libxkbcommon.so.0": ("libxkbcommon0", "libxkbcommon", "libxkbcommon"),
}
FONT_PACKAGES = ("fonts-dejavu-core", "dejavu-sans-fonts", "ttf-dejavu")
FONT_FOLDERS = ("/usr/share/fonts", "/usr/local/share/fonts", "~/.fonts", "~/.local/share/fonts", "/run/current-system/sw/share/X11/fonts")

# What pip says when it fails -> what to do about it. The first that occurs in its log is told.
PIP_TROUBLES = (
    ("No space left on device", "The disk is full. Free some space, or put the environment on another disk with --env DIR."),
    (
        "CERTIFICATE_VERIFY_FAILED",
        "The certificate of the package index is not trusted here. Behind a company proxy, set PIP_CERT to its certificate.",
    ),
    (
        r"name resolution|Name or service not known|getaddrinfo failed|nodename nor servname|Network is unreachable|NewConnectionError"
        r"|Failed to establish a new connection|ConnectTimeout|ReadTimeout|Connection refused|Connection reset|ProxyError",
        "The package index cannot be reached. The first start needs the internet (some 3 GB on Linux); go online and run the same command "
        "again, it goes on with what is downloaded already. Later starts work offline.",
    ),
    (
        r"No matching distribution found for torch|Could not find a version that satisfies the requirement torch",
        "There is no torch for this Python on this machine. Try the Python of the year before, or name a build with --torch SPEC.",
    ),
    (r"Permission denied|WinError 5", "A file may not be written. Is a program of this environment still running? Close it and try again."),
)


class SetupError(Exception):
    """The set-up cannot go on; the message says what is wrong and what to do."""


def say(text: str) -> None:
    print(f"[aedesk] {text}", file=sys.stderr, flush=True)


def check_python() -> None:
    if sys.version_info >= OLDEST_PYTHON:
        return
    wanted = ".".join(map(str, OLDEST_PYTHON))
    newer = [name for name in (f"python3.{minor}" for minor in range(20, OLDEST_PYTHON[1] - 1, -1)) if shutil.which(name)]
    todo = f"Run it with {newer[0]} instead." if newer else "Install a newer one from python.org or your package manager."
    raise SetupError(f"aedesk needs Python {wanted} or newer; this is {platform.python_version()}. {todo}")


# --- the system's libraries ------------------------------------------------------------------------------------------------------


def missing_packages() -> list[tuple[str, str, str]]:
    """Packages of libraries that the loader does not find (Linux only; Qt's wheels hold the rest on other systems)."""
    missing = []
    for library, packages in QT_LIBRARIES.items():
        try:
            ctypes.CDLL(library)
        except OSError:
            missing.append(packages)
    fonts = (
        f for folder in FONT_FOLDERS for f in Path(folder).expanduser().rglob("*") if f.suffix.lower() in (".ttf", ".otf", ".ttc", ".pfb")
    )
    if next(fonts, None) is None:
        missing.append(FONT_PACKAGES)
    return missing


def install_line(missing: list[tuple[str, str, str]]) -> list[str]:
    """The command that installs these packages on this distribution; empty if it is an unknown one."""
    managers = (("apt-get", ["install", "-y", "--no-install-recommends"]), ("dnf", ["install", "-y"]), ("pacman", ["-S", "--needed"]))
    for column, (manager, arguments) in enumerate(managers):
        if shutil.which(manager):
            return [manager, *arguments, *dict.fromkeys(packages[column] for packages in missing)]
    return []


def provide_system_libraries() -> None:
    if sys.platform != "linux":
        return
    missing = missing_packages()
    if not missing:
        return
    line = install_line(missing)
    if not line:
        names = ", ".join(packages[0] for packages in missing)
        raise SetupError(f"Qt needs system libraries that are missing here. Install these (names of Debian), then run this again: {names}")
    is_root = os.geteuid() == 0
    if line[0] != "apt-get" or not is_root:
        prefix = "" if is_root else "sudo "
        raise SetupError(
            f"Qt needs system libraries that are missing here. Run this, then the same command again:\n\n    {prefix}{shlex.join(line)}\n"
        )
    run_apt(line)
    still = missing_packages()
    if still:
        raise SetupError(f"apt-get has installed its packages, yet these are still missing: {', '.join(p[0] for p in still)}")


def run_apt(line: list[str]) -> None:
    say(f"installing system libraries: {shlex.join(line)}")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["apt-get", "update", "-q"], line):
        if subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, stdout=sys.stderr, check=False).returncode:
            raise SetupError(
                f"{shlex.join(command)} failed; its message stands above. Mend that, or run the line by hand, then start again."
            )


# --- the Python environment ------------------------------------------------------------------------------------------------------


def environment_python(env: Path) -> Path:
    return env / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def fingerprints(env: Path, torch: str | None) -> tuple[str, str]:
    """What the environment itself depends on (a change: made anew), and what its packages depend on (a change: brought up to date)."""
    import tomllib  # here, because an old Python must come as far as check_python

    config = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))
    tools = config.pop("tool", {})  # the settings of ruff or pytest change no package
    base = (sys.version, sys.base_prefix, str(PROJECT), str(env))
    packages = (config, tools.get("hatch"), torch)
    return hashlib.sha256(repr(base).encode()).hexdigest(), hashlib.sha256(repr(packages).encode()).hexdigest()


def read_mark(env: Path) -> dict[str, Any]:
    try:
        mark = json.loads((env / MARK).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return mark if isinstance(mark, dict) else {}


def write_mark(env: Path, mark: dict[str, Any]) -> None:
    fresh = env / f"{MARK}.new"
    fresh.write_text(json.dumps(mark, indent=2), "utf-8")
    os.replace(fresh, env / MARK)


def ensure_environment(env: Path, extras: set[str], torch: str | None) -> None:
    """Make, mend or accept the environment, so that it holds the project (editable) with these extras."""
    mark = read_mark(env)
    torch = torch or mark.get("torch")  # a chosen build stays chosen
    base, packages = fingerprints(env, torch)
    if mark.get("base") != base or not environment_python(env).exists():
        make_environment(env)
        mark = {"base": base, "torch": torch}
    wanted = sorted(extras.union(mark.get("extras", ())))
    if mark.get("packages") == packages and mark.get("extras") == wanted:
        return
    write_mark(env, {"torch": torch})  # should this be interrupted, nobody knows what is in the environment
    try:
        install_project(env, wanted, torch)
    except SetupError:
        write_mark(env, mark)  # pip has put everything back: the next start goes on from here
        raise
    write_mark(env, {"base": base, "packages": packages, "extras": wanted, "torch": torch})


def make_environment(env: Path) -> None:
    if env.exists() and any(env.iterdir()):
        if not (env / MARK).exists() and not (env / f"{MARK}.new").exists():
            raise SetupError(f"{env} exists already and was not made by this command. Remove it, or choose another folder with --env DIR.")
        say(f"the environment in {env} is unfinished or belongs to another Python; it is made anew")
        remove(env)
    if importlib.util.find_spec("ensurepip") is None:
        provide_venv_module()
    check_disk(env)
    say(f"making the environment {env} (Python {platform.python_version()})")
    env.mkdir(parents=True, exist_ok=True)
    write_mark(env, {})
    made = subprocess.run([sys.executable, "-m", "venv", str(env)], stdin=subprocess.DEVNULL, stdout=sys.stderr, check=False)
    if made.returncode:
        raise SetupError(f"Python could not make an environment in {env}; its message stands above.")


def remove(env: Path) -> None:
    """Everything but the mark first: should this be interrupted, the rest is still known as ours."""
    try:
        for entry in env.iterdir():
            if entry.name == MARK:
                continue
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry)
            else:
                entry.unlink()
    except OSError as error:
        raise SetupError(f"{env} cannot be removed ({error}). Close the programs that use it and try again.") from error


def provide_venv_module() -> None:
    package = f"python3.{sys.version_info[1]}-venv"
    line = ["apt-get", "install", "-y", package]
    if not shutil.which("apt-get"):
        raise SetupError(
            "This Python has no ensurepip, so it cannot make an environment. Install the full Python of your system or of python.org."
        )
    if os.geteuid() != 0:
        raise SetupError(
            f"This Python cannot make environments yet. Run this line, then the same command again:\n\n    sudo {shlex.join(line)}\n"
        )
    run_apt(line)


def free_bytes(folder: Path) -> int:
    while not folder.exists():
        folder = folder.parent
    return shutil.disk_usage(folder).free


def check_disk(env: Path) -> None:
    free = free_bytes(env)
    if sys.platform == "linux" and free < ENVIRONMENT_BYTES:
        raise SetupError(
            f"The environment needs {ENVIRONMENT_BYTES / GIB:.0f} GB with the package index's torch; {env} has {free / GIB:.1f} GB free. "
            "Free some space, or put the environment on another disk with --env DIR."
        )


def install_project(env: Path, extras: list[str], torch: str | None) -> None:
    requirements = ["-e", f"{PROJECT}[{','.join(extras)}]" if extras else str(PROJECT)]
    if torch:
        requirements.append(torch)
    log = env / "pip.log"
    log.unlink(missing_ok=True)
    command = [str(environment_python(env)), "-m", "pip", "install", "--disable-pip-version-check", "--log", str(log)]
    if not sys.stderr.isatty():
        command += ["--quiet", "--progress-bar", "off"]
    if free_bytes(Path.home()) < ENVIRONMENT_BYTES + DOWNLOAD_BYTES:
        command.append("--no-cache-dir")
    environment = {**os.environ, "PIP_USER": "0", "PIP_REQUIRE_VIRTUALENV": "0"}
    environment.pop("PYTHONPATH", None)
    if free_bytes(Path(tempfile.gettempdir())) < DOWNLOAD_BYTES:
        scratch = env / "tmp"  # /tmp is often a small memory disk
        scratch.mkdir(exist_ok=True)
        environment.update(TMPDIR=str(scratch), TEMP=str(scratch), TMP=str(scratch))
    say("installing the packages, torch among them: some minutes the first time")
    started = time.monotonic()
    done = subprocess.run([*command, *requirements], env=environment, stdin=subprocess.DEVNULL, stdout=sys.stderr, check=False)
    if done.returncode:
        raise SetupError(explain_pip(log))
    say(f"the packages are installed ({time.monotonic() - started:.0f} s)")


def explain_pip(log: Path) -> str:
    try:
        text = log.read_text("utf-8", "replace")
    except OSError:
        text = ""
    for pattern, advice in PIP_TROUBLES:
        if re.search(pattern, text):
            return f"The packages could not be installed. {advice}"
    return f"The packages could not be installed; pip's message stands above, the whole story in {log}."


# --- the two commands ------------------------------------------------------------------------------------------------------------


def program_environment(env: Path) -> dict[str, str]:
    """As an activated environment would have it: its programs first, nobody else's packages."""
    folder = str(environment_python(env).parent)
    environment = {**os.environ, "VIRTUAL_ENV": str(env), "PATH": folder + os.pathsep + os.environ.get("PATH", "")}
    environment.pop("PYTHONPATH", None)
    environment.pop("PYTHONHOME", None)
    return environment


def open_window(env: Path, files: list[str]) -> int:
    if sys.platform == "linux" and not any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")):
        raise SetupError("There is no screen here (neither DISPLAY nor WAYLAND_DISPLAY is set). Log in to a desktop, or use 'xvfb-run'.")
    pictures = [str(Path(f).absolute()) for f in files] or [str(f) for f in sorted(SAMPLES.glob("*noisy*"))[:1]]
    command = [str(environment_python(env)), "-m", "aedesk", "gui", *pictures]
    if os.name == "posix":
        os.execve(command[0], command, program_environment(env))  # so that signals reach the program itself
    return subprocess.run(command, env=program_environment(env), check=False).returncode


def run_checks(env: Path, pytest_options: list[str]) -> int:
    """Run all checks whatever fails, then tell each one's result and wall time; pytest's own last line ends the report."""
    python = str(environment_python(env))
    lint_imports = str(environment_python(env).with_name("lint-imports" + (".exe" if os.name == "nt" else "")))
    checks = {
        "ruff check": [python, "-m", "ruff", "check", "."],
        "ruff format": [python, "-m", "ruff", "format", "--check", "."],
        "mypy": [python, "-m", "mypy"],
        "lint-imports": [lint_imports, "--no-logo", "--no-cache"],
        "pytest": [python, "-m", "pytest", *(["--color=yes"] if sys.stdout.isatty() else []), *pytest_options],
    }
    rows, last_line = [], ""
    for name, command in checks.items():
        print(f"\n=== {name}", flush=True)
        started = time.monotonic()
        code, last_line = run_and_echo(command, program_environment(env))
        rows.append((name, code, time.monotonic() - started))
    print("\n=== summary")
    for name, code, seconds in rows:
        print(f"{name:<14}{'ok' if code == 0 else f'FAILED ({code})':<14}{seconds:7.1f} s")
    print(last_line, flush=True)
    return 1 if any(code for _, code, _ in rows) else 0


def run_and_echo(command: list[str], environment: dict[str, str]) -> tuple[int, str]:
    """Run, show the output as it comes, and give the exit status and the last line that was not empty."""
    last = ""
    with subprocess.Popen(
        command, cwd=PROJECT, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        encoding="utf-8", errors="replace",
    ) as process:  # fmt: skip
        assert process.stdout is not None
        for line in process.stdout:
            sys.stdout.write(line)
            sys.stdout.flush()
            last = line.rstrip() or last
    return process.returncode, last


def parse(arguments: list[str]) -> tuple[argparse.Namespace, list[str]]:
    parser = argparse.ArgumentParser(prog="dev.py", description="Set aedesk up and run it.")
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("--env", type=Path, default=PROJECT / ".venv", metavar="DIR", help="the environment's folder (default: .venv here)")
    shared.add_argument(
        "--torch", metavar="SPEC", help="the torch to install, such as 'torch==2.13.0' (default: what pyproject.toml asks for)"
    )
    shared.add_argument("--no-system", action="store_true", help="do not look for the system libraries that Qt needs")
    commands = parser.add_subparsers(dest="command", required=True)
    app = commands.add_parser("app", parents=[shared], help="open the window")
    app.add_argument("files", nargs="*", help="pictures to open (default: the bundled noisy sample)")
    commands.add_parser("test", parents=[shared], help="run every check; other options go to pytest")
    known, rest = parser.parse_known_args(arguments)
    if rest and known.command != "test":
        parser.error(f"unknown options: {shlex.join(rest)}")
    return known, rest


def main(arguments: list[str]) -> int:
    try:
        check_python()
        known, pytest_options = parse(arguments)
        if not known.no_system:
            provide_system_libraries()
        env = known.env.expanduser().absolute()
        ensure_environment(env, {"dev"} if known.command == "test" else set(), known.torch)
        return run_checks(env, pytest_options) if known.command == "test" else open_window(env, known.files)
    except SetupError as error:
        say(str(error))
        return 1
    except KeyboardInterrupt:
        say("interrupted; the same command goes on from here")
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
