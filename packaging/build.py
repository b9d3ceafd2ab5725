#!/usr/bin/env python3
"""The packaged program of the system this runs on, from a bare checkout, in one command. Standard library only.

    python3 packaging/build.py [--variant cpu|cuda]

It makes an environment of its own (``build/env-VARIANT``; the rules are those of ``dev.py``), runs PyInstaller in it, and leaves in
``dist``: the folder ``aedesk-VERSION-SYSTEM-VARIANT``, and packed as people of that system expect it a tar.zst with an installer script
(Linux), a setup program (Windows, where Inno Setup is installed) or a disk image (macOS).

Both variants come from one specification. They differ in torch alone: the package index's torch for Linux carries 4 GB of CUDA, and
its torchvision runs beside no other torch. So the variant cpu leaves torchvision out where it cannot be loaded; the program needs it only
for data sets called by name (MNIST and so on), which it then says. Where a CPU build of torch lies is pip's business (PIP_FIND_LINKS,
PIP_EXTRA_INDEX_URL).
"""

from __future__ import annotations

import argparse
import os
import platform
import shlex
import shutil
import subprocess
import sys
import time
from pathlib import Path

import dev
from dev import PROJECT, SetupError, environment_python, program_environment, say

VARIANTS = ("cpu", "cuda")
CPU_TORCH = "torch==2.13.0+cpu"
"""On Linux, where the index's own builds carry CUDA. Pinned, so that the wrong one is an error before 4 GB are fetched, not after."""
INSTALLERS = PROJECT / "packaging"
STRIP_FROM_BYTES = 1 << 20
PROGRAM_FOLDERS = ("ProgramFiles(x86)", "ProgramFiles")
"""Variables of Windows: Inno Setup does not put itself on PATH."""
MB = 1e6


def torch_for(variant: str, wanted: str | None) -> str | None:
    """What pip is asked for; None for what ``pyproject.toml`` says."""
    return wanted or (CPU_TORCH if variant == "cpu" and sys.platform == "linux" else None)


def check_variant(env: Path, variant: str) -> None:
    """Raises SetupError if the torch of the environment is not the one of the variant."""
    asked = [str(environment_python(env)), "-c", "import torch; print(torch.version.cuda or '')"]
    cuda = subprocess.run(asked, capture_output=True, text=True, env=program_environment(env), check=True).stdout.strip()
    if bool(cuda) != (variant == "cuda"):
        has = f"CUDA {cuda}" if cuda else "no CUDA"
        raise SetupError(f"The torch in {env} has {has}: not the variant {variant}. Name another with --torch, such as '{CPU_TORCH}'.")


def version() -> str:
    text = (PROJECT / "aedesk" / "__init__.py").read_text("utf-8")
    return text.split('__version__ = "', 1)[1].split('"', 1)[0]


def bundle_name(variant: str) -> str:
    system = {"linux": "linux", "win32": "windows", "darwin": "macos"}.get(sys.platform, sys.platform)
    return f"aedesk-{version()}-{system}-{platform.machine().lower()}-{variant}"


def freeze(env: Path, work: Path, out: Path, name: str) -> Path:
    """Run PyInstaller; returns the folder (on macOS the .app) that it made."""
    say("collecting the program: some minutes")
    made = work / "made"
    command = [
        str(environment_python(env)), "-m", "PyInstaller", "--noconfirm", "--log-level", "WARN",
        "--distpath", str(made), "--workpath", str(work / "cache"), str(INSTALLERS / "aedesk.spec"),
    ]  # fmt: skip
    environment = {**program_environment(env), "PYTHONHASHSEED": "1", "PYINSTALLER_CONFIG_DIR": str(work / "config")}
    log = work / "pyinstaller.log"
    with log.open("w", encoding="utf-8") as file:
        done = subprocess.run(command, env=environment, cwd=work, stdin=subprocess.DEVNULL, stdout=file, stderr=file, check=False)
    if done.returncode:
        raise SetupError(f"PyInstaller failed; its last words are:\n{log.read_text('utf-8')[-2000:]}\nThe rest stands in {log}.")
    product = made / ("aedesk.app" if sys.platform == "darwin" else "aedesk")
    folder = out / (f"{name}.app" if sys.platform == "darwin" else name)
    if folder.exists():
        shutil.rmtree(folder)
    shutil.move(product, folder)
    shutil.rmtree(made, ignore_errors=True)
    return folder


def strip_symbols(folder: Path) -> None:
    """Take names for debuggers out of the large libraries: a fifth of torch. Not where wheels' tools have moved sections already."""
    strip = shutil.which("strip")
    if sys.platform != "linux" or strip is None:
        return
    for path in folder.rglob("*.so*"):
        large = not path.is_symlink() and path.stat().st_size > STRIP_FROM_BYTES
        if large and not path.parent.name.endswith(".libs"):
            subprocess.run([strip, "--strip-unneeded", str(path)], capture_output=True, check=False)


