"""Requests about model files: take one into the person's own models, hand one to other programs."""

from __future__ import annotations

from dataclasses import dataclass

from aedesk.core.errors import SpecError


@dataclass(frozen=True)
class ImportModelSpec:
    """Take a model file into the person's own models. Inputs: none. Result: its ``ModelInfo``.

    Args:
        path: a model file of aedesk, or (with the extra ``community``) the weights of a restoration network of another program.
        title: what people see; empty for the title in the file, or its name.
        trained: it comes from a training run of this person's: it is not marked as imported, and the run's folder (if it lies in
            ``settings.places.runs_dir``) is remembered for its curves.
    """

    path: str
    title: str = ""
    trained: bool = False


@dataclass(frozen=True)
class ExportOnnxSpec:
    """Write a model as ONNX and compare what it computes there. Inputs: none. Result: ``OnnxExport``.

    Args:
        model: name or path of a model.
        path: the file to write, ending in ``.onnx``. An autoencoder becomes two: ``NAME-encoder.onnx`` and ``NAME-decoder.onnx``.
        overwrite: files that are there may be replaced.
    """

    model: str
    path: str
    overwrite: bool = False

    def __post_init__(self) -> None:
        if not self.path.lower().endswith(".onnx"):
            raise SpecError(f"{self.path!r} does not end in .onnx.", "Give the file such a name.")


@dataclass(frozen=True)
class OnnxExport:
    """What an ``ExportOnnxSpec`` gives.

    Args:
        paths: the files that were written.
        difference: the largest difference between the results of ONNX and of torch in the check, for pixels in [0, 1].
        any_size: the files take pictures of any height and width (multiples of ``size_multiple``), not of one size only.
        size_multiple: see ``models.descriptor``.
    """

    paths: tuple[str, ...]
    difference: float
    any_size: bool
    size_multiple: int
