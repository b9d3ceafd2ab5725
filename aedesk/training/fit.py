"""The training service: a recipe in, events out, a run folder with checkpoints and weights beside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from aedesk.core.cancel import CancelToken
from aedesk.core.errors import TrainingError
from aedesk.core.events import Event, Finished, Log, Started
from aedesk.core.specs import TrainSpec
from aedesk.models.inference.devices import precision_name
from aedesk.training.distributed import Ranks, joined
from aedesk.training.recipes.recipe import Recipe, parse
from aedesk.training.run.allocator import kept_memory
from aedesk.training.run.batch_size import choose_batches
from aedesk.training.run.folder import RunFolder
from aedesk.training.run.loop import Loop
from aedesk.training.run.state import Run
from aedesk.training.run.tensorboard import Board

CORRUPTED_BELOW_DB = 90.0
"""A noisy picture that is nearer to its target than this was not corrupted."""


def fit(spec: TrainSpec, cancel: CancelToken) -> Iterator[Event]:
    """Train by a recipe. Finished carries the path of the best weights, or of the last if nothing was held out for validation.

    A cancelled run writes its checkpoint and its last weights first. Started by torchrun, all processes train together and only the
    first one tells its events.

    Raises:
        SpecError, ModelError, DataError, DeviceError: the recipe, its start, its data or the device cannot be used.
        TrainingError: the run cannot begin, resume, be saved, or has diverged; the last checkpoint then still stands.
    """
    recipe = parse(spec.recipe)
    folder = RunFolder(spec.run_dir)
    with kept_memory(), joined(spec.device) as ranks, ranks.one_voice():
        try:
            for event in _train(recipe, spec, folder, ranks, cancel):
                if ranks.first or isinstance(event, Finished):
                    yield event
        finally:
            folder.unlock()


def _train(recipe: Recipe, spec: TrainSpec, folder: RunFolder, ranks: Ranks, cancel: CancelToken) -> Iterator[Event]:
    yield Started(f"Training {recipe.name}", recipe.steps, "steps")
    run = ranks.all_do(lambda: Run(recipe, ranks))
    state = ranks.from_first(lambda: _open(folder, recipe, spec.resume))
    if state is not None:
        _restore(run, state, folder)
    if spec.resume:
        yield Log(f"Resumed at step {run.step} of {recipe.steps}.")
    ranks.all_do(lambda: run.load_data(cancel))
    run.connect()
    for problem in run.examples.problems:
        yield Log(problem, "warning")
    if state is None:
        # All measure, for an objective may have to speak with its likes; the first decides.
        measured = ranks.all_do(lambda: choose_batches(run))
        run.set_batches(ranks.from_first(lambda: measured))
    batches = ", ".join(str(stage.batch) for stage in run.stages)
    yield Log(f"{run.examples.count} pictures; {run.device.type}, {precision_name(run.dtype)}, batch {batches}.")
    board = Board(folder.path / "tensorboard" if recipe.train.tensorboard and ranks.first else None, run.step)
    try:
        yield from Loop(run, folder, board, cancel).events()
    finally:
        board.close()
    weights = folder.best if run.scores else folder.last
    yield Finished(str(weights), _in_words(run.scores))


def _open(folder: RunFolder, recipe: Recipe, resume: bool) -> dict[str, Any] | None:
    """The checkpoint to go on from, None for a run that begins. Only the first process asks, and holds the lock for all."""
    if resume:
        return folder.resume(recipe.table)
    folder.begin(recipe.table)
    return None


def _restore(run: Run, state: dict[str, Any], folder: RunFolder) -> None:
    """Raises :class:`TrainingError` for a checkpoint whose content is not what the run's recipe makes."""
    try:
        run.restore(state)
    except (AttributeError, IndexError, KeyError, RuntimeError, TypeError, ValueError) as error:
        message = f"{folder.checkpoint} does not fit the run's recipe: {type(error).__name__}: {error}"
        raise TrainingError(message, "Resume it with its own recipe, or start the run again in another folder.") from error


def _in_words(scores: Mapping[str, float]) -> str:
    """The last validation in a line for people, empty without one."""
    if not scores:
        return ""
    before = f"{scores['val_noisy']:.2f} \N{RIGHTWARDS ARROW} " if scores["val_noisy"] < CORRUPTED_BELOW_DB else ""
    return f"PSNR {before}{scores['val_psnr']:.2f} dB, validation loss {scores['val_loss']:.4g}"
