"""A recipe's table [degradation], checked and ready to be done to pictures of one or three channels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from aedesk.core.errors import SpecError
from aedesk.data.degradation.operations import DEGRADATIONS, uniform
from aedesk.data.degradation.pipelines import CHAINS, DEFAULTS, SOURCE_SCALES, Ranges


class Damage:
    """Makes noisy pictures of clean ones.

    Args:
        table: ``chain`` and its ranges: "none" (also without a table), a name of ``chains.CHAINS``, whose ranges have defaults, or
            "listed", with a range [lowest, highest] per name of ``degradations.DEGRADATIONS`` and ``pick``: "one" of them for each
            sample, "all" in random order, or "some", each with an even chance.
        channels: 1 or 3.

    Raises :class:`SpecError` for an unknown chain, degradation or key, and for a level out of [0, 100].
    """

    def __init__(self, table: Mapping[str, Any], channels: int) -> None:
        self._ranges = {key: value for key, value in table.items() if key != "chain" and value is not None}
        self._name, self._channels = str(table.get("chain") or "none"), channels
        if self._name == "none":
            self._refuse(set(self._ranges), "none")
        elif self._name == "listed":
            _check_listed(self._ranges)
        else:
            known = DEFAULTS[self._name] if self._name in CHAINS else {}
            CHAINS[self._name]
            self._refuse(set(self._ranges) - set(known), ", ".join(known))
            self._ranges = {**known, **self._ranges}

    @property
    def source_scale(self) -> int:
        """How many times larger, in each direction, the clean pictures must be than those that come out."""
        return SOURCE_SCALES.get(self._name, 1)

    def __call__(self, picture: Tensor, generator: torch.Generator, all_damaged: bool = False) -> tuple[Tensor, Tensor, Tensor]:
        """Noisy (B, C, H, W), target and level (B, 1, 1, 1) in 8-bit units.

        Args:
            picture: clean, in [0, 1]; H and W times ``source_scale``.
            generator: on the pictures' device.
            all_damaged: leave no sample clean, as validation wants it.
        """
        if self._name == "none":
            return picture, picture, picture.new_zeros((len(picture), 1, 1, 1))
        if self._name == "listed":
            noisy = listed(picture, self._ranges, generator)
            return noisy, picture, noise_level(noisy, picture)
        ranges = {**self._ranges, **({"clean": 0.0} if all_damaged else {}), **({"gray": 1.0} if self._channels == 1 else {})}
        # The chains think in colour; of a gray sample all three channels are the same.
        noisy, target, level = CHAINS[self._name](picture.expand(-1, 3, -1, -1), ranges, generator)
        return noisy[:, : self._channels], target[:, : self._channels], level

    def _refuse(self, unknown: set[str], known: str) -> None:
        if unknown:
            raise SpecError(f"[degradation] The chain {self._name} has no {', '.join(sorted(unknown))}.", f"Known: {known}.")


def noise_level(noisy: Tensor, clean: Tensor) -> Tensor:
    """Root mean square of the difference of (B, C, H, W) pictures, (B, 1, 1, 1) in 8-bit units."""
    return (noisy - clean).square().mean((1, 2, 3), keepdim=True).sqrt() * 255


def listed(picture: Tensor, ranges: Ranges, generator: torch.Generator) -> Tensor:
    """Degradations by name, each with a level drawn per sample from its range; see :class:`Damage` for ``pick``."""
    names = [name for name in ranges if name != "pick"]
    count, pick = len(picture), ranges.get("pick", "one")
    if pick == "one":
        choice = torch.randint(0, len(names), (count,), generator=generator, device=generator.device)
        done = [choice == index for index in range(len(names))]
    else:
        probability = 1.0 if pick == "all" else 0.5
        done = [uniform(0, 1, count, generator).flatten() < probability for _ in names]
    for index in torch.randperm(len(names), generator=generator, device=generator.device).tolist():
        where = done[index].nonzero().flatten()
        low, high = ranges[names[index]]
        if len(where):
            level = uniform(low, high, len(where), generator)
            picture = picture.index_copy(0, where, _degrade(names[index], picture[where], level, generator))
    return picture


def _degrade(name: str, picture: Tensor, level: Tensor, generator: torch.Generator) -> Tensor:
    if name == "jpeg" and picture.shape[1] == 1:  # JPEG's loss is written for colour
        return DEGRADATIONS[name](picture.expand(-1, 3, -1, -1), level, generator)[:, :1]
    return DEGRADATIONS[name](picture, level, generator)


def _check_listed(ranges: Ranges) -> None:
    names = [name for name in ranges if name != "pick"]
    if ranges.get("pick", "one") not in ("one", "all", "some"):
        raise SpecError(f"[degradation] pick is {ranges['pick']!r}.", "Choose one, all or some.")
    if not names:
        raise SpecError("[degradation] The chain is listed, but no degradation is.", f"Known: {', '.join(DEGRADATIONS)}.")
    for name in names:
        DEGRADATIONS[name]
        value = ranges[name]
        pair = isinstance(value, (list, tuple)) and len(value) == 2 and all(isinstance(v, (int, float)) for v in value)
        if not pair or not 0 <= value[0] <= value[1] <= 100:
            raise SpecError(f"[degradation] {name} = {value!r} is no range of levels.", "Write [lowest, highest], from 0 to 100.")
