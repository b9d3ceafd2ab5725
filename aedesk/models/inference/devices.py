"""Devices and the precision each is fast in."""

from __future__ import annotations

import os
from collections.abc import Iterator

import torch

from aedesk.core.cancel import CancelToken
from aedesk.core.errors import DeviceError
from aedesk.core.events import Event, Finished
from aedesk.core.specs import DeviceInfo, DevicesSpec

PRECISIONS = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}


def resolve_device(name: str) -> torch.device:
    """ "auto", "cpu", "cuda" or "cuda:N" to a device that exists. Raises :class:`DeviceError` otherwise."""
    if name == "auto":
        return torch.device("cuda:0" if torch.cuda.is_available() else "cpu")
    if name == "cpu":
        return torch.device("cpu")
    kind, _, index = name.partition(":")
    if kind != "cuda" or not (index or "0").isdecimal():
        raise DeviceError(f"{name!r} is not a device.", "Choose auto, cpu or cuda:N.")
    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if int(index or 0) >= count:
        raise DeviceError(f"The device {name} is not there.", f"CUDA devices found: {count}. Choose auto or cpu.")
    return torch.device("cuda", int(index or 0))


def cpu_has_bfloat16() -> bool:
    """Whether the processor multiplies bfloat16 in hardware.

    Without such units bf16 is emulated and about 12 times slower than float32 (measured), so this decides, never a default.
    An ISA limit set through oneDNN's own variable counts.
    """
    limit = os.environ.get("ONEDNN_MAX_CPU_ISA", os.environ.get("DNNL_MAX_CPU_ISA", "")).upper()
    if limit and not any(name in limit for name in ("BF16", "AMX", "ALL", "DEFAULT")):
        return False
    probes = ("_is_amx_tile_supported", "_is_avx512_bf16_supported")
    return any(bool(getattr(torch.cpu, probe, bool)()) for probe in probes)


def choose_precision(name: str, device: torch.device) -> torch.dtype:
    """A precision by name, or with "auto" the fastest that the device has units for."""
    if name != "auto":
        if device.type == "cpu" and name == "float16":
            raise DeviceError("float16 is not supported on the CPU.", "Choose auto, float32 or bfloat16.")
        return PRECISIONS[name]
    if device.type == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported(including_emulation=False) else torch.float16
    return torch.bfloat16 if cpu_has_bfloat16() else torch.float32


def precision_name(dtype: torch.dtype) -> str:
    return next(name for name, value in PRECISIONS.items() if value == dtype)


def list_devices() -> tuple[DeviceInfo, ...]:
    """The CPU first, then every CUDA device."""
    cpu = torch.device("cpu")
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    precision = precision_name(choose_precision("auto", cpu))
    found = [DeviceInfo("cpu", f"CPU, {cores} cores, {precision}", precision)]
    for index in range(torch.cuda.device_count() if torch.cuda.is_available() else 0):
        device = torch.device("cuda", index)
        precision = precision_name(choose_precision("auto", device))
        free, total = torch.cuda.mem_get_info(device)
        label = f"CUDA:{index} {torch.cuda.get_device_name(device)}, {free / 2**30:.0f} of {total / 2**30:.0f} GB free"
        found.append(DeviceInfo(f"cuda:{index}", label, precision, total, free))
    return tuple(found)


def devices(spec: DevicesSpec, cancel: CancelToken) -> Iterator[Event]:
    found = list_devices()
    yield Finished(found, f"{len(found)} devices")
