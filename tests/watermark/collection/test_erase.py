"""One watermark on many pictures: estimated, removed, saved, and nothing else changed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from marked_collections import backgrounds, marked, word, write_all
from sample_pictures import XMP, exif_block, exif_tags, profile
from scipy.ndimage import binary_dilation

from aedesk.core.cancel import CancelToken, JobCancelled
from aedesk.core.errors import DataError, PictureError
from aedesk.core.events import Event, Finished, Log, Progress
from aedesk.core.shared_mark_specs import MIN_PICTURES, SharedMarkResult, SharedMarkSpec
from aedesk.imaging import io
from aedesk.imaging.metrics import psnr
from aedesk.imaging.picture import Picture
from aedesk.watermark.collection import saved_mark
from aedesk.watermark.collection.erase import erase_shared_mark

Run = Callable[[Iterator[Event]], Any]
COUNT = 12


def clean_up(inputs: tuple[str, ...], outputs: tuple[str, ...], result_of: Run, **options: Any) -> SharedMarkResult:
    result: SharedMarkResult = result_of(erase_shared_mark(SharedMarkSpec(inputs, outputs, inpaint_model="", **options), CancelToken()))
    return result


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_a_word_is_removed_from_a_collection_and_nothing_else_changes(dtype: type, result_of: Run, tmp_path: Path) -> None:
    clean, alpha = backgrounds(COUNT), word()
    kept: dict[str, Any] = {"icc": profile("Display P3"), "xmp": XMP, "exif": exif_block(), "dpi": (300.0, 300.0)}
    pictures = [Picture(marked(c, alpha, dtype=dtype), **kept) for c in clean]
    inputs, outputs = write_all(tmp_path, pictures)
    result = clean_up(inputs, outputs, result_of)
    assert result.written == outputs
    assert result.failed == ()
    assert (result.pictures, result.colours) == (COUNT, 1)
    left, top, width, height = result.box or (0, 0, 0, 0)
    outside = np.ones(alpha.shape, bool)
    outside[top : top + height, left : left + width] = False
    assert not alpha[outside].any()
    assert outside.any()
    found = []
    for picture, output, background in zip(pictures, outputs, clean, strict=True):
        after = io.read(output)
        assert after.pixels.dtype == dtype
        assert (after.icc, after.xmp) == (picture.icc, picture.xmp)
        assert after.exif is not None
        assert exif_tags(kept["exif"]).items() <= exif_tags(after.exif).items()
        assert after.dpi == pytest.approx(picture.dpi, abs=0.1)
        assert np.array_equal(after.pixels[outside], picture.pixels[outside])
        inside = alpha > 0
        found.append(psnr(background[inside][None], after.pixels[inside][None] / np.iinfo(dtype).max))
    assert np.mean(found) > 38


def test_alpha_and_colour_are_estimated(result_of: Run, tmp_path: Path) -> None:
    alpha = word(opacity=0.4)
    pictures = [Picture(marked(c, alpha, (0.9, 0.2, 0.1))) for c in backgrounds(COUNT)]
    result = clean_up(*write_all(tmp_path, pictures), result_of)
    left, top, width, height = result.box or (0, 0, 0, 0)
    found = result.mark.alpha / 65535
    true = alpha[top : top + height, left : left + width]
    assert np.sqrt(np.mean((found - true)[true > 0] ** 2)) < 0.03
    assert np.abs(found - true)[true == 0].mean() < 0.005
    assert np.median(result.mark.pixels[true > 0.3], axis=0) / 65535 == pytest.approx((0.9, 0.2, 0.1), abs=0.06)
    assert 0 < result.error < 4


def test_shifted_watermarks_are_aligned(result_of: Run, tmp_path: Path) -> None:
    clean = backgrounds(COUNT)
    rng = np.random.default_rng(3)
    alphas = [word(at=(24 + int(x), 40 + int(y))) for x, y in rng.integers(-6, 7, (COUNT, 2))]
    inputs, outputs = write_all(tmp_path, [Picture(marked(c, a)) for c, a in zip(clean, alphas, strict=True)])
    result = clean_up(inputs, outputs, result_of)
    assert result.written == outputs
    found = [psnr(c[a > 0][None], io.read(output).pixels[a > 0][None] / 255) for c, a, output in zip(clean, alphas, outputs, strict=True)]
    assert np.mean(found) > 36


def test_a_watermark_anchored_to_a_corner_is_found_on_pictures_of_different_sizes(result_of: Run, tmp_path: Path) -> None:
    clean, alpha = backgrounds(COUNT), word(at=(30, 60))
    cuts = [(4 * (index % 3), 5 * (index % 4)) for index in range(COUNT)]
    inputs, outputs = write_all(tmp_path, [Picture(marked(c[y:, x:], alpha[y:, x:])) for c, (x, y) in zip(clean, cuts, strict=True)])
    result = clean_up(inputs, outputs, result_of)
    assert result.written == outputs
    for background, (x, y), output in zip(clean, cuts, outputs, strict=True):
        inside = alpha[y:, x:] > 0
        assert psnr(background[y:, x:][inside][None], io.read(output).pixels[inside][None] / 255) > 33


def test_pictures_without_a_common_watermark_are_an_error_and_nothing_is_written(tmp_path: Path) -> None:
    inputs, outputs = write_all(tmp_path, [Picture(marked(c, word(opacity=0))) for c in backgrounds(COUNT)])
    with pytest.raises(DataError, match="no watermark in common"):
        list(erase_shared_mark(SharedMarkSpec(inputs, outputs), CancelToken()))
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("count", [1, MIN_PICTURES - 1])
def test_too_few_pictures_are_an_error_that_says_how_many_are_needed(count: int, tmp_path: Path) -> None:
    inputs, outputs = write_all(tmp_path, [Picture(marked(c, word())) for c in backgrounds(count)])
    with pytest.raises(DataError) as caught:
        list(erase_shared_mark(SharedMarkSpec(inputs, outputs), CancelToken()))
    assert str(MIN_PICTURES) in caught.value.hint
    assert not (tmp_path / "out").exists()


def test_few_pictures_give_a_doubtful_result_and_a_warning(tmp_path: Path) -> None:
    inputs, outputs = write_all(tmp_path, [Picture(marked(c, word())) for c in backgrounds(6)])
    events = list(erase_shared_mark(SharedMarkSpec(inputs, outputs, inpaint_model=""), CancelToken()))
    assert isinstance(events[-1], Finished)
    assert events[-1].result.doubtful
    assert any(isinstance(event, Log) and event.level == "warning" and "6 pictures" in event.text for event in events)
    done = [event.done for event in events if isinstance(event, Progress)]
    assert done == sorted(done)
    assert done[-1] == 100


def test_a_saved_watermark_is_removed_from_a_later_picture_and_others_are_unchanged(result_of: Run, tmp_path: Path) -> None:
    clean, alpha = backgrounds(COUNT + 1), word()
    saved = tmp_path / "mark.png"
    result = clean_up(*write_all(tmp_path / "many", [Picture(marked(c, alpha)) for c in clean[:COUNT]]), result_of, mark=str(saved))
    assert saved_mark.load(saved).pictures == COUNT
    later, unmarked = Picture(marked(clean[-1], alpha)), Picture(marked(clean[0], 0 * alpha))
    inputs, outputs = write_all(tmp_path / "later", [later, unmarked])
    again = clean_up(inputs, outputs, result_of, mark=str(saved))
    assert again.written == outputs[:1]
    assert [source for source, _ in again.failed] == [inputs[1]]
    assert not Path(outputs[1]).exists()
    assert again.error == pytest.approx(result.error, abs=0.01)
    inside = alpha > 0
    assert psnr(clean[-1][inside][None], io.read(outputs[0]).pixels[inside][None] / 255) > 33


def test_only_opaque_parts_are_inpainted(tmp_path: Path) -> None:
    alpha = word(opacity=1.0)
    clean = backgrounds(COUNT)
    inputs, outputs = write_all(tmp_path, [Picture(marked(c, alpha, (0.1, 0.6, 0.3))) for c in clean])
    masks = []

    def paint(picture: Picture, mask: np.ndarray, cancel: CancelToken) -> Picture:
        masks.append(mask)
        pixels = picture.pixels.copy()
        pixels[mask > 0] = (1, 2, 3)
        return picture.with_pixels(pixels)

    *_, last = erase_shared_mark(SharedMarkSpec(inputs, outputs), CancelToken(), repair=paint)
    assert isinstance(last, Finished)
    assert last.result.residue == len(masks) == COUNT
    assert (masks[0][alpha == 1] == 255).mean() > 0.95
    assert not masks[0][~binary_dilation(alpha > 0, np.ones((3, 3)))].any()
    assert (io.read(outputs[0]).pixels[masks[0] > 0] == (1, 2, 3)).all()


def test_an_unreadable_file_is_reported_and_the_others_are_cleaned(result_of: Run, tmp_path: Path) -> None:
    inputs, outputs = write_all(tmp_path, [Picture(marked(c, word())) for c in backgrounds(COUNT)])
    Path(inputs[3]).write_bytes(b"not a picture")
    result = clean_up(inputs, outputs, result_of)
    assert [source for source, _ in result.failed] == [inputs[3]]
    assert result.written == (*outputs[:3], *outputs[4:])


def test_a_cancelled_job_stops_and_writes_nothing_more(tmp_path: Path) -> None:
    inputs, outputs = write_all(tmp_path, [Picture(marked(c, word())) for c in backgrounds(6)])
    stop = threading.Event()
    events = erase_shared_mark(SharedMarkSpec(inputs, outputs), CancelToken(stop))
    next(events)
    stop.set()
    with pytest.raises(JobCancelled):
        list(events)
    assert not (tmp_path / "out").exists()


def test_a_picture_that_is_not_a_saved_watermark_is_rejected(tmp_path: Path) -> None:
    path = io.write(Picture(np.zeros((4, 4, 3), np.uint8)), tmp_path / "mark.png")
    with pytest.raises(DataError, match="not a watermark saved"):
        saved_mark.load(path)
    with pytest.raises(PictureError):
        saved_mark.load(tmp_path / "missing.png")
