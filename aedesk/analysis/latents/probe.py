"""A linear probe: how much of the classes a model has found without being told (Alain and Bengio 2016)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from aedesk.analysis.latents.folder_codes import folder_codes
from aedesk.analysis.latents.latent_model import load_latent_model
from aedesk.core.cancel import CancelToken
from aedesk.core.errors import DataError
from aedesk.core.events import Event, Finished, Log, Started
from aedesk.core.explore_specs import ProbeResult, ProbeSpec

LEAST_PER_CLASS = 4
STRENGTHS = (1e-4, 1e-2, 1.0)
"""L2 penalties to choose from, on a part of the training pictures: codes and pixels each get the best for them."""

STEPS = 100


def probe(spec: ProbeSpec, cancel: CancelToken) -> Iterator[Event]:
    """Train a linear classifier on codes and another on the raw pixels, both measured on held-out pictures of every class."""
    yield Started(f"Probing {Path(spec.folder).name}", None, "pictures")
    model = load_latent_model(spec.model, spec.device)
    found = yield from folder_codes(spec, model, 2 * LEAST_PER_CLASS, cancel)
    names = _usable_classes(found.classes, spec.folder)
    rows = [row for row, name in enumerate(found.classes) if name in names]
    truth = torch.tensor([names.index(found.classes[row]) for row in rows])
    learn, measure = _split(truth, spec.held_out, spec.seed)
    yield Log(f"{len(names)} classes; {len(learn)} pictures to learn from, {len(measure)} to measure on.")
    codes = torch.from_numpy(found.codes)[rows]
    pixels = found.floats(rows).flatten(1)
    said = classify(codes, truth, learn, measure, spec.seed, cancel)
    by_pixels = classify(pixels, truth, learn, measure, spec.seed, cancel)
    answer = truth[measure]
    confusion = torch.bincount(answer * len(names) + said, minlength=len(names) ** 2).view(len(names), len(names))
    result = ProbeResult(
        tuple(names),
        confusion.numpy(),
        float((said == answer).float().mean()),
        float((by_pixels == answer).float().mean()),
        int(torch.bincount(answer).max()) / len(answer),
        codes.shape[1],
        pixels.shape[1],
        len(learn),
        len(measure),
        found.note,
    )
    yield Finished(result, f"{result.accuracy:.1%} right from codes, {result.pixel_accuracy:.1%} from pixels")


def classify(features: Tensor, truth: Tensor, learn: Tensor, measure: Tensor, seed: int, cancel: CancelToken) -> Tensor:
    """The classes that softmax regression on standardised ``features`` (n, d) predicts for the rows ``measure``."""
    mean, spread = features[learn].mean(0), features[learn].std(0)
    features = (features - mean) / torch.where(spread > 1e-6, spread, torch.ones_like(spread))
    inner, outer = _split(truth[learn], 0.25, seed)
    scores = []
    for strength in STRENGTHS:
        weights = _fit(features[learn[inner]], truth[learn[inner]], int(truth.max()) + 1, strength, cancel)
        scores.append(float((_predict(weights, features[learn[outer]]) == truth[learn[outer]]).float().mean()))
    best = STRENGTHS[int(np.argmax(scores))]
    return _predict(_fit(features[learn], truth[learn], int(truth.max()) + 1, best, cancel), features[measure])


def _fit(features: Tensor, truth: Tensor, classes: int, strength: float, cancel: CancelToken) -> Tensor:
    """Weights (d + 1, classes) of the softmax regression, by L-BFGS on all rows at once."""
    weights = torch.zeros(features.shape[1] + 1, classes, requires_grad=True)
    optimizer = torch.optim.LBFGS([weights], max_iter=STEPS, line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        cancel.check()
        optimizer.zero_grad()
        loss = F.cross_entropy(features @ weights[:-1] + weights[-1], truth) + strength * weights[:-1].square().sum()
        loss.backward()
        return loss

    optimizer.step(closure)  # type: ignore[arg-type]
    return weights.detach()


def _predict(weights: Tensor, features: Tensor) -> Tensor:
    return (features @ weights[:-1] + weights[-1]).argmax(1)


def _split(truth: Tensor, share: float, seed: int) -> tuple[Tensor, Tensor]:
    """Rows to learn from and rows to measure on, the share of each class that is asked for, at least one in both."""
    generator = torch.Generator().manual_seed(seed)
    learn, measure = [], []
    for name in truth.unique():
        rows = torch.nonzero(truth == name)[:, 0]
        rows = rows[torch.randperm(len(rows), generator=generator)]
        held_out = min(max(round(share * len(rows)), 1), len(rows) - 1)
        measure.append(rows[:held_out])
        learn.append(rows[held_out:])
    return torch.cat(learn), torch.cat(measure)


def _usable_classes(classes: tuple[str, ...], folder: str) -> list[str]:
    counts = Counter(name for name in classes if name)
    usable = sorted(name for name, count in counts.items() if count >= LEAST_PER_CLASS)
    if len(usable) < 2:
        raise DataError(
            f"{folder} has {len(usable)} sub-folders with {LEAST_PER_CLASS} readable pictures or more.",
            "A probe needs at least two classes: put the pictures of each class into a sub-folder of its own.",
        )
    return usable
