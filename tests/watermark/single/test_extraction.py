"""Watermarks are decomposed into uniform overlays."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from overlay_scenes import SIZE, Network, cut, disc, mark_and_object, over, picture, predicted
from scipy import ndimage

from aedesk.imaging.tiling import Box
from aedesk.watermark.single import extraction as extraction_module
from aedesk.watermark.single import plausibility
from aedesk.watermark.single.extraction import ExtractionResult, extract_overlays
from aedesk.watermark.single.network import PredictionMap
from aedesk.watermark.single.overlay import UniformOverlay
from aedesk.watermark.single.overlay_fit import fit_overlay

ALPHA = 0.5
NAVY, WHITE = (0.1, 0.2, 0.5), (1.0, 1.0, 1.0)


def error(extraction: ExtractionResult, clean: np.ndarray, where: np.ndarray) -> float:
    return float(np.abs(extraction.restored - clean)[:, where].mean())


@pytest.mark.parametrize("alpha", [0.5, 0.65])
def test_a_watermark_of_two_overlays_is_removed_one_by_one(alpha: float) -> None:
    clean, icon = picture(3), disc(24)
    plate = disc(60) & ~icon
    network = Network((plate, (0.9, 0.2, 0.1), alpha), (icon, (1.0, 1.0, 1.0), alpha))
    marked = over(over(clean, (0.9, 0.2, 0.1), alpha, plate), (1, 1, 1), alpha, icon)
    extraction = extract_overlays(marked, network.first(), network.predict)
    assert len(extraction.overlays) == 2
    assert (extraction.mask == (plate | icon)).mean() > 0.99
    assert error(extraction, clean, plate | icon) < 0.25 * np.abs(marked - clean)[:, plate | icon].mean()
    untouched = ~ndimage.binary_dilation(plate | icon, iterations=3)
    assert np.array_equal(extraction.restored[:, untouched], marked[:, untouched])


def test_without_a_plausible_fit_the_predicted_overlay_is_tried() -> None:
    """Most of the first prediction is an object of the picture."""
    red, rows, columns = (0.9, 0.2, 0.1), *np.mgrid[:SIZE, :SIZE]
    mark = (rows - 36) ** 2 + (columns - 80) ** 2 < 16**2
    other = (rows > 70) & (rows < 150) & (columns % 32 > 12)
    clean = over(picture(6), (0.0, 0.3, 0.9), 0.4, other)
    marked = over(clean, red, 0.5, mark)
    network = Network((mark, red, 0.5))
    extraction = extract_overlays(marked, predicted(mark | other, (0.8, 0.3, 0.2), 0.45), network.predict)
    assert (extraction.mask == mark).all()
    assert error(extraction, clean, mark) < 0.25 * np.abs(marked - clean)[:, mark].mean()


def test_a_detection_that_is_not_confirmed_is_left_alone() -> None:
    """The network sees a watermark, but not the fitted overlay."""
    clean, other = picture(4), disc(40)
    network = Network()
    extraction = extract_overlays(clean, predicted(other, (1, 1, 1), 0.5), network.predict)
    assert not extraction.mask.any()
    assert not extraction.overlays
    assert np.array_equal(extraction.restored, clean)
    nothing = Network()
    assert not extract_overlays(clean, predicted(np.zeros_like(other), (0, 0, 0), 0.3), nothing.predict).mask.any()
    assert not nothing.overlays_asked_for


def test_an_overlay_that_reveals_impossible_pixels_is_rejected() -> None:
    """Half of the clean picture would become negative."""
    clean = picture(5) * 0.4
    network = Network((disc(40), (1.0, 1.0, 1.0), 0.5))
    assert not extract_overlays(clean.astype(np.float32), network.first(), network.predict).mask.any()


def test_no_overlay_is_found_on_a_uniform_picture() -> None:
    """Without contrast across an edge nothing distinguishes an overlay from the picture, whatever the network says."""
    flat, seen = np.full((3, SIZE, SIZE), 0.6, np.float32), predicted(disc(40), (0.6, 0.6, 0.6), 0.5)
    assert not extract_overlays(flat, seen, lambda overlay, box: cut(seen, box)).mask.any()


def test_a_watermark_is_fitted_apart_from_a_false_detection() -> None:
    clean = picture(2)
    rows, columns = np.mgrid[:SIZE, :SIZE]
    mark = (rows - 40) ** 2 + (columns - 40) ** 2 < 30**2
    other = (rows > 120) & (rows < 150) & (columns > 112) & (columns < 150)
    marked = over(clean, (1, 1, 1), 0.5, mark)
    network = Network((mark, (1.0, 1.0, 1.0), 0.5))
    extraction = extract_overlays(marked, predicted(mark | other, (1, 1, 1), 0.5), network.predict)
    assert (extraction.mask == mark).all()
    assert error(extraction, clean, mark) < 0.25 * np.abs(marked - clean)[:, mark].mean()


@pytest.mark.parametrize("near", [True, False])
def test_groups_that_an_overlay_does_not_explain_are_rejected(near: bool) -> None:
    """Even if the network takes an object that is larger than the watermark for a part of it."""
    clean = picture(2)
    rows, columns = np.mgrid[:SIZE, :SIZE]
    mark = (rows - 40) ** 2 + (columns - 40) ** 2 < 26**2
    other = (rows > 5) & (rows < 75) & (columns > 85) & (columns < 155) if near else (rows > 105) & (rows < 155) & (columns > 105)
    clean[:, other] = picture(7)[:, other]
    marked = over(clean, (1, 1, 1), 0.5, mark)
    network = Network((mark | other, (1.0, 1.0, 1.0), 0.5))

    def predict(overlay: UniformOverlay, box: Box) -> PredictionMap:
        prediction = network.predict(overlay, box)
        prediction.logit[other] = np.minimum(prediction.logit[other], 2.5)
        return prediction

    first = predicted(mark | other, (1, 1, 1), 0.5)
    first.logit[other] = np.where(rows % 4 == 0, 2.5, 1)[other]
    extraction = extract_overlays(marked, first, predict)
    assert (extraction.mask == mark).all()
    assert error(extraction, clean, mark) < 0.25 * np.abs(marked - clean)[:, mark].mean()


@pytest.mark.parametrize(("gap", "logit"), [(72, 3.0), (0, 1.5), (0, 3.0)], ids=["larger", "run together", "and surer"])
def test_confident_groups_are_tried_first_and_separately(gap: int, logit: float) -> None:
    """One attempt is enough, whatever else was detected."""
    clean = picture(2)
    mark, other = mark_and_object(gap)
    marked = over(clean, (1, 1, 1), 0.5, mark)
    network, first = Network((mark, (1.0, 1.0, 1.0), 0.5)), predicted(mark | other, (1, 1, 1), 0.5)
    first.logit[other] = logit
    extraction = extract_overlays(marked, first, network.predict, max_attempts=1)
    assert (extraction.mask == mark).all()
    assert error(extraction, clean, mark) < 0.25 * np.abs(marked - clean)[:, mark].mean()


@pytest.mark.parametrize(("logit", "found"), [(10.0, True), (3.0, False)])
def test_an_overlay_is_extended_only_to_likely_groups(logit: float, *, found: bool) -> None:
    clean = picture(0)
    rows, columns = np.mgrid[:SIZE, :SIZE]
    mark = (rows - 80) ** 2 + (columns - 30) ** 2 < 20**2
    again = np.roll(mark, 108, 1)
    network, first = Network((mark | again, (1.0, 1.0, 1.0), 0.5)), predicted(mark | again, (1, 1, 1), 0.5)
    first.logit[again] = logit
    extraction = extract_overlays(over(clean, (1, 1, 1), 0.5, mark | again), first, network.predict)
    assert extraction.mask[mark].all()
    assert (extraction.mask[again] == found).all()


def test_an_implausible_refit_leaves_the_first_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    clean, mark = picture(2), disc(40)
    network, marked = Network((mark, (1.0, 1.0, 1.0), 0.5)), over(clean, (1, 1, 1), 0.5, mark)
    fitted: list[UniformOverlay | None] = []

    def measure(*arguments: np.ndarray) -> UniformOverlay | None:
        overlay = fit_overlay(*arguments)
        fitted.append(overlay)
        return overlay if len(fitted) == 1 else UniformOverlay((0.9, 0.9, 0.9), 0.9, 0.0, 0.05)

    for module in (extraction_module, plausibility):
        monkeypatch.setattr(module, "fit_overlay", measure)
    extraction = extract_overlays(marked, network.first(), network.predict)
    assert len(fitted) > 1
    assert extraction.overlays[0] == fitted[0]
    assert error(extraction, clean, mark) < 0.25 * np.abs(marked - clean)[:, mark].mean()


def ramp() -> NDArray[np.float32]:
    """(3, SIZE, SIZE), a gradient with small waves."""
    y, x = np.mgrid[:SIZE, :SIZE] / SIZE
    waves = 0.04 * np.sin(40 * x) * np.cos(33 * y)
    premultiplied = 0.2 * x + 0.1 * y + waves
    return np.stack([0.3 + premultiplied, 0.35 + 0.9 * premultiplied, 0.4 + 0.7 * premultiplied]).astype(np.float32)


def extracted(marks: list[tuple[NDArray[np.bool_], tuple[float, float, float]]]) -> tuple[NDArray[np.float32], list[UniformOverlay]]:
    """Extracts overlays of one opacity, with a network that knows each of them but first sees only the first one."""
    marked = ramp()
    for where, colour in marks:
        marked[:, where] = ALPHA * np.array(colour, np.float32)[:, None] + (1 - ALPHA) * marked[:, where]

    def prediction(where: NDArray[np.bool_]) -> PredictionMap:
        return PredictionMap(np.where(where, 9, -9).astype(np.float32), np.where(where, ALPHA, 0).astype(np.float32), np.zeros_like(marked))

    def predict(overlay: UniformOverlay, _: Box) -> PredictionMap:
        close = [np.abs(np.array(overlay.premultiplied) / overlay.alpha - colour).max() < 0.15 for _, colour in marks]
        return prediction(
            np.any([where for (where, _), hit in zip(marks, close, strict=True) if hit] or [np.zeros((SIZE, SIZE), bool)], axis=0)
        )

    extraction = extract_overlays(marked, prediction(marks[0][0]), predict)
    return extraction.restored, extraction.overlays


def test_a_single_overlay_is_removed() -> None:
    restored, overlays = extracted([(disc(50), NAVY)])
    assert [round(overlay.alpha, 1) for overlay in overlays] == [ALPHA]
    assert np.abs(restored - ramp()).mean() < 0.01


def test_the_white_sign_on_a_disc_is_removed_too() -> None:
    restored, overlays = extracted([(disc(50) & ~disc(25), NAVY), (disc(25), WHITE)])
    assert len(overlays) == 2
    assert min(overlays[1].premultiplied) > 0.9 * overlays[1].alpha
    assert np.abs(restored - ramp()).mean() < 0.01


@pytest.mark.parametrize("inner", [10, 25, 40])
def test_the_picture_inside_of_a_ring_is_unchanged(inner: int) -> None:
    restored, overlays = extracted([(disc(50) & ~disc(inner), NAVY)])
    assert len(overlays) == 1
    assert np.array_equal(restored[:, disc(inner - 3)], ramp()[:, disc(inner - 3)])
