"""A session on the disk: ``session.json`` and one file per result that no other file holds. No Qt.

The pictures themselves are read again from where they were opened. A result is an .npz archive without pickled objects, uncompressed,
because it is written while the person works.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np

from aedesk.core.documents import parse_json
from aedesk.gui.documents.disk_backed import move_to_disk
from aedesk.gui.documents.history import History, Step
from aedesk.imaging.picture import Picture
from aedesk.settings.places import cache_dir
from aedesk.settings.private import open_private

FILE = "session.json"
VERSION = 1
_BLOCKS = ("icc", "exif", "xmp", "iptc")
_PLAIN = (str, int, float, bool, type(None))


@dataclass(frozen=True)
class Kept:
    """One open picture.

    Args:
        path: the file it was opened from.
        at: which of the steps was the present one.
        modified: whether its present result was in no file.
        steps: each the plain values of a ``Step`` by name; the names of files stand for pictures, in ``pictures``.
    """

    path: str
    at: int = 0
    modified: bool = False
    steps: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True)
class Record:
    """The open pictures in order; ``current`` is the path of the one that was looked at, or empty."""

    documents: tuple[Kept, ...] = field(default=())
    current: str = ""

    @property
    def unsaved(self) -> int:
        return sum(document.modified for document in self.documents)


def step_values(step: Step, name_of: dict[Picture, str]) -> dict[str, Any]:
    """A step as JSON has it: {"values": ..., "pictures": ...}. What is neither plain nor a picture is left out."""
    values: dict[str, Any] = {}
    pictures: dict[str, str] = {}
    for each in fields(step):
        value = getattr(step, each.name)
        if isinstance(value, Picture):
            pictures[each.name] = name_of[value]
        elif each.name != "serial" and isinstance(value, _PLAIN):
            values[each.name] = value
    return {"values": values, "pictures": pictures}


def write_record(record: Record, folder: Path) -> None:
    """Replace ``session.json`` in one step. Raises OSError."""
    documents = [{"path": kept.path, "at": kept.at, "modified": kept.modified, "steps": list(kept.steps)} for kept in record.documents]
    text = json.dumps({"version": VERSION, "current": record.current, "documents": documents})
    fresh = folder / f"{FILE}.new"
    with open_private(fresh) as file:
        file.write(text)
    os.replace(fresh, folder / FILE)


def read_record(folder: Path) -> Record | None:
    """What a session left, None if nothing or nothing that can be understood."""
    try:
        found = parse_json((folder / FILE).read_bytes())
        if found["version"] != VERSION:
            return None
        documents = tuple(
            Kept(str(each["path"]), int(each["at"]), bool(each["modified"]), tuple(each["steps"])) for each in found["documents"]
        )
        return Record(documents, str(found["current"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def read_history(kept: Kept, folder: Path) -> History | None:
    """The steps with their pictures, None if one of them is not there or damaged. Any thread."""
    loaded: dict[str, Picture] = {}
    steps = []
    try:
        for each in kept.steps:
            pictures: dict[str, Any] = {}
            for name, file in each["pictures"].items():
                if file not in loaded:
                    loaded[file] = move_to_disk(read_picture(folder / Path(file).name), cache_dir())
                pictures[name] = loaded[file]
            steps.append(Step(**each["values"], **pictures))
        return History.restored(steps, kept.at)
    except Exception:  # a crash may have left anything: the picture is then opened without what was done to it
        return None


def write_picture(picture: Picture, path: Path) -> None:
    """Raises OSError. Any thread."""
    arrays: dict[str, Any] = {"pixels": picture.pixels}
    if picture.alpha is not None:
        arrays["alpha"] = picture.alpha
    if picture.dpi is not None:
        arrays["dpi"] = np.array(picture.dpi, np.float64)
    if picture.text:
        arrays["text"] = np.frombuffer(json.dumps(picture.text).encode(), np.uint8)
    for name in _BLOCKS:
        block = getattr(picture, name)
        if block is not None:
            arrays[name] = np.frombuffer(block, np.uint8)
    fresh = path.with_name(path.name + ".new")
    with open_private(fresh, "wb") as file:
        np.savez(file, **arrays)
    os.replace(fresh, path)


def read_picture(path: Path) -> Picture:
    """Raises what numpy raises of a file that is not whole."""
    with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
        dpi = tuple(float(value) for value in arrays["dpi"]) if "dpi" in arrays else None
        blocks = {name: arrays[name].tobytes() for name in _BLOCKS if name in arrays}
        text = tuple((str(key), str(value)) for key, value in json.loads(arrays["text"].tobytes())) if "text" in arrays else ()
        return Picture(arrays["pixels"], arrays.get("alpha"), dpi=(dpi[0], dpi[1]) if dpi else None, text=text, **blocks)
