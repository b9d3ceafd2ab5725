"""The versions of a picture that can be compared, and those that each view mode shows."""

from __future__ import annotations

from collections.abc import Collection

ORIGINAL, NOISY, RESULT, DIFFERENCE = "original", "noisy", "result", "difference"
LAYERS = (ORIGINAL, NOISY, RESULT)

SINGLE, SPLIT, SIDE_BY_SIDE, THREE_VIEWS = "single", "split", "side-by-side", "three-views"
MODES = (SINGLE, SPLIT, SIDE_BY_SIDE, THREE_VIEWS, DIFFERENCE)

CAPTIONS = {ORIGINAL: "Original", NOISY: "Noisy", RESULT: "Restored", DIFFERENCE: "Difference"}
PLACEHOLDERS = {
    ORIGINAL: "No clean original",
    NOISY: "No noisy version",
    RESULT: "Not restored yet",
    DIFFERENCE: "A difference needs two versions",
}

_BEST_FIRST = (RESULT, NOISY, ORIGINAL)
_PEEK = {RESULT: (NOISY, ORIGINAL), NOISY: (ORIGINAL, RESULT), ORIGINAL: (NOISY, RESULT)}


def best_layer(present: Collection[str]) -> str:
    """Returns the latest version."""
    return next((layer for layer in _BEST_FIRST if layer in present), RESULT)


def before_layer(shown: str, present: Collection[str]) -> str:
    """Returns the version that ``shown`` was made from."""
    return next((layer for layer in _PEEK[shown] if layer in present), shown)


def default_pair(present: Collection[str]) -> tuple[str, str]:
    """Returns before and after: noisy and result if both exist, else the two that exist, else with a missing one."""
    there = [layer for layer in LAYERS if layer in present]
    if len(there) == 3:
        return NOISY, RESULT
    if len(there) == 2:
        return there[0], there[1]
    before = there[0] if there else NOISY
    return (NOISY if before == RESULT else before), RESULT
