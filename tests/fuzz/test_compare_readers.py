"""The comparison with other decoders finds what differs, and nothing else."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import compare_readers
import numpy as np
from sample_files import NAMES, sample_file

from aedesk.imaging import io
from aedesk.imaging.picture import Picture
from aedesk.jobs.picture_reader import PictureReader

ALONE = {"ten.heic", "eight.heic", "bayer.dng", "cmyk.jpg"}
"""No other decoder of those at hand reads them, or each converts them in its own way."""


def test_every_kind_of_file_is_read_as_others_read_it(tmp_path: Path) -> None:
    names = [name for name in NAMES if not name.endswith(".dng") or find_spec("rawpy")]
    reader, others = PictureReader(), compare_readers.Others()
    outcomes = {}
    try:
        for name in names:
            (tmp_path / name).write_bytes(sample_file(name))
            outcomes[name] = compare_readers.judged(tmp_path / name, reader, others)
    finally:
        reader.close()
        others.close()
    wrong = {name: outcome for name, outcome in outcomes.items() if outcome[0] != ("alone" if name in ALONE else "same")}
    assert wrong == {}


def test_a_difference_is_found(tmp_path: Path) -> None:
    path = io.write(Picture(np.full((8, 8, 3), 100, np.uint8)), tmp_path / "a.png")
    other = compare_readers.by_pillow(path)
    assert other is not None
    assert compare_readers.difference(Picture(np.full((8, 8, 3), 110, np.uint8)), other) == 10
    assert compare_readers.difference(Picture(np.full((8, 9, 3), 100, np.uint8)), other) == 255
