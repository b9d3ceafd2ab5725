"""Pairs of a noisy and a clean picture, found by their names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from aedesk.core.errors import DataError
from aedesk.data.pictures.files import PictureFile


@dataclass(frozen=True)
class Pair:
    """Two pictures of one scene."""

    noisy: PictureFile
    clean: PictureFile

    @property
    def name(self) -> str:
        return self.noisy.name


def pairs_of_folders(noisy: Iterable[PictureFile], clean: Iterable[PictureFile], problems: list[str]) -> list[Pair]:
    """Pairs of the same name, without the suffix, below two folders. Raises :class:`DataError` if there is none."""
    return _match(_by_key(noisy, "", problems), _by_key(clean, "", problems), problems)


def pairs_of_suffixes(files: Iterable[PictureFile], noisy_suffix: str, clean_suffix: str, problems: list[str]) -> list[Pair]:
    """Pairs ``NAME<noisy_suffix>.*`` and ``NAME<clean_suffix>.*`` in one folder. Raises :class:`DataError` if there is none."""
    files = list(files)
    return _match(_by_key(files, noisy_suffix, problems), _by_key(files, clean_suffix, problems), problems)


def _by_key(files: Iterable[PictureFile], suffix: str, problems: list[str]) -> dict[str, PictureFile]:
    found: dict[str, PictureFile] = {}
    for file in files:
        if not file.stem.endswith(suffix):
            continue
        key = file.stem.removesuffix(suffix)
        if key in found:
            problems.append(f"{file.name} is left out: {found[key].name} has the same name.")
        else:
            found[key] = file
    return found


def _match(noisy: Mapping[str, PictureFile], clean: Mapping[str, PictureFile], problems: list[str]) -> list[Pair]:
    pairs = [Pair(noisy[key], clean[key]) for key in sorted(noisy) if key in clean]
    if not pairs:
        example = next(iter(noisy.values())).name if noisy else "no noisy picture"
        raise DataError(
            f"No noisy picture has a clean partner (found: {example}).", "The two of a pair need the same name, but for the suffix."
        )
    for mine, others, what in ((noisy, clean, "clean"), (clean, noisy, "noisy")):
        problems += [f"{file.name} is left out: it has no {what} partner." for key, file in mine.items() if key not in others]
    return pairs
