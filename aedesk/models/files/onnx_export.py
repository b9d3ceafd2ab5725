"""A model as ONNX, for other programs; what it computes there is compared with torch before a file is kept (the extra ``onnx``).

Inputs and outputs go by name: ``noisy`` (of what does not denoise: ``picture``) and ``sigma`` to ``restored``. An autoencoder becomes two
files, ``picture`` to ``code`` and ``code`` to ``picture``, because people who export one want either half, and the whole is one after the
other. The noise estimator of *auto* stays behind: in ONNX, ``sigma`` is given.

torch's older exporter traces one run. Rejected: the newer one, which needs a further package, some 40 s more for the smallest network,
and to be told the dimensions of each family. What tracing may get wrong, a size that was baked in, is found by a second size in the check.
"""

from __future__ import annotations

import io
import json
import textwrap
import warnings
from collections.abc import Iterator, Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from aedesk.core.cancel import CancelToken
from aedesk.core.errors import AedeskError, ModelError, SpecError
from aedesk.core.events import Event, Finished, Progress, Started
from aedesk.core.leftovers import scratch_folder
from aedesk.core.model_specs import ExportOnnxSpec, OnnxExport
from aedesk.imaging.atomic import replacing
from aedesk.imaging.tiling import round_up
from aedesk.models.autoencoders.base import Autoencoder
from aedesk.models.descriptor import Descriptor
from aedesk.models.files.checkpoint import load_model
from aedesk.models.files.zoo import find_model

TOLERANCE = 1e-4
"""Of results in [0, 1] (codes: of their largest value): a fortieth of a step of 8-bit pixels."""
EDGE_PX = 64
OPSET = 17
MAX_REASON = 160


@dataclass(frozen=True)
class Part:
    """One file: a module, what it is called with (by name), and the name of what it returns."""

    path: Path
    module: nn.Module
    inputs: Mapping[str, Tensor]
    others: Mapping[str, Tensor]  # the same of another size, empty if there is only one
    output: str


def export_onnx(spec: ExportOnnxSpec, cancel: CancelToken) -> Iterator[Event]:
    """Export one model. Finished carries an ``OnnxExport``.

    Raises SpecError if a file is there already, ModelError if the network cannot be exported or computes something else there, and
    :class:`AedeskError` without the extra. Nothing is written then.
    """
    _need_extra()
    network, card = load_model(find_model(spec.model))
    contract: Descriptor = network.descriptor  # type: ignore[assignment]
    parts = _parts(network, contract, Path(spec.path).expanduser())
    for part in parts:
        if part.path.exists() and not spec.overwrite:
            raise SpecError(f"{part.path} exists already.", "Choose another name, or allow it to be replaced.")
    yield Started(f"Exporting {card['name']}", len(parts), "files")
    results = []
    for number, part in enumerate(parts):
        cancel.check()
        yield Progress(number, len(parts), "files", part.path.name)
        results.append(_export(part, card))
    for part, (data, _) in zip(parts, results, strict=True):
        with replacing(part.path, spec.overwrite) as file:
            file.write(data)
    difference = max(found for _, found in results)
    paths = tuple(str(part.path) for part in parts)
    yield Finished(
        OnnxExport(paths, difference, contract.fixed_px is None, contract.size_multiple),
        f"{', '.join(part.path.name for part in parts)}: differs from torch by at most {difference:.1e}",
    )


def _parts(network: nn.Module, contract: Descriptor, path: Path) -> list[Part]:
    sizes = _sizes(contract)
    pictures = [torch.rand(1, contract.channels, *size) for size in sizes]
    if isinstance(network, Autoencoder) and contract.purpose == "autoencoder":
        with torch.inference_mode():
            codes = [{"code": network.encode(picture).clone()} for picture in pictures]
        shown = [{"picture": picture} for picture in pictures]
        encoder, decoder = (path.with_name(f"{path.stem}-{half}.onnx") for half in ("encoder", "decoder"))
        return [
            Part(encoder, _Half(network, "encode"), shown[0], shown[1] if len(shown) > 1 else {}, "code"),
            Part(decoder, _Half(network, "decode"), codes[0], codes[1] if len(codes) > 1 else {}, "picture"),
        ]
    first = "noisy" if contract.purpose == "denoise" else "picture"
    given = [{first: picture, **_conditions(contract, size)} for picture, size in zip(pictures, sizes, strict=True)]
    return [Part(path, network, given[0], given[1] if len(given) > 1 else {}, "restored")]


