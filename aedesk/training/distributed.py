"""Several processes that train one network, as ``torchrun`` starts them.

Every process draws the same batch from the same seed and takes its slice, so that two processes compute what one would. The gradients
are averaged by DistributedDataParallel; the first process alone validates, writes and speaks. gloo connects CPUs, nccl GPUs.

A sharded loader was rejected: the batch would depend on the number of processes, and a run could not move from one to two machines.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

import torch
import torch.distributed as dist

# Its functions have the group of the moment of their import as a default. DistributedDataParallel imports it when there is one, which
# then outlives its destruction, and a thread of gloo's that still holds a tensor when the interpreter ends aborts the process.
import torch.distributed.nn
from torch import Tensor
from torch.distributed.rendezvous import rendezvous

from aedesk.core.cancel import JobCancelled
from aedesk.core.errors import AedeskError, SpecError, TrainingError
from aedesk.models.inference.devices import resolve_device

T = TypeVar("T")


class ToldElsewhere(TrainingError):
    """Ends a process of a run in which another one has said, or will say, what went wrong."""

    def __init__(self) -> None:
        super().__init__("Another process of this run failed.", "It says why.")


@dataclass(frozen=True)
class Ranks:
    """This process among those of the run: ``rank`` of ``world``, and the device it computes on.

    ``local_world`` of them share this machine.
    """

    device: torch.device
    rank: int = 0
    world: int = 1
    local_world: int = 1
    store: Any = field(default=None, repr=False)

    @property
    def first(self) -> bool:
        return self.rank == 0

    def share(self, batch: int) -> slice:
        """This process's part of a batch. Raises :class:`SpecError` if it cannot be divided."""
        if batch % self.world:
            raise SpecError(f"A batch of {batch} cannot be shared by {self.world} processes.", f"Choose a multiple of {self.world}.")
        size = batch // self.world
        return slice(self.rank * size, (self.rank + 1) * size)

    def any(self, flag: bool) -> bool:
        """Whether ``flag`` is true in any process."""
        if self.world == 1:
            return flag
        found = torch.tensor(float(flag), device=self.device)
        dist.all_reduce(found, dist.ReduceOp.MAX)
        return bool(found)

    def means(self, figures: Mapping[str, Tensor]) -> dict[str, float]:
        """The figures, each averaged over the processes; decibels ("psnr") by the errors they stand for."""
        values = torch.stack([value.detach().float().to(self.device) for value in figures.values()])
        if self.world > 1:
            logarithmic = torch.tensor([name == "psnr" for name in figures], device=self.device)
            values = torch.where(logarithmic, 10 ** (-values / 10), values)
            dist.all_reduce(values)
            values /= self.world
            values = torch.where(logarithmic, -10 * values.log10(), values)
        return dict(zip(figures, values.tolist(), strict=True))

    def from_first(self, work: Callable[[], T]) -> T:
        """The result of ``work``, which runs in the first process only; what it raises ends all of them."""
        if self.world == 1:
            return work()
        told: list[Any] = [None]
        error: BaseException | None = None
        if self.first:
            try:
                told = [("done", work())]
            except (JobCancelled, AedeskError) as caught:
                error, told = caught, [("cancelled" if isinstance(caught, JobCancelled) else "failed", None)]
        dist.broadcast_object_list(told, src=0, device=self.device)
        if error is not None:
            raise error
        word, result = told[0]
        if word != "done":
            raise JobCancelled if word == "cancelled" else ToldElsewhere
        answer: T = result
        return answer

    def all_do(self, work: Callable[[], T]) -> T:
        """The result of ``work``, which every process runs for itself; what it raises in one ends all of them."""
        if self.world == 1:
            return work()
        error: BaseException | None = None
        try:
            result = work()
        except (JobCancelled, AedeskError) as caught:
            error = caught
        failed = self.any(error is not None and not isinstance(error, JobCancelled))
        cancelled = self.any(isinstance(error, JobCancelled))
        if error is not None:
            raise error
        if failed or cancelled:
            raise ToldElsewhere if failed else JobCancelled
        return result

    @contextmanager
    def one_voice(self) -> Iterator[None]:
        """Let the first process that fails say why, and all others end with :class:`ToldElsewhere`.

        A process that dies without a word is told of by the first one that misses it.
        """
        try:
            yield
        except (JobCancelled, GeneratorExit, ToldElsewhere):
            raise
        except Exception as error:
            if self.world == 1:
                raise
            if self.store.add("aedesk failures", 1) > 1:
                raise ToldElsewhere from error
            if isinstance(error, AedeskError | OSError):
                raise
            raise TrainingError("Another process of this run was lost.", "See what ended it, and go on with --resume.") from error


@contextmanager
def joined(device: str) -> Iterator[Ranks]:
    """Join the processes of the run, if torchrun has started several; alone otherwise. Raises :class:`DeviceError`."""
    world = int(os.environ.get("WORLD_SIZE", "1"))
    if world == 1 or "RANK" not in os.environ:
        yield Ranks(resolve_device(device))
        return
    chosen = resolve_device(device)
    if chosen.type == "cuda":
        chosen = resolve_device(f"cuda:{os.environ.get('LOCAL_RANK', '0')}")
        torch.cuda.set_device(chosen)
    store, rank, world = next(rendezvous("env://"))
    dist.init_process_group("nccl" if chosen.type == "cuda" else "gloo", store=store, rank=rank, world_size=world)
    try:
        yield Ranks(chosen, rank, world, int(os.environ.get("LOCAL_WORLD_SIZE", world)), store)
    finally:
        dist.destroy_process_group()


def mean_over_ranks(value: Tensor) -> Tensor:
    """``value`` averaged over the processes of the run, with its gradient; unchanged in a run of one process.

    For batch statistics that enter a loss in a way that is not linear, such as the mean activation in a KL sparsity: with it the
    processes together minimise the loss of the whole batch.
    """
    if not dist.is_initialized() or dist.get_world_size() == 1:
        return value
    averaged: Tensor = _Mean.apply(value)
    return averaged


def draw_for_batch(draw: Callable[[int], Tensor], count: int) -> Tensor:
    """This process's ``count`` rows of ``draw(rows of the whole batch)``: random numbers as one process would draw them."""
    if not dist.is_initialized() or dist.get_world_size() == 1:
        return draw(count)
    rank = dist.get_rank()
    return draw(count * dist.get_world_size())[rank * count : (rank + 1) * count]


class _Mean(torch.autograd.Function):
    """The loss of every process depends on the inputs of all, so gradients are averaged too; DDP then averages over the processes."""

    @staticmethod
    def forward(ctx: Any, value: Tensor) -> Tensor:  # type: ignore[override]
        return _averaged(value)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:  # type: ignore[override]
        return _averaged(gradient)


def _averaged(value: Tensor) -> Tensor:
    total = value.detach().contiguous().clone()
    dist.all_reduce(total)
    return total / dist.get_world_size()
