"""How large a batch fits the device."""

from __future__ import annotations

import copy
from pathlib import Path

import psutil
import torch
from torch import Tensor

from aedesk.core.errors import DeviceError
from aedesk.training.recipes.recipe import Stage
from aedesk.training.run.state import Run

PROBE = 2
"""Samples of the batch that is measured: batch normalisation needs more than one."""

SHARE = 0.6
"""Of the free memory that a batch may take: the rest is for other programs, workspaces and fragmentation."""

OVERHEAD = 1.6
"""What a step holds at its peak, over the activations kept for the backward pass: gradients of activations, workspaces."""

LARGEST = {"cpu": 64, "cuda": 256}
"""What "auto" chooses at most: larger batches no longer shorten the way to a good model."""


_GROUPS = (
    (Path("/sys/fs/cgroup"), "memory.max", "memory.current"),
    (Path("/sys/fs/cgroup/memory"), "memory.limit_in_bytes", "memory.usage_in_bytes"),
)
"""Where Linux tells a container's limit, in the second and in the first version of its interface."""


def choose_batches(run: Run) -> list[int]:
    """The batch of every stage: the recipe's number, or for "auto" the largest power of two that fits (a multiple of the processes).

    Raises :class:`DeviceError` if a number of the recipe surely does not fit into the memory of a CPU, saying which one does. A GPU
    says so itself, in the step that fails (:func:`too_large`).
    """
    batches = []
    for number, stage in enumerate(run.stages):
        if isinstance(stage.batch, int):
            if run.device.type == "cpu" and stage.batch > fitting(run, number, share=1.0):
                raise too_large(run, number)
            batches.append(stage.batch)
            continue
        most = min(fitting(run, number) // run.ranks.world, LARGEST[run.device.type])
        if most < 1:
            raise too_large(run, number)
        batches.append(run.ranks.world << (most.bit_length() - 1))
    return batches


def fitting(run: Run, number: int, share: float = SHARE) -> int:
    """The largest batch of stage ``number`` that needs no more than ``share`` of the free memory, over all processes together."""
    free = (share * free_bytes(run.device) - _fixed_bytes(run)) / (run.ranks.local_world if run.device.type == "cpu" else 1)
    return int(max(0.0, free) / (OVERHEAD * sample_bytes(run, run.stages[number]))) * run.ranks.world


def too_large(run: Run, number: int, batch: int | None = None) -> DeviceError:
    """The error about a batch (of stage ``number``) for which there is no memory, with one for which there is.

    Args:
        batch: what to propose; None to measure.
    """
    stage = run.stages[number]
    message = f"A batch of {stage.batch} patches of {stage.patch_px} px (stage {number + 1}) does not fit into the memory of {run.device}."
    batch = fitting(run, number) if batch is None else batch
    if batch < 1:
        return DeviceError(message, "Not even one patch fits: choose smaller patches or a smaller network.")
    return DeviceError(message, f"A batch of {batch} fits; or choose smaller patches.")


def out_of_memory(error: BaseException) -> bool:
    """Whether torch failed for want of memory. On a CPU its error has no class of its own."""
    return isinstance(error, torch.OutOfMemoryError | MemoryError) or "allocate memory" in str(error)


def sample_bytes(run: Run, stage: Stage) -> float:
    """What the backward pass of one sample keeps: the bytes of all tensors saved for it, but the weights."""
    saved: dict[int, int] = {}
    # On a copy, whose running means may change.
    objective = copy.deepcopy(run.objective)
    own = {tensor.untyped_storage().data_ptr() for tensor in (*objective.parameters(), *objective.buffers())}

    def note(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in own:
            saved[storage.data_ptr()] = storage.nbytes()
        return tensor

    example = run.examples.draw(PROBE, stage.patch_px, 0)
    with torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor):
        _ = run.loss_of(objective, example, stage, 0)  # held until all storages are noted: no address comes twice
    return sum(saved.values()) / PROBE + 2.0 * example.noisy.nbytes / PROBE


def free_bytes(device: torch.device) -> int:
    """Memory that a run may still take, with the limit that a container sets."""
    if device.type == "cuda":
        return torch.cuda.mem_get_info(device)[0]
    free = int(psutil.virtual_memory().available)
    for folder, limit, used in _GROUPS:
        try:
            rest = int((folder / limit).read_text()) - int((folder / used).read_text())
            statistics = dict(line.split() for line in (folder / "memory.stat").read_text().splitlines())
        except (OSError, ValueError):
            continue  # no container, no limit in it, or not Linux
        free = min(free, rest + int(statistics.get("inactive_file", 0)))  # the cache of files makes room when memory is wanted
    return free


def _fixed_bytes(run: Run) -> float:
    """What the run holds whatever its batch, and has not taken yet: gradients and the optimizers' two averages."""
    return 3.0 * sum(p.numel() * p.element_size() for p in run.network.parameters() if p.requires_grad)
