"""Where results go: decided, and checked for accidents, before anything is computed."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from aedesk.cli.inputs import Input, Inputs
from aedesk.core.errors import SpecError


def is_folder(out: str, inputs_are_single: bool) -> bool:
    """Whether ``-o OUT`` means a folder: for many inputs always; for one, if it exists as one, ends in a slash or has no suffix."""
    return not inputs_are_single or Path(out).is_dir() or out.endswith(("/", os.sep)) or not Path(out).suffix


def plan(inputs: Inputs, out: str, writable: frozenset[str], fallback: str = ".png") -> list[tuple[Input, Path]]:
    """The output file of every input.

    In a folder a result keeps the name and the sub-folder of its input; a format that cannot be written becomes ``fallback``.

    Raises:
        SpecError: OUT cannot be what it must be, two inputs would get one output, or an output would replace another input.
    """
    path = Path(out).expanduser()
    if not is_folder(out, inputs.single):
        if path.suffix.lower() not in writable:
            raise SpecError(f"{out} cannot be written: unknown suffix.", f"Use one of {', '.join(sorted(writable))}.")
        pairs = [(file, path) for file in inputs.files]
    else:
        if path.exists() and not path.is_dir():
            raise SpecError(f"{out} is a file, but there are several inputs.", "Give a folder.")
        pairs = [(file, path / _renamed(file.below, writable, fallback)) for file in inputs.files]
    _check_collisions(pairs)
    return pairs


def existing(pairs: Sequence[tuple[Input, Path]], overwrite: bool) -> dict[Input, str]:
    """The inputs whose output is there already and may not be replaced, each with a complaint."""
    return {
        file: f"{file.path}: {output} exists already. Choose another output, or give --overwrite."
        for file, output in pairs
        if not overwrite and output.exists()
    }


def _renamed(below: Path, writable: frozenset[str], fallback: str) -> Path:
    return below if below.suffix.lower() in writable else below.with_suffix(fallback)


def _check_collisions(pairs: Sequence[tuple[Input, Path]]) -> None:
    taken: dict[str, Path] = {}
    inputs = {_key(file.path): file.path for file, _ in pairs}
    for file, output in pairs:
        key = _key(output)
        if key in taken:
            raise SpecError(
                f"{taken[key]} and {file.path} would both become {output}.", "Give the folder above them, or convert them one by one."
            )
        taken[key] = file.path
        if key in inputs and key != _key(file.path):
            raise SpecError(f"The result of {file.path} would replace the input {inputs[key]}.", "Choose another output folder.")


def _key(path: Path) -> str:
    text = str(path.resolve())
    return text.casefold() if sys.platform in ("win32", "darwin") else text
