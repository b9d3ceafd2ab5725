"""From a recipe's tables [data] and [degradation] to examples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from aedesk.core.cancel import CancelToken
from aedesk.core.errors import DataError, SpecError
from aedesk.data.degradation.camera_noise import CameraNoise
from aedesk.data.degradation.recipe import Damage
from aedesk.data.examples.clean import CleanExamples
from aedesk.data.examples.example import Examples
from aedesk.data.examples.noisy import BlindSpotExamples, NeighbourExamples, OwnNoiseExamples
from aedesk.data.examples.pairs import PairExamples
from aedesk.data.examples.print_damage import DamageExamples, damage_range
from aedesk.data.examples.validation_crops import validation_crops
from aedesk.data.holes.examples import HoleExamples
from aedesk.data.pictures.files import PictureFile, find_pictures, listed_files
from aedesk.data.pictures.loading import load_pictures
from aedesk.data.pictures.named_sets import named_pictures
from aedesk.data.pictures.pairs import Pair, pairs_of_folders, pairs_of_suffixes
from aedesk.data.pictures.patches import Patches
from aedesk.data.pictures.pixels import Pixels
from aedesk.data.pictures.splitting import split
from aedesk.data.print_damage.pipeline import SOURCE_SCALE as PRINT_SCALE
from aedesk.data.watermarks.examples import WatermarkExamples, watermark_ranges

ERASING = ("marks", "holes")
"""Chains that say more of a picture than what it became: what lies over it, and where."""

PRINTS = "print-damage"
"""The chain whose answer is not a picture but a mask: what of a print is damaged."""
VALIDATION_PRINT_PX = 256

HALVED = ("neighbor2neighbor", "own-noise")
"""Targets whose patches are made of patches of twice the size."""

Table = Mapping[str, Any]


def make_examples(
    data: Table,
    degradation: Table,
    channels: int,
    device: torch.device,
    cancel: CancelToken,
    *,
    patch_px: int = 64,
    validation_px: int | None = None,
    size_multiple: int = 8,
) -> Examples:
    """The examples that a recipe asks for.

    Args:
        data, degradation: the recipe's tables of these names (``training.recipes.recipe.Data`` says their keys).
        channels: 1 or 3, as the network has.
        device: where the examples are wanted.
        cancel: asked between pictures.
        patch_px: the largest patch that will be drawn.
        validation_px: edge of the validation crops, for a network that takes one size only; None for up to 256.
        size_multiple: the network's; edges of validation crops are multiples of it.

    Raises:
        SpecError: the tables contradict each other.
        DataError: there is no picture, or none that can be used.
    """
    targets, fit = data.get("targets") or "clean", data.get("fit") or "crop"
    pairs = has_pairs(data)
    if targets != "clean" and (degradation.get("chain") or "none") != "none":
        raise SpecError(f'Targets "{targets}" come from noisy pictures, which need no [degradation].', "Remove that table.")
    chain = degradation.get("chain")
    erasing, prints = chain in ERASING, chain == PRINTS
    if (erasing or prints) and channels != 3:
        raise SpecError(f'[degradation] chain = "{chain}" is for colour.', "Give the network three channels.")
    ranges = watermark_ranges(degradation) if chain == "marks" else None
    print_range = damage_range(degradation, data.get("damage_shapes") or "") if prints else None
    damage = Damage({} if erasing or prints else degradation, channels)
    problems: list[str] = []
    pictures = _pictures(data, channels, cancel, problems)
    seen, unseen = ([pictures[i] for i in chosen] for chosen in split(len(pictures), data.get("held_out"), problems))
    factor = 2 if targets in HALVED else PRINT_SCALE if prints else damage.source_scale
    problems += _small(pictures, factor * patch_px, fit)
    patches = Patches(seen, fit, upright=bool(data.get("dataset")) or fit == "scale", device=device)
    edge = validation_px or (patch_px if fit == "scale" else None)
    if prints and edge is None:  # usual crops would be halved, and show too little of a print
        edge = max(size_multiple, VALIDATION_PRINT_PX // size_multiple * size_multiple)
    crops = validation_crops(unseen, fit, edge and factor * edge, factor * size_multiple, device)
    if pairs:
        return PairExamples(patches, crops, device, problems)
    if targets == "neighbor2neighbor":
        return NeighbourExamples(patches, crops, device, problems)
    if targets == "noise2void":
        return BlindSpotExamples(patches, crops, device, problems)
    if targets == "own-noise":
        return OwnNoiseExamples(patches, crops, CameraNoise.measure(seen), device, problems)
    if ranges is not None:
        return WatermarkExamples(patches, crops, ranges, data.get("logos") or "", data.get("fonts") or "", device, problems)
    if print_range is not None:
        return DamageExamples(patches, crops, print_range, device, problems)
    if erasing:
        return HoleExamples(patches, crops, device, problems)
    return CleanExamples(patches, crops, damage, device, problems)


def has_pairs(data: Table) -> bool:
    """Whether the table asks for pairs. Raises :class:`SpecError` if its keys contradict each other or name no pictures."""
    by_folder, by_suffix = bool(data.get("noisy") or data.get("clean")), bool(data.get("noisy_suffix") or data.get("clean_suffix"))
    places = [key for key in ("folder", "files", "dataset") if data.get(key)] + (["noisy"] if by_folder else [])
    if len(places) != 1:
        said = f"names {' and '.join(places)}" if places else "names no pictures"
        raise SpecError(f"[data] {said}.", "Give one of: folder (--data), files, noisy with clean, dataset.")
    pairs = by_folder or by_suffix
    wanted = data.get("targets") or "clean"
    if by_suffix and places != ["folder"]:
        raise SpecError("[data] noisy_suffix and clean_suffix part the pictures of one folder.", "Give that folder.")
    if pairs != (wanted == "pairs"):
        hint = 'Write targets = "pairs".' if pairs else "Give noisy and clean, or noisy_suffix and clean_suffix."
        raise SpecError(f'[data] {"has pairs" if pairs else "has no pairs"}, and its targets are "{wanted}".', hint)
    return pairs


def find_items(data: Table, cancel: CancelToken, problems: list[str]) -> Sequence[PictureFile | Pair]:
    """The files or pairs of files that a table names, not decoded yet; not for a named set.

    Args:
        problems: is told of what is left out.
    """
    items: Sequence[PictureFile | Pair]
    if has_pairs(data):
        if data.get("noisy"):
            noisy, clean = (find_pictures(Path(data[key]).expanduser(), cancel, problems) for key in ("noisy", "clean"))
            items = pairs_of_folders(noisy, clean, problems)
        else:
            files = find_pictures(Path(data["folder"]).expanduser(), cancel, problems)
            items = pairs_of_suffixes(files, data["noisy_suffix"], data["clean_suffix"], problems)
    elif data.get("files"):
        items = listed_files(data["files"])
    else:
        items = find_pictures(Path(data["folder"]).expanduser(), cancel, problems)
    return items[: data.get("limit")]


def _pictures(data: Table, channels: int, cancel: CancelToken, problems: list[str]) -> list[Pixels]:
    if not data.get("dataset"):
        return load_pictures(find_items(data, cancel, problems), channels, cancel, problems)
    name, root, download = data["dataset"], data.get("root") or "", bool(data.get("download"))
    found = named_pictures(name, root, download, channels, data.get("limit"), cancel)
    if not found:
        raise DataError(f"The set {name} is empty.", "Download it again.")
    return found


def _small(pictures: Sequence[Pixels], edge: int, fit: str) -> list[str]:
    """What to say of pictures that are smaller than a patch of ``edge`` pixels."""
    count = sum(min(picture.shape[:2]) < edge for picture in pictures)
    if not count:
        return []
    done = "enlarged" if fit == "scale" else "reflected at their edges"
    return [f"{count} of {len(pictures)} pictures are smaller than a patch of {edge} pixels; they are {done}."]