def add_installer(folder: Path) -> None:
    """What the installer script of Linux needs stands beside the program."""
    share = folder / "share"
    shutil.copytree(PROJECT / "resources" / "desktop", share / "desktop")
    icons = share / "icons"
    icons.mkdir()
    for path in (PROJECT / "resources" / "icons" / "app").iterdir():
        if path.suffix in (".png", ".svg"):
            shutil.copy(path, icons)
    for name in ("install.sh", "uninstall.sh"):
        shutil.copy(INSTALLERS / "linux" / name, folder)
        (folder / name).chmod(0o755)


def pack(env: Path, folder: Path, out: Path) -> Path | None:
    """The one file that people get; None where the tool for it is not installed."""
    if sys.platform == "win32":
        places = [os.environ.get("PATH", ""), *(str(Path(os.environ.get(root, ""), "Inno Setup 6")) for root in PROGRAM_FOLDERS)]
        compiler = shutil.which("ISCC", path=os.pathsep.join(places))
        if compiler is None:
            say("Inno Setup (ISCC) is not installed: the folder stays as it is")
            return None
        command = [
            compiler, "/Q", f"/DVersion={version()}", f"/DFolder={folder}", f"/O{out}", f"/F{folder.name}",
            str(INSTALLERS / "windows" / "aedesk.iss"),
        ]  # fmt: skip
        packed = out / f"{folder.name}.exe"
    elif sys.platform == "darwin":
        packed = out / f"{folder.stem}.dmg"
        command = ["sh", str(INSTALLERS / "macos" / "make_dmg.sh"), str(folder), str(packed)]
    else:
        packed = out / f"{folder.name}.tar.zst"
        command = [str(environment_python(env)), str(INSTALLERS / "pack.py"), str(folder), str(packed)]
    say(f"packing {packed.name}")
    if subprocess.run(command, stdin=subprocess.DEVNULL, stdout=sys.stderr, env=program_environment(env), check=False).returncode:
        raise SetupError(f"{shlex.join(command)} failed; its message stands above.")
    return packed


def size_bytes(folder: Path) -> int:
    return sum(path.lstat().st_size for path in folder.rglob("*") if not path.is_dir())


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="build.py", description="Build the packaged program of this system.")
    parser.add_argument("--variant", choices=VARIANTS, default="cpu", help="for processors only (default), or with CUDA for NVIDIA GPUs")
    parser.add_argument("--torch", metavar="SPEC", help=f"the torch to build with (default on Linux for cpu: {CPU_TORCH})")
    parser.add_argument("--env", type=Path, metavar="DIR", help="the environment's folder (default: build/env-VARIANT)")
    parser.add_argument("--work", type=Path, default=PROJECT / "build" / "package", metavar="DIR", help="for what is made on the way")
    parser.add_argument("--out", type=Path, default=PROJECT / "dist", metavar="DIR", help="where the result goes (default: dist)")
    parser.add_argument("--no-pack", action="store_true", help="leave it at the folder")
    return parser.parse_args(arguments)


def main(arguments: list[str]) -> int:
    try:
        dev.check_python()
        known = parse(arguments)
        begun = time.monotonic()
        env = (known.env or PROJECT / "build" / f"env-{known.variant}").expanduser().absolute()
        work, out = known.work.expanduser().absolute(), known.out.expanduser().absolute()
        dev.ensure_environment(env, {"package"}, torch_for(known.variant, known.torch))
        check_variant(env, known.variant)
        for folder in (work, out):
            folder.mkdir(parents=True, exist_ok=True)
        ready = time.monotonic()
        bundle = freeze(env, work, out, bundle_name(known.variant))
        if sys.platform == "linux":
            strip_symbols(bundle)
            add_installer(bundle)
        frozen = time.monotonic()
        packed = None if known.no_pack else pack(env, bundle, out)
        ended = time.monotonic()
    except SetupError as error:
        say(str(error))
        return 1
    except KeyboardInterrupt:
        say("interrupted; the same command begins again")
        return 130
    print(f"{bundle}  {size_bytes(bundle) / MB:.0f} MB")
    if packed is not None:
        print(f"{packed}  {packed.stat().st_size / MB:.0f} MB")
    print(f"environment {ready - begun:.0f} s, program {frozen - ready:.0f} s, packing {ended - frozen:.0f} s")
    return 0


if __name__ == "__main__":
    os.umask(0o022)  # the program is for everybody on the machine
    sys.exit(main(sys.argv[1:]))
