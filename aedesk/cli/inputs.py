"""From what people type to the files to work on: files, folders and globs."""

from __future__ import annotations

import glob
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

STDIN = Path("-")


@dataclass(frozen=True)
class Input:
    """A file to work on, or ``STDIN``; ``below`` is its place below the output folder, from a folder argument with its sub-folders."""

    path: Path
    below: Path


@dataclass(frozen=True)
class Inputs:
    """``single`` if one file was named as such; ``missing`` says for every argument that gave nothing why."""

    files: tuple[Input, ...]
    missing: tuple[str, ...]
    single: bool


def expand(
    arguments: Sequence[str], leave_out: Path | None = None, wanted: Callable[[str], bool] | None = None, what: str = "pictures"
) -> Inputs:
    """The files behind the arguments, each once, in a stable order.

    Folders are searched with their sub-folders, for files named like what is wanted; hidden files are passed over. A name that exists is
    never taken for a glob. The shell has usually expanded globs already, but on Windows it does not.

    Args:
        leave_out: the output folder: not searched, so that results of an earlier call are not taken as inputs.
        wanted: whether a name in a folder is taken; None for the names of pictures. What is named by itself is always taken.
        what: the word for what is wanted.
    """
    found: dict[Path, Input] = {}
    missing: list[str] = []
    for argument in arguments:
        if argument == str(STDIN):
            found[STDIN] = Input(STDIN, Path("stdin"))
            continue
        paths = _paths(argument)
        files = [file for path in paths for file in (_walk(path, leave_out, wanted) if path.is_dir() else [Input(path, Path(path.name))])]
        if not paths:
            missing.append(
                f"{argument}: there is no such file or folder." if not glob.has_magic(argument) else f"{argument} matches nothing."
            )
        elif not files:
            missing.append(f"{argument}: there are no {what} in this folder.")
        for file in files:
            found.setdefault(file.path.resolve(), file)
    single = len(arguments) == 1 and len(found) == 1 and not Path(arguments[0]).is_dir()
    return Inputs(tuple(found.values()), tuple(missing), single)


def _paths(argument: str) -> list[Path]:
    path = Path(argument).expanduser()
    if path.exists():
        return [path]
    return [Path(match) for match in sorted(glob.glob(str(path), recursive=True))]  # noqa: PTH207 - Path.glob takes no absolute pattern


def _walk(folder: Path, leave_out: Path | None, wanted: Callable[[str], bool] | None) -> Iterator[Input]:
    if wanted is None:
        from aedesk.imaging.io import is_picture_path

        wanted = is_picture_path
    barred = leave_out.resolve() if leave_out else None
    if barred == folder.resolve():
        barred = None  # in place
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and Path(parent, name).resolve() != barred)
        for name in sorted(names):
            if not name.startswith(".") and wanted(name):
                path = Path(parent, name)
                yield Input(path, path.relative_to(folder))
