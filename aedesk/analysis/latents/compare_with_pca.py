"""An autoencoder against principal components: what its non-linear code is worth, at every code size."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from aedesk.analysis.latents.folder_codes import find_pictures, read_squares
from aedesk.analysis.latents.framing import floats, in_channels, square_edge
from aedesk.analysis.latents.latent_model import LatentModel, load_latent_model
from aedesk.core.cancel import CancelToken
from aedesk.core.errors import DataError, PictureError
from aedesk.core.events import Event, Finished, Log, Progress, Started
from aedesk.core.explore_specs import PcaResult, PcaSpec
from aedesk.imaging.io import read

BATCH = 64
CURVE_POINTS = 24
MAX_COMPONENTS = 2048
"""More would take minutes to find."""
LEAST_PICTURES, LEAST_PATCHES = 8, 40


def against_pca(spec: PcaSpec, cancel: CancelToken) -> Iterator[Event]:
    """Mean squared error over code size of PCA, and of the model at its own, on patches of pictures that PCA has not seen."""
    yield Started("Comparing with principal components", None, "pictures")
    model = load_latent_model(spec.model, spec.device)
    learn, measure = yield from _patches(spec, model, cancel)
    yield Log(f"Principal components of {len(learn)} patches of {learn[0].numel()} numbers.")
    error, code_size = _model_error(model, measure, cancel)
    sizes, errors = pca_errors(learn.flatten(1).numpy(), measure.flatten(1).numpy(), code_size, spec.seed, cancel)
    at_code_size = dict(zip(sizes, errors, strict=True)).get(code_size)
    edge = learn.shape[-1]
    size = f"{edge} \N{MULTIPLICATION SIGN} {edge}"
    note = f"Patches of {size}: {len(learn)} to find the components, {len(measure)} of other pictures to measure."
    result = PcaResult(tuple(sizes), tuple(errors), code_size, error, measure[0].numel(), at_code_size, len(learn), len(measure), note)
    yield Finished(result, note)


def pca_errors(
    learn: NDArray[np.float32], measure: NDArray[np.float32], code_size: int, seed: int, cancel: CancelToken
) -> tuple[list[int], list[float]]:
    """Code sizes and the mean squared error of that many components, clipped to [0, 1] as every picture is.

    Args:
        learn, measure: (n, d) patches in [0, 1].
        code_size: one of the sizes, if the data have so many components.
    """
    from sklearn.decomposition import PCA

    possible = min(len(learn) - 1, learn.shape[1])
    most = min(possible, MAX_COMPONENTS, max(2 * code_size, 64))
    axes = PCA(most, random_state=seed).fit(learn)
    cancel.check()
    sizes = sorted({int(size) for size in np.geomspace(1, most, CURVE_POINTS).round()} | ({code_size} if code_size <= most else set()))
    centred = measure - axes.mean_
    weights = centred @ axes.components_.T
    errors = []
    for size in sizes:
        cancel.check()
        back = weights[:, :size] @ axes.components_[:size] + axes.mean_
        errors.append(float(np.square(np.clip(back, 0, 1) - measure).mean()))
    return sizes, errors


def _model_error(model: LatentModel, measure: Tensor, cancel: CancelToken) -> tuple[float, int]:
    total, code_size = 0.0, 0
    for part in measure.split(BATCH):
        cancel.check()
        code = model.encode(part)
        code_size = code[0].numel()
        total += float((model.decode(code) - part).square().sum())
    return total / measure.numel(), code_size


def _patches(spec: PcaSpec, model: LatentModel, cancel: CancelToken) -> Generator[Event, None, tuple[Tensor, Tensor]]:
    """(n, C, e, e) in [0, 1] to learn from and to measure on; every fourth picture gives only the latter."""
    paths = find_pictures(Path(spec.folder), spec.limit)
    contract = model.descriptor
    whole = contract.fixed_px is not None
    per_picture = -(-spec.patches // len(paths))
    generator = torch.Generator().manual_seed(spec.seed)
    groups: tuple[list[Tensor], list[Tensor]] = ([], [])
    readable = 0
    source = (
        read_squares(paths, contract, spec.fit, spec.edge_px, cancel)
        if whole
        else _crops(paths, model, spec, per_picture, generator, cancel)
    )
    for done, (path, found) in enumerate(zip(paths, source, strict=True), start=1):
        if isinstance(found, PictureError):
            yield Log(f"Left out: {found}", "warning")
        else:
            groups[readable % 4 == 3].append(found)
            readable += 1
        yield Progress(done, len(paths), "pictures", path.name)
    learn, measure = (torch.cat(group).float() / 255 if group else torch.empty(0) for group in groups)
    if readable < LEAST_PICTURES or len(learn) < LEAST_PATCHES * 3 // 4:
        raise DataError(
            f"{spec.folder} holds {readable} readable pictures that give {len(learn) + len(measure)} patches; "
            f"this needs {LEAST_PICTURES} pictures and {LEAST_PATCHES} patches.",
            "Choose a folder with more pictures.",
        )
    return learn, measure


def _crops(
    paths: list[Path], model: LatentModel, spec: PcaSpec, count: int, generator: torch.Generator, cancel: CancelToken
) -> Iterator[Tensor | PictureError]:
    """(count, C, e, e) uint8 of random places of each picture at full resolution, or why it cannot be read or is too small."""
    edge = square_edge(model.descriptor, spec.edge_px)
    for path in paths:
        cancel.check()
        try:
            picture = read(path)
            if min(picture.width, picture.height) < edge:
                raise PictureError(f"{path} is smaller than a patch of {edge} pixels.")
        except PictureError as error:
            yield error
            continue
        tops = torch.randint(picture.height - edge + 1, (count,), generator=generator).tolist()
        lefts = torch.randint(picture.width - edge + 1, (count,), generator=generator).tolist()
        crops = torch.cat([floats(picture.crop(left, top, edge, edge)) for top, left in zip(tops, lefts, strict=True)])
        yield in_channels(crops, model.descriptor.channels).mul(255).round().to(torch.uint8)
