"""Points in the plane for the codes of a folder, and the ranking of its pictures by reconstruction error."""

from __future__ import annotations

import importlib.util
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from aedesk.analysis.latents import heat
from aedesk.analysis.latents.folder_codes import folder_codes, thumbnails
from aedesk.analysis.latents.framing import to_pixels
from aedesk.analysis.latents.latent_model import load_latent_model
from aedesk.core.cancel import CancelToken
from aedesk.core.errors import SpecError
from aedesk.core.events import Event, Finished, Log, Started
from aedesk.core.explore_specs import MapResult, MapSpec, RankingResult, RankSpec

PCA_FIRST = 50
"""t-SNE and UMAP begin from so many principal components, as their authors advise for long codes."""

LEAST_FOR_MAP, LEAST_FOR_RANKING = 5, 3


def code_map(spec: MapSpec, cancel: CancelToken) -> Iterator[Event]:
    """A folder's codes by PCA, t-SNE or UMAP. The embedding itself, some seconds, cannot be interrupted."""
    if spec.method == "umap" and not has_umap():
        raise SpecError("UMAP is not installed.", "Choose PCA or t-SNE, or install the package umap-learn.")
    yield Started(f"Mapping {Path(spec.folder).name}", None, "pictures")
    model = load_latent_model(spec.model, spec.device)
    found = yield from folder_codes(spec, model, LEAST_FOR_MAP, cancel)
    cancel.check()
    yield Log(f"Drawing {len(found.paths)} codes of {found.codes.shape[1]} numbers with {spec.method}.")
    points, explained = embed(found.codes, spec.method, spec.seed)
    cancel.check()
    result = MapResult(
        spec.method,
        points,
        tuple(map(str, found.paths)),
        found.classes,
        found.errors,
        to_pixels(thumbnails(found.squares)),
        explained,
        found.note,
    )
    yield Finished(result, found.note)


def has_umap() -> bool:
    return importlib.util.find_spec("umap") is not None


def embed(codes: NDArray[np.float32], method: str, seed: int) -> tuple[NDArray[np.float32], float | None]:
    """(n, d) codes to (n, 2) points; with "pca" also the share of the variance that they hold."""
    # Imported here: together they take a second, and only maps need them.
    from sklearn.decomposition import PCA
    from sklearn.manifold import TSNE

    count, size = codes.shape
    if size < 2:
        codes = np.concatenate([codes, np.zeros_like(codes)], 1)
    axes = PCA(min(2 if method == "pca" else PCA_FIRST, count, codes.shape[1]), random_state=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # codes that are all the same have no variance to divide by
        points = axes.fit_transform(codes)
    if method == "pca":
        return points.astype(np.float32), float(np.nan_to_num(axes.explained_variance_ratio_).sum())
    if method == "tsne":
        made = TSNE(2, perplexity=min(30.0, (count - 1) / 3), init="pca", random_state=seed).fit_transform(points)
    else:
        from umap import UMAP

        made = UMAP(n_neighbors=min(15, count - 1), random_state=seed, n_jobs=1).fit_transform(points)
    return np.asarray(made, np.float32), None


def rank(spec: RankSpec, cancel: CancelToken) -> Iterator[Event]:
    """Order a folder's pictures by how badly the model reconstructs them: what it has not learned stands out (Hawkins 2002)."""
    yield Started(f"Ranking {Path(spec.folder).name}", None, "pictures")
    model = load_latent_model(spec.model, spec.device)
    found = yield from folder_codes(spec, model, LEAST_FOR_RANKING, cancel)
    order = np.argsort(-found.errors, kind="stable")
    worst = order[: spec.keep].tolist()
    given = found.floats(worst)
    back = model.decode(model.encode(given))
    median = float(np.median(found.errors))
    result = RankingResult(
        tuple(str(found.paths[index]) for index in order),
        found.errors[order],
        to_pixels(given),
        to_pixels(back),
        heat.heat_maps(given, back),
        median,
        1.4826 * float(np.median(np.abs(found.errors - median))),
        found.note,
    )
    yield Finished(result, f"Worst: {found.paths[order[0]].name}, {found.errors[order[0]]:.1f} gray levels")
