"""How large a batch fits the device."""

from __future__ import annotations

import copy
from pathlib import Path

import psutil
import torch
from torch import Tensor

from aedesk.core.errors import DeviceError
from aedesk.training.recipe import Stage
from aedesk.training.run_state import Run

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

    Raises :class:`DeviceError` if a number of the recipe does not fit, saying which one does.
    """
    free = SHARE * free_bytes(run.device) - _fixed_bytes(run)
    batches = []
    for number, stage in enumerate(run.stages, 1):
        world = run.ranks.world
        fitting = int(max(0.0, free) / (OVERHEAD * sample_bytes(run, stage))) * world
        if isinstance(stage.batch, int):
            if stage.batch > fitting:
                raise too_large(stage, number, fitting, run.device)
            batches.append(stage.batch)
            continue
        if fitting < world:
            raise too_large(stage, number, 0, run.device)
        power = 1 << (min(fitting // world, LARGEST[run.device.type]).bit_length() - 1)
        batches.append(power * world)
    return batches


def too_large(stage: Stage, number: int, fitting: int, device: torch.device) -> DeviceError:
    """The error about a batch for which there is no memory; ``fitting`` is the batch for which there is some."""
    message = f"A batch of {stage.batch} patches of {stage.patch_px} px (stage {number}) does not fit into the memory of {device}."
    if fitting:
        return DeviceError(message, f"A batch of {fitting} fits; or choose smaller patches.")
    return DeviceError(message, "Not even one patch fits: choose smaller patches or a smaller network.")


def sample_bytes(run: Run, stage: Stage) -> float:
    """What the backward pass of one sample keeps: the bytes of all tensors saved for it, but the weights."""
    own = {tensor.untyped_storage().data_ptr() for tensor in (*run.network.parameters(), *run.network.buffers())}
    saved: dict[int, int] = {}

    def note(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in own:
            saved[storage.data_ptr()] = storage.nbytes()
        return tensor

    # On a copy, whose running means may change.
    objective = copy.deepcopy(run.objective)
    own |= {tensor.untyped_storage().data_ptr() for tensor in (*objective.parameters(), *objective.buffers())}
    example = run.examples.draw(PROBE, stage.patch_px, 0)
    generator = torch.Generator(run.device).manual_seed(0)
    with (
        torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor),
        torch.autocast(run.device.type, run.dtype, enabled=run.dtype != torch.float32),
    ):
        loss, _ = objective(example, stage, generator)
    del loss
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
