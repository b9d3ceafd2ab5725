"""The file of a shared watermark."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from marked_collections import word

from aedesk.core.errors import DataError
from aedesk.imaging import io
from aedesk.imaging.tiling import Box
from aedesk.watermark.collection import saved_mark
from aedesk.watermark.collection.alignment import Layout
from aedesk.watermark.collection.poisson_estimate import WatermarkFields
from aedesk.watermark.collection.saved_mark import SharedMark


def test_a_watermark_round_trips_through_its_file_and_damage_is_an_error(tmp_path: Path) -> None:
    alpha = word()
    colour = np.stack([alpha * level for level in (0.9, 0.5, 0.1)])
    mark = SharedMark(WatermarkFields(1 - alpha, colour), Box(7, 9, 167, 129), Layout((400, 300), (1, 0.5), "short"), 12, 1.25, True)
    path = saved_mark.save(mark, tmp_path / "mark.png", overwrite=False)
    back = saved_mark.load(path)
    assert back.fields.alpha == pytest.approx(alpha, abs=1e-4)
    assert back.fields.premultiplied == pytest.approx(colour, abs=1e-4)
    assert (back.box, back.layout, back.pictures, back.error, back.displaced) == (mark.box, mark.layout, 12, 1.25, True)
    picture = io.read(path)
    assert picture.xmp is not None
    for old, new in ((b"box", b"bax"), (b"short", b"shart"), (b'"version": 1', b'"version": 7')):
        changed = picture.xmp.replace(old, new)
        assert changed != picture.xmp
        damaged = io.write(replace(picture, xmp=changed), tmp_path / "damaged.png", overwrite=True)
        with pytest.raises(DataError):
            saved_mark.load(damaged)
