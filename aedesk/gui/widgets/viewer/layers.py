"""The versions of a picture that can be compared, and which of them each view mode shows."""

from __future__ import annotations

from collections.abc import Collection

ORIGINAL, NOISY, RECONSTRUCTED, DIFFERENCE = "original", "noisy", "reconstructed", "difference"
LAYERS = (ORIGINAL, NOISY, RECONSTRUCTED)

SINGLE, SPLIT, SIDE_BY_SIDE, THREE_UP = "single", "split", "side-by-side", "three-up"
MODES = (SINGLE, SPLIT, SIDE_BY_SIDE, THREE_UP, DIFFERENCE)

CAPTIONS = {ORIGINAL: "Original", NOISY: "Noisy", RECONSTRUCTED: "Reconstructed", DIFFERENCE: "Difference"}
PLACEHOLDERS = {
    ORIGINAL: "No clean original known",
    NOISY: "No noisy version",
    RECONSTRUCTED: "Not restored yet",
    DIFFERENCE: "Two versions are needed for a difference",
}

_BEST_FIRST = (RECONSTRUCTED, NOISY, ORIGINAL)
_PEEK = {RECONSTRUCTED: (NOISY, ORIGINAL), NOISY: (ORIGINAL, RECONSTRUCTED), ORIGINAL: (NOISY, RECONSTRUCTED)}


def best_layer(present: Collection[str]) -> str:
    """The version a person wants to see first: the most finished one."""
    return next((layer for layer in _BEST_FIRST if layer in present), RECONSTRUCTED)


def before_layer(shown: str, present: Collection[str]) -> str:
    """What ``shown`` is compared with while a key is held: the version that it was made from."""
    return next((layer for layer in _PEEK[shown] if layer in present), shown)


def default_pair(present: Collection[str]) -> tuple[str, str]:
    """Before and after: noisy and reconstructed where both exist, else the two that do, else a place for the missing one."""
    there = [layer for layer in LAYERS if layer in present]
    if len(there) == 3:
        return NOISY, RECONSTRUCTED
    if len(there) == 2:
        return there[0], there[1]
    before = there[0] if there else NOISY
    return (NOISY if before == RECONSTRUCTED else before), RECONSTRUCTED
