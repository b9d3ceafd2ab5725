"""Requests around training: what lies in a folder, and what a network is made of. Runs themselves are ``core.specs.TrainSpec``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from aedesk.core.errors import SpecError


@dataclass(frozen=True)
class InspectDataSpec:
    """Look at what a recipe's data would be. Inputs: none. Result: ``DataSummary``.

    Args:
        data: the recipe's table [data]: a folder, files, two folders of pairs, or a named set.
        samples: pictures on the sheet at most.
        sample_px: edge of a sample on the sheet.
    """

    data: Mapping[str, Any]
    samples: int = 24
    sample_px: int = 96

    def __post_init__(self) -> None:
        if not (0 <= self.samples <= 400 and 16 <= self.sample_px <= 512):
            raise SpecError(f"A sheet of {self.samples} samples of {self.sample_px} px.", "Choose up to 400, of 16 to 512 px.")


@dataclass(frozen=True)
class DataSummary:
    """What was found.

    Args:
        count: pictures that can be used, or pairs.
        held_out: how many of them are kept for validation.
        pairs: ``count`` counts pairs.
        megapixels: of all pictures that were measured.
        smallest, median, largest: (width, height) in pixels, by area; (0, 0) without pictures.
        gray: how many have no colour.
        classes: names of the folder's own sub-folders with pictures, or of a named set's classes.
        problems: one line per file that cannot be used, or per thing to know; the first ones.
        problem_count: how many there are in all.
        sheet: (H, W, 3) uint8, samples side by side, row by row; None without pictures.
        columns: samples per row of the sheet.
    """

    count: int
    held_out: int = 0
    pairs: bool = False
    megapixels: float = 0.0
    smallest: tuple[int, int] = (0, 0)
    median: tuple[int, int] = (0, 0)
    largest: tuple[int, int] = (0, 0)
    gray: int = 0
    classes: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    problem_count: int = 0
    sheet: Any = None
    columns: int = 0


@dataclass(frozen=True)
class DescribeSpec:
    """Say what a network is made of, without training it. Inputs: none. Result: ``ModelSummary``.

    Args:
        model: the recipe's table [model]: the family and its arguments.
        patch_px: edge of the square input that shapes are given for; a network of one size takes its own.
    """

    model: Mapping[str, Any]
    patch_px: int = 64


@dataclass(frozen=True)
class LayerSummary:
    """One layer: its name in the network, what it is, the shape that it gives for one picture, its parameters."""

    name: str
    kind: str
    output: tuple[int, ...]
    parameters: int


@dataclass(frozen=True)
class ModelSummary:
    """What a network is made of.

    Args:
        input: (C, H, W) that the shapes are for.
        code: shape of the latent for that input, or empty.
        parameters: of the whole network.
        macs_per_pixel: multiplications with addition per pixel of the input.
        compression: numbers of the input per number of the code; None without a latent.
    """

    input: tuple[int, ...]
    layers: tuple[LayerSummary, ...] = field(default=())
    code: tuple[int, ...] = ()
    parameters: int = 0
    macs_per_pixel: float = 0.0
    compression: float | None = None
