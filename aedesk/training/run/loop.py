"""The loop of a training run: step, tell, look, save."""

from __future__ import annotations

import time
from collections.abc import Iterator

import torch
from torch import Tensor

from aedesk.core.cancel import CancelToken, JobCancelled
from aedesk.core.events import Event, Log, Preview, Progress, StepDone
from aedesk.models.inference.devices import precision_name
from aedesk.training.run.batch_size import fitting, out_of_memory, too_large
from aedesk.training.run.card import in_words, make_card, pixels_seen
from aedesk.training.run.examples_ahead import ExamplesAhead
from aedesk.training.run.folder import RunFolder
from aedesk.training.run.state import Run
from aedesk.training.run.tensorboard import Board
from aedesk.training.run.validation import preview, validate, validate_part

PROGRESS_S = 0.5


class Loop:
    """Drives a :class:`Run` to its end and keeps its folder.

    A checkpoint may be written at any step and the process may die at any moment: what lies in the folder is then the state of one step,
    and going on from it repeats what came after to the last bit (on a CPU).
    """

    def __init__(self, run: Run, folder: RunFolder, board: Board, cancel: CancelToken) -> None:
        self.run, self.folder, self.board, self.cancel = run, folder, board, cancel
        self._earlier, self._begun = run.seconds, time.monotonic()
        self._saved = self._told = self._begun
        self._told_step, self._progressed, self._detail = run.step, 0.0, ""

    def events(self) -> Iterator[Event]:
        """Raises JobCancelled after the checkpoint has been written, and :class:`TrainingError`."""
        with ExamplesAhead(self.run.example_of, self.run.recipe.steps, self.run.device) as examples:
            yield from self._events(examples)

    def _events(self, examples: ExamplesAhead) -> Iterator[Event]:
        run, ranks = self.run, self.run.ranks
        try:
            if run.looked < run.step:  # stopped between a step and its validation
                yield from self._look()
            while not run.over:
                if ranks.any(self.cancel.cancelled):
                    raise JobCancelled
                terms = self._step(examples)
                yield from self._tell(terms)
                yield from self._look()
                if time.monotonic() - self._saved > run.recipe.train.checkpoint_s:
                    self.save()
        except JobCancelled:
            self.save()
            raise
        if run.step < run.recipe.steps:
            yield Log(f"Stopped early at step {run.step}: nothing better since step {run.standing.best_step}.")
        self.save()

    def save(self) -> None:
        """Write the checkpoint, the last weights and the card. Only the first process does."""
        run = self.run
        self._saved = time.monotonic()
        run.saved_step = run.step
        run.seconds = self._earlier + self._saved - self._begun
        if not run.ranks.first:
            return
        self.folder.save(run.state())
        self._save_weights(best=False)
        card = self._card()
        self.folder.describe(in_words(card, run.recipe.steps, run.examples.count))

    def _step(self, examples: ExamplesAhead) -> dict[str, Tensor]:
        try:
            return self.run.train_step(examples.take(self.run.step))
        except (RuntimeError, MemoryError) as error:
            if not out_of_memory(error):
                raise
            failed = error
        failed.__traceback__ = None  # it holds the tensors of the step that failed
        torch.cuda.empty_cache()
        number, stage = self.run.stage(self.run.step)
        raise too_large(self.run, number, min(fitting(self.run, number), stage.count // 2)) from failed

    def _tell(self, terms: dict[str, Tensor]) -> Iterator[Event]:
        run, now = self.run, time.monotonic()
        due = run.step % run.recipe.train.log_every == 0 or run.step == run.recipe.steps
        if due:
            numbers = run.ranks.means(terms)
            run.watch(numbers["loss"])
            numbers["lr"] = run.rate
            if run.ranks.first:
                self.folder.log(run.step, numbers)
            rate = (run.step - self._told_step) * run.stage(run.step - 1)[1].count / max(now - self._told, 1e-9)
            self._told, self._told_step = now, run.step
            numbers = {**numbers, "pictures_per_s": rate}
            self.board.add(run.step, numbers)
            yield StepDone(run.step, numbers)
        if due or now - self._progressed > PROGRESS_S:
            self._progressed = now
            if due:
                self._detail = f"loss {numbers['loss']:.4f}"
                self._detail += f", {numbers['psnr']:.1f} dB" if "psnr" in numbers else ""
            yield Progress(run.step, run.recipe.steps, "steps", self._detail)

    def _look(self) -> Iterator[Event]:
        """Measure and show what it is time for.

        While a part of the network learns alone only that part is measured: running the whole would take longer than the steps between,
        and show the same. The end of such a stage is looked at like the end of the run, and judged.
        """
        run = self.run
        number, stage = run.stage(run.step - 1)
        last = run.step == run.recipe.steps
        ends = last or run.stage(run.step)[0] != number
        if stage.part and not ends:
            yield from self._look_at_part()
        else:
            yield from self._look_at_whole(now=last or bool(stage.part))
        run.looked = run.step

    def _look_at_whole(self, *, now: bool) -> Iterator[Event]:
        """Validate and make a preview, if it is time for them or it shall be ``now``."""
        run, train = self.run, self.run.recipe.train
        if run.validation and (now or run.step % train.validate_every == 0):
            network = run.settle()
            scores = run.ranks.from_first(
                lambda: validate(type(run.objective), network, run.validation, run.recipe.measure, run.dtype, self.cancel),
            )
            run.check(scores["val_loss"], run.step)
            if run.judge(scores) and run.ranks.first:
                self._save_weights(best=True)
            yield self._told_of(scores)
        if run.ranks.first and run.validation and train.preview_every and (now or run.step % train.preview_every == 0):
            sheet = preview(type(run.objective), run.settle(), run.validation, run.dtype)
            self.folder.preview(run.step, sheet)
            yield Preview(sheet, f"step {run.step}")

    def _look_at_part(self) -> Iterator[Event]:
        run = self.run
        if run.validation and run.step % run.recipe.train.validate_every == 0:
            network, kind = run.settle(), type(run.objective)
            yield self._told_of(run.ranks.from_first(lambda: validate_part(kind, network, run.validation, run.dtype, self.cancel)))

    def _told_of(self, scores: dict[str, float]) -> Event:
        """A validation, written into the log."""
        if self.run.ranks.first:
            self.folder.log(self.run.step, scores)
        self.board.add(self.run.step, scores)
        return StepDone(self.run.step, scores)

    def _save_weights(self, *, best: bool) -> None:
        run, network = self.run, self.run.settle()
        stage = run.stages[-1]
        type(run.objective).complete(network, lambda number: run.examples.draw(stage.count, stage.patch_px, run.recipe.seed + number))
        self.folder.save_weights(self.folder.best if best else self.folder.last, network.state_dict(), self._card())

    def _card(self) -> dict[str, object]:
        run = self.run
        pixels = pixels_seen([vars(stage) for stage in run.stages], run.step)
        return make_card(run.recipe, run.start, run.step, run.seconds, run.device, precision_name(run.dtype), run.scores, pixels)
