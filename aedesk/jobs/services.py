"""Which service answers which spec: the one place where specs meet services.

Services are given by dotted name and imported when the first such job runs, so that this table costs nothing, names no torch
module at import time, and can be handed to a spawned process as plain strings (tests hand in their own).
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from aedesk.core.errors import SpecError
from aedesk.core.events import Event

Service = Callable[..., Iterator[Event]]

DEFAULT_SERVICES: Mapping[str, str] = {
    "DenoiseSpec": "aedesk.denoising.denoise:denoise",
    "AddNoiseSpec": "aedesk.denoising.add_noise:add_noise",
    "EraseSpec": "aedesk.watermark.single.erase:erase",
    "FindMarkSpec": "aedesk.watermark.single.find:find_mark",
    "FindDamageSpec": "aedesk.damage.find_damage:find_damage",
    "SharedMarkSpec": "aedesk.watermark.collection.erase:erase_shared_mark",
    "TrainSpec": "aedesk.training.fit:fit",
    "InspectDataSpec": "aedesk.data.pictures.inspection:inspect_data",
    "EvaluateDenoiseSpec": "aedesk.analysis.denoise.evaluate:evaluate_denoise",
    "EvaluateCodecSpec": "aedesk.analysis.codec.evaluate:evaluate_codec",
    "EvaluateEraseSpec": "aedesk.analysis.erase.evaluate:evaluate_erase",
    "EvaluateRepairSpec": "aedesk.analysis.repair.evaluate:evaluate_repair",
    "CodeSpec": "aedesk.analysis.latents.codes:encode",
    "DecodeSpec": "aedesk.analysis.latents.codes:decode",
    "InterpolateSpec": "aedesk.analysis.latents.codes:interpolate",
    "SampleSpec": "aedesk.analysis.latents.codes:sample",
    "MapSpec": "aedesk.analysis.latents.code_map:code_map",
    "RankSpec": "aedesk.analysis.latents.code_map:rank",
    "PcaSpec": "aedesk.analysis.latents.compare_with_pca:against_pca",
    "FeaturesSpec": "aedesk.analysis.latents.features:export_features",
    "ProbeSpec": "aedesk.analysis.latents.probe:probe",
    "UnpackSpec": "aedesk.analysis.latents.unpack:unpack",
    "CompressSpec": "aedesk.codec.compress:compress",
    "DecompressSpec": "aedesk.codec.decompress:decompress",
    "LatentsSpec": "aedesk.codec.decompress:latents",
    "DescribeSpec": "aedesk.models.files.summary:describe",
    "DevicesSpec": "aedesk.models.inference.devices:devices",
    "ModelsSpec": "aedesk.models.files.zoo:models",
    "ImportModelSpec": "aedesk.models.files.importing:import_model",
    "ExportOnnxSpec": "aedesk.models.files.onnx_export:export_onnx",
}

WARM_UP: Mapping[str, tuple[str, ...]] = {
    "interactive": ("torch", "aedesk.denoising.denoise", "aedesk.watermark.single.erase", "aedesk.codec.compress"),
    "training": ("torch", "aedesk.training.fit"),
}
"""Modules that a lane's worker imports before it says "ready"."""


def resolve(spec: object, services: Mapping[str, str] = DEFAULT_SERVICES) -> Service:
    """Import and return the generator function ``service(spec, *inputs, cancel)`` for a spec.

    Raises:
        SpecError: no service is known for this type of spec.
        ImportError, AttributeError: the service's module is damaged.
    """
    kind = type(spec).__name__
    if kind not in services:
        raise SpecError(f"Nothing here can run a {kind}.", f"Known: {', '.join(sorted(services))}.")
    module, _, function = services[kind].partition(":")
    service: Any = getattr(importlib.import_module(module), function)
    return service  # type: ignore[no-any-return]
