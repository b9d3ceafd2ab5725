"""Watermarks without an overlay are accepted only with enough confidence."""

from __future__ import annotations

import numpy as np
from overlay_scenes import SIZE, mark_and_object, over, picture, predicted

from aedesk.watermark.single.detection import confident_watermarks


def test_a_watermark_without_an_overlay_must_be_confident_and_opaque() -> None:
    clean = picture(0)
    mark, other = mark_and_object(0)
    prediction = predicted(mark | other, (1, 1, 1), 0.7)
    assert np.array_equal(confident_watermarks(clean, prediction, 0), mark | other)
    prediction.logit[other] = 1
    prediction.logit[mark & (np.arange(SIZE)[:, None] > 45)] = 5
    assert np.array_equal(confident_watermarks(clean, prediction, 0), mark)  # confident by itself, not together with the other
    prediction.logit[mark & (np.arange(SIZE)[:, None] > 32)] = 5
    assert not confident_watermarks(clean, prediction, 0).any()
    flat = over(clean, (1.0, 0.5, 0.1), 0.98, mark)  # like a date stamp
    assert np.array_equal(confident_watermarks(flat, prediction, 0), mark)
    prediction.alpha[mark] = 0.4
    assert not confident_watermarks(flat, prediction, 0).any()  # a semi-transparent one would have an overlay
    prediction.alpha[mark], prediction.logit[mark] = 0.9, 5
    assert not confident_watermarks(flat, prediction, 0).any()
