"""Codes as files for other programs: .npz for numpy, .csv for everything else."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np

from aedesk.analysis.latents.folder_codes import FolderCodes, folder_codes
from aedesk.analysis.latents.latent_model import load_latent_model
from aedesk.core.cancel import CancelToken
from aedesk.core.errors import PictureError
from aedesk.core.events import Event, Finished, Started
from aedesk.core.explore_specs import FeaturesSpec
from aedesk.imaging import failures
from aedesk.imaging.atomic import replacing


def export_features(spec: FeaturesSpec, cancel: CancelToken) -> Iterator[Event]:
    """Write one row per picture. Raises :class:`PictureError` if a file exists and may not be replaced, before any work is done."""
    files = [Path(name) for name in spec.files]
    for path in files:
        if path.exists() and not spec.overwrite:
            raise PictureError(f"{path} exists already.", "Choose another name, or allow it to be replaced.")
    yield Started(f"Features of {Path(spec.folder).name}", None, "pictures")
    model = load_latent_model(spec.model, spec.device)
    found = yield from folder_codes(spec, model, 1, cancel)
    for path in files:
        cancel.check()
        with failures.writing(path), replacing(path, spec.overwrite) as file:
            if path.suffix.lower() == ".npz":
                _write_npz(file, found, Path(spec.folder))
            else:
                _write_csv(file, found, Path(spec.folder))
    names = ", ".join(path.name for path in files)
    yield Finished(tuple(map(str, files)), f"{len(found.paths)} rows of {found.codes.shape[1]} features in {names}")


def _names(found: FolderCodes, folder: Path) -> list[str]:
    """Relative to the folder: the file may travel with it."""
    return [path.relative_to(folder).as_posix() for path in found.paths]


def _write_npz(file: BinaryIO, found: FolderCodes, folder: Path) -> None:
    """Arrays features (n, d), files, classes and errors (n,), the last in gray levels; no pickled object among them."""
    np.savez_compressed(
        file, features=found.codes, files=np.array(_names(found, folder)), classes=np.array(found.classes), errors=found.errors
    )


def _write_csv(file: BinaryIO, found: FolderCodes, folder: Path) -> None:
    """Columns file, class, error, f0, f1, ...; numbers with the nine digits that bring back the same float32."""
    text = io.TextIOWrapper(file, encoding="utf-8", newline="")
    rows = csv.writer(text)
    rows.writerow(["file", "class", "error", *(f"f{index}" for index in range(found.codes.shape[1]))])
    for name, kind, error, code in zip(_names(found, folder), found.classes, found.errors, found.codes, strict=True):
        rows.writerow([name, kind, f"{error:.9g}", *(f"{value:.9g}" for value in code)])
    text.flush()
    text.detach()
