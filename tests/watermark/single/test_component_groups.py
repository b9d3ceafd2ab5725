"""Groups of nearby mask components."""

from __future__ import annotations

import numpy as np

from aedesk.watermark.single.component_groups import confident_groups, most_confident_group, uncovered_groups


def test_groups_are_kept_whole_if_enough_of_them_is_confident() -> None:
    mask, confident = np.zeros((40, 90), bool), np.zeros((40, 90), bool)
    mask[2:10, 2:10] = mask[2:10, 18:26] = mask[30:38, 60:68] = True  # two letters of a word, 8 pixels apart, and a blot far away
    confident[4:8, 4:8] = confident[30:33, 60:65] = True
    kept = confident_groups(mask, confident, 16, join_px=4)
    assert np.array_equal(kept, mask & (np.arange(90) < 30))
    assert not confident_groups(mask, confident, 17, join_px=4).any()
    assert np.array_equal(confident_groups(mask, confident, 16, join_px=3), mask & (np.arange(90) < 14))
    assert not confident_groups(np.zeros_like(mask), confident, 1, join_px=4).any()
    # Of the word an eighth is confident, of the blot more.
    assert np.array_equal(confident_groups(mask, confident, 1, 4, min_fraction=0.13), mask & (np.arange(90) >= 30))
    assert np.array_equal(confident_groups(mask, confident, 1, 4, min_fraction=0.12), mask)


def test_groups_covered_by_another_mask_are_left_out() -> None:
    mask, other = np.zeros((60, 60), bool), np.zeros((60, 60), bool)
    mask[5:15, 5:15] = mask[5:15, 20:30] = mask[40:50, 40:50] = True  # a word of two letters, and another
    other[5:15, 4:14] = other[41:43, 40:50] = True
    kept = uncovered_groups(mask, other, 0.3, 4)
    assert not kept[:30].any()
    assert kept[40:50, 40:50].all()
    assert not uncovered_groups(np.zeros_like(mask), other, 0.3, 4).any()


def test_the_most_confident_group_has_the_most_confident_pixels() -> None:
    mask, confident = np.zeros((40, 90), bool), np.zeros((40, 90), bool)
    mask[5:35, 2:30] = True
    mask[10:20, 50:56] = mask[10:20, 60:66] = True  # two letters
    confident[5:10, 2:12] = True
    confident[10:20, 50:66] = True
    assert np.array_equal(most_confident_group(mask, confident, 4), mask & (np.arange(90) >= 50))
    assert np.array_equal(most_confident_group(mask, confident, 1), mask & ((np.arange(90) >= 50) & (np.arange(90) < 58)))
    assert np.array_equal(most_confident_group(mask, np.zeros_like(confident), 4), mask & (np.arange(90) < 40))
