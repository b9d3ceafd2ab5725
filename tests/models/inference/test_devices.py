"""Devices and precisions are chosen by what the machine can do."""

from __future__ import annotations

import pytest
import torch

from aedesk.core.errors import DeviceError
from aedesk.models.inference.devices import choose_precision, cpu_has_bfloat16, list_devices, resolve_device


def test_the_processor_is_always_listed_first() -> None:
    first = list_devices()[0]
    assert first.name == "cpu"
    assert first.precision in first.label


@pytest.mark.parametrize("name", ["cuda:99", "gpu", "cuda:x", "tpu:0", ""])
def test_a_device_that_is_not_there_is_an_error_with_a_way_out(name: str) -> None:
    with pytest.raises(DeviceError) as caught:
        resolve_device(name)
    assert "cpu" in caught.value.hint


@pytest.mark.parametrize(("limit", "expected"), [("AVX2", False), ("AVX512_CORE", False), ("SSE41", False)])
def test_bfloat16_is_not_chosen_where_it_would_be_emulated(monkeypatch: pytest.MonkeyPatch, limit: str, expected: bool) -> None:
    monkeypatch.setenv("ONEDNN_MAX_CPU_ISA", limit)
    assert cpu_has_bfloat16() is expected
    assert choose_precision("auto", torch.device("cpu")) is torch.float32


def test_bfloat16_is_chosen_on_a_processor_with_units_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ONEDNN_MAX_CPU_ISA", raising=False)
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: True, raising=False)
    assert choose_precision("auto", torch.device("cpu")) is torch.bfloat16


def test_half_precision_on_the_processor_is_refused() -> None:
    with pytest.raises(DeviceError, match="float16"):
        choose_precision("float16", torch.device("cpu"))
