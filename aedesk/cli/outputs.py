"""Where results go: decided, and checked for accidents, before anything is computed."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from aedesk.cli.inputs import STDIN, Input, Inputs
from aedesk.core.errors import SpecError

DASH = "-"
"""Stands for standard output, as in many programs."""


@dataclass(frozen=True)
class StandardOutput:
    """In place of an output file; ``suffix`` tells the format."""

    suffix: str

    def __str__(self) -> str:
        return "standard output"


Output = Path | StandardOutput


class Existing(Enum):
    """What happens to an output that is there already."""

    REFUSE = "refuse"
    REPLACE = "replace"
    SKIP = "skip"


def add_arguments(parser: argparse.ArgumentParser, out: str = "a file for one input, a folder for many", *, pictures: bool = True) -> None:
    """The options of every command that writes files: ``--out``, ``--format``, ``--overwrite`` and ``--skip-existing``.

    Args:
        out: what OUT is, for the help.
        pictures: the files are pictures of other formats than .aed; there is ``--drop-metadata`` then.
    """
    parser.add_argument("-o", "--out", required=True, metavar="OUT", help=f"{out}, or - for standard output")
    parser.add_argument("--format", metavar="NAME", help="format of the outputs in a folder or on standard output, such as png or jpg")
    if pictures:
        parser.add_argument("--drop-metadata", action="store_true", help="leave out metadata that the output's format has no room for")
    policy = parser.add_mutually_exclusive_group()
    policy.add_argument("--overwrite", action="store_true", help="replace outputs that are there already, the input itself too")
    policy.add_argument(
        "--skip-existing", action="store_true", help="skip inputs whose output is there already: a second run goes on with the rest"
    )


def existing_policy(args: argparse.Namespace) -> Existing:
    if args.overwrite:
        return Existing.REPLACE
    return Existing.SKIP if args.skip_existing else Existing.REFUSE


def is_folder(out: str, inputs_are_single: bool) -> bool:
    """Whether ``-o OUT`` means a folder: for many inputs always; for one, if it exists as one, ends in a slash or has no suffix."""
    if out == DASH or Path(out).is_file():
        return False
    return not inputs_are_single or Path(out).is_dir() or out.endswith(("/", os.sep)) or not Path(out).suffix


def plan(inputs: Inputs, out: str, writable: frozenset[str], fallback: str = ".png", form: str | None = None) -> list[tuple[Input, Output]]:
    """The output file of every input.

    In a folder a result keeps the name and the sub-folder of its input, with the suffix of ``form``; without one, a format that cannot be
    written becomes ``fallback``. If several inputs would get one name, one that keeps its own name has it, otherwise the first. The others
    get their whole name before the new suffix (``a.heic`` and ``a.gif`` become ``a.png`` and ``a.gif.png``), or a number where that says
    nothing new or is taken (``a-2.jpg``). No result takes the place of another input.

    Args:
        form: a suffix without its dot, None for that of each input, or of OUT if that is a file.

    Raises:
        SpecError: OUT cannot be what it must be.
    """
    path = Path(out).expanduser()
    suffix = None if form is None else _checked(f".{form.lower().removeprefix('.')}", writable)
    if not inputs.files:
        return []
    if not is_folder(out, inputs.single):
        if len(inputs.files) > 1:
            what = "Standard output takes one picture" if out == DASH else f"{out} is a file"
            raise SpecError(f"{what}, but there are several inputs.", "Give a folder.")
        if out == DASH:
            suffix = suffix or (fallback if len(writable) == 1 else None)
            if suffix is None:
                raise SpecError("Standard output has no name that says the format.", "Give it, as in --format png.")
            if sys.stdout.isatty():
                raise SpecError("Standard output is a terminal, which shows no pictures.", "Send it to a file or another program.")
            return [(inputs.files[0], StandardOutput(suffix))]
        if suffix not in (None, _checked(path.suffix.lower(), writable, out)):
            raise SpecError(f"{out} does not end in {suffix}.", "Leave --format out, or change the name.")
        return [(inputs.files[0], path)]
    return list(zip(inputs.files, _distinct(inputs.files, path, writable, suffix or "", fallback), strict=True))


def existing(pairs: Sequence[tuple[Input, Output]], policy: Existing) -> dict[Input, str]:
    """The inputs whose output is there already and may not be replaced, each with what to say."""
    found = {file: output for file, output in pairs if isinstance(output, Path) and output.exists() and policy is not Existing.REPLACE}
    if policy is Existing.SKIP:
        return {file: f"{file.path}: skipped, {output} exists already." for file, output in found.items()}
    hint = "Choose another output, or give --overwrite or --skip-existing."
    return {file: f"{file.path}: {output} exists already. {hint}" for file, output in found.items()}


def _checked(suffix: str, writable: frozenset[str], out: str = "") -> str:
    if suffix not in writable:
        what = f"{out} cannot be written: unknown suffix." if out else f"The format {suffix.removeprefix('.')!r} cannot be written."
        raise SpecError(what, f"Use one of {', '.join(sorted(writable))}.")
    return suffix


def _distinct(files: Sequence[Input], folder: Path, writable: frozenset[str], suffix: str, fallback: str) -> list[Path]:
    owners = {_key(file.path): index for index, file in enumerate(files) if file.path != STDIN}
    renamed = [next(_candidates(file.below, writable, suffix, fallback)) != file.below for file in files]
    chosen: dict[int, Path] = {}
    taken: set[str] = set()
    for index in sorted(range(len(files)), key=renamed.__getitem__):  # stable: those that keep their names first
        for name in _candidates(files[index].below, writable, suffix, fallback):
            key = _key(folder / name)
            if key not in taken and owners.get(key, index) == index:
                taken.add(key)
                chosen[index] = folder / name
                break
    return [chosen[index] for index in range(len(files))]


def _candidates(below: Path, writable: frozenset[str], suffix: str, fallback: str) -> Iterator[Path]:
    """The names that a result may have, best first, without end."""
    wanted = suffix or (below.suffix if below.suffix.lower() in writable else fallback)
    first = below.with_suffix(wanted)
    yield first
    if below.suffix != wanted:
        yield below.with_name(below.name + wanted)
    number = 2
    while True:
        yield first.with_name(f"{first.stem}-{number}{wanted}")
        number += 1


def _key(path: Path) -> str:
    text = str(path.resolve())
    return text.casefold() if sys.platform in ("win32", "darwin") else text