def _sizes(contract: Descriptor) -> list[tuple[int, int]]:
    """The size to export with and another one to check with, as (height, width)."""
    if contract.fixed_px is not None:
        return [(contract.fixed_px, contract.fixed_px)]
    edge = round_up(EDGE_PX, contract.size_multiple)
    return [(edge, edge + contract.size_multiple), (edge + 2 * contract.size_multiple, edge)]


def _conditions(contract: Descriptor, size: tuple[int, int]) -> dict[str, Tensor]:
    some = (torch.rand(1, 1, *size) < 0.25).float()
    known = {"sigma": torch.full((1, 1, *size), 25.0), "mask": some, "hole": some, "hint": torch.zeros(1, 1, *size)}
    if unknown := sorted(set(contract.conditions) - set(known)):
        raise ModelError(f"The model also asks for {', '.join(unknown)}, which the export does not know.", "Choose another model.")
    return {name: known[name] for name in contract.conditions}


class _Half(nn.Module):
    """Only the encoder or only the decoder: ``forward`` is that method of the network."""

    def __init__(self, network: nn.Module, method: str) -> None:
        super().__init__()
        self.network, self.method = network, method

    def forward(self, x: Tensor) -> Any:
        return getattr(self.network, self.method)(x)


def _export(part: Part, card: Mapping[str, Any]) -> tuple[bytes, float]:
    """The file's content, and by how much its results differ from torch's."""
    import onnx

    # torch prints a network that it cannot export, all of it.
    with scratch_folder() as folder, warnings.catch_warnings(), redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")  # of the tracer, about what the check looks at, and of torch, about this exporter's age
        file = folder / "model.onnx"
        try:
            with torch.no_grad():
                torch.onnx.export(
                    part.module.eval(),
                    tuple(part.inputs.values()),
                    file,
                    input_names=list(part.inputs),
                    output_names=[part.output],
                    dynamic_axes=_dynamic(part),
                    opset_version=OPSET,
                    dynamo=False,
                )
        except Exception as error:  # the exporter has no family of errors
            reason = textwrap.shorten(str(error) or repr(error), MAX_REASON)
            raise ModelError(f"{card['name']} cannot be exported: {reason}", "ONNX lacks what it is made of.") from error
        model = onnx.load(str(file))
    onnx.helper.set_model_props(model, {"aedesk": json.dumps(dict(card), sort_keys=True), "licence": str(card.get("licence", ""))})
    model.doc_string = str(card.get("description", ""))
    data: bytes = model.SerializeToString()
    difference = max(_difference(data, part, inputs) for inputs in (part.inputs, part.others) if inputs)
    if not difference <= TOLERANCE:
        raise ModelError(
            f"In ONNX, {card['name']} computes something else than in torch (difference {difference:.1e}, at most {TOLERANCE:.0e}).",
            "Nothing was written. Another version of onnxruntime may help.",
        )
    return data, difference


def _dynamic(part: Part) -> dict[str, dict[int, str]]:
    """The axes that differ between the two sizes are free; a noise level may be one number or a map."""
    axes = {}
    for name, tensor in part.inputs.items():
        other = part.others.get(name)
        if other is not None and tensor.ndim == 4:
            prefix = "" if name in ("noisy", "picture", "code") else f"{name}_"
            axes[name] = {2: f"{prefix}height", 3: f"{prefix}width"}
    if axes:
        axes[part.output] = {2: "height_out", 3: "width_out"}
    return axes


def _difference(data: bytes, part: Part, inputs: Mapping[str, Tensor]) -> float:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    try:
        session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
        found = torch.from_numpy(session.run([part.output], {name: tensor.numpy() for name, tensor in inputs.items()})[0])
    except Exception as error:  # onnxruntime's own, of no common family
        raise ModelError(f"onnxruntime cannot run the export: {error}", "Another version of onnxruntime may help.") from error
    with torch.inference_mode():
        expected = part.module(*inputs.values())
    scale = max(1.0, float(expected.abs().max()))
    return float((found - expected).abs().max()) / scale if found.shape == expected.shape else float("inf")


def _need_extra() -> None:
    try:
        import onnx  # noqa: F401
        import onnxruntime  # noqa: F401
    except ImportError as error:
        raise AedeskError(f"Exporting to ONNX needs the extra 'onnx' ({error}).", "Install it: pip install 'aedesk[onnx]'.") from error
