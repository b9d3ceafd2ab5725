"""Export to ONNX: what comes out computes the same, at other sizes too, and says what it is."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from aedesk.core.cancel import CancelToken
from aedesk.core.errors import AedeskError, ModelError, SpecError
from aedesk.core.events import Finished
from aedesk.core.model_specs import ExportOnnxSpec, OnnxExport
from aedesk.models.families import FAMILIES
from aedesk.models.files import onnx_export
from aedesk.models.files.checkpoint import load_model, save_model

onnx = pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")

UNET = {"widths": [8, 8], "blocks": [1, 1], "estimator_width": 8}
CONVOLUTIONAL = {"channels": 3}


def make_file(folder: Path, family: str, purpose: str, architecture: Mapping[str, Any]) -> Path:
    torch.manual_seed(0)
    card = {"name": family, "purpose": purpose, "family": family, "architecture": dict(architecture), "licence": "CC0-1.0"}
    return save_model(folder / f"{family}.safetensors", FAMILIES[family].build(architecture).state_dict(), card)


def export(model: Path | str, path: Path, **options: bool) -> OnnxExport:
    end = list(onnx_export.export_onnx(ExportOnnxSpec(str(model), str(path), **options), CancelToken()))[-1]
    assert isinstance(end, Finished)
    return end.result


def run(path: str | Path, **inputs: np.ndarray) -> np.ndarray:
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return session.run(None, inputs)[0]


def test_a_denoiser_takes_pictures_of_any_size_with_a_level_or_a_map(tmp_path: Path) -> None:
    model = make_file(tmp_path, "unet", "denoise", UNET)
    result = export(model, tmp_path / "out.onnx")
    assert result.paths == (str(tmp_path / "out.onnx"),)
    assert result.difference <= onnx_export.TOLERANCE
    assert result.any_size
    network, _ = load_model(model)
    for height, width in ((result.size_multiple, 5 * result.size_multiple), (96, 80)):
        noisy = torch.rand(1, 3, height, width)
        for sigma in (torch.full((1, 1, 1, 1), 40.0), torch.rand(1, 1, height, width) * 50):
            with torch.inference_mode():
                expected = network(noisy, sigma)
            found = run(tmp_path / "out.onnx", noisy=noisy.numpy(), sigma=sigma.numpy())
            assert np.abs(found - expected.numpy()).max() < 1e-5


def test_the_file_carries_the_card(tmp_path: Path) -> None:
    export(make_file(tmp_path, "unet", "denoise", UNET), tmp_path / "out.onnx")
    kept = {entry.key: entry.value for entry in onnx.load(str(tmp_path / "out.onnx")).metadata_props}
    assert json.loads(kept["aedesk"])["family"] == "unet"
    assert kept["licence"] == "CC0-1.0"


def test_an_autoencoder_becomes_an_encoder_and_a_decoder_that_go_together(tmp_path: Path) -> None:
    model = make_file(tmp_path, "convolutional", "autoencoder", CONVOLUTIONAL)
    result = export(model, tmp_path / "net.onnx")
    assert [Path(path).name for path in result.paths] == ["net-encoder.onnx", "net-decoder.onnx"]
    network: Any = load_model(model)[0]
    edge = 3 * result.size_multiple
    picture = torch.rand(1, 3, edge, 2 * edge)
    code = run(result.paths[0], picture=picture.numpy())
    with torch.inference_mode():
        assert np.abs(code - network.encode(picture).numpy()).max() < 1e-4
        assert np.abs(run(result.paths[1], code=code) - network(picture).numpy()).max() < 1e-4


def test_a_dense_autoencoder_keeps_its_one_size(tmp_path: Path) -> None:
    model = make_file(tmp_path, "undercomplete", "autoencoder", {})
    result = export(model, tmp_path / "dense.onnx")
    assert not result.any_size
    network: Any = load_model(model)[0]
    edge = network.descriptor.fixed_px
    picture = torch.rand(1, network.descriptor.channels, edge, edge)
    with torch.inference_mode():
        assert np.abs(run(result.paths[0], picture=picture.numpy()) - network.encode(picture).numpy()).max() < 1e-4


def test_a_file_that_is_there_is_replaced_only_when_that_is_allowed(tmp_path: Path) -> None:
    model = make_file(tmp_path, "unet", "denoise", UNET)
    (tmp_path / "out.onnx").write_text("precious")
    with pytest.raises(SpecError, match="exists already"):
        export(model, tmp_path / "out.onnx")
    assert (tmp_path / "out.onnx").read_text() == "precious"
    export(model, tmp_path / "out.onnx", overwrite=True)
    assert onnx.load(str(tmp_path / "out.onnx")).graph.input[0].name == "noisy"


def test_a_result_that_differs_is_an_error_and_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = make_file(tmp_path, "unet", "denoise", UNET)

    class Drifting(nn.Module):
        """Another result at each call: what was traced is not what is compared with."""

        def __init__(self, network: Any) -> None:
            super().__init__()
            self.network, self.calls, self.descriptor = network, 0, network.descriptor

        def forward(self, noisy: torch.Tensor, sigma: torch.Tensor) -> torch.Tensor:
            self.calls += 1
            return self.network(noisy, sigma) + 0.01 * self.calls

    def drifting(path: Path) -> Any:
        network, card = load_model(path)
        return Drifting(network), card

    monkeypatch.setattr(onnx_export, "load_model", drifting)
    with pytest.raises(ModelError, match="something else than in torch"):
        export(model, tmp_path / "out.onnx")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["unet.safetensors"]


def test_what_onnx_cannot_express_is_told_in_a_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = make_file(tmp_path, "graph", "denoise", {})
    with pytest.raises(ModelError, match="graph cannot be exported") as caught:
        export(model, tmp_path / "out.onnx")
    assert len(caught.value.message) < 250
    assert capsys.readouterr().out == ""


def test_a_name_without_the_suffix_is_refused() -> None:
    with pytest.raises(SpecError, match=r"\.onnx"):
        ExportOnnxSpec("denoise-photo", "out.bin")


def test_without_the_extra_the_message_says_how_to_install_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(AedeskError, match="extra 'onnx'") as caught:
        export(make_file(tmp_path, "unet", "denoise", UNET), tmp_path / "out.onnx")
    assert "aedesk[onnx]" in caught.value.hint


@pytest.mark.parametrize("mode", ["DnCNN", "FDnCNN"])
def test_a_network_of_another_program_can_be_exported(mode: str, tmp_path: Path) -> None:
    try:
        from spandrel.architectures.DnCNN import DnCNN
    except (ImportError, RuntimeError) as why:
        pytest.skip(f"the extra 'community' is not installed: {why}")
    torch.manual_seed(0)
    network = DnCNN(in_nc=3 + (mode == "FDnCNN"), out_nc=3, nc=8, nb=9, act_mode="R", mode=mode)
    card = {"name": "x", "purpose": "denoise", "family": "foreign", "architecture": {"id": "DnCNN"}}
    model = save_model(tmp_path / "x.safetensors", network.state_dict(), card)
    assert export(model, tmp_path / "x.onnx").any_size
    names = [entry.name for entry in onnx.load(str(tmp_path / "x.onnx")).graph.input]
    assert names == ["noisy", "sigma"][: 1 + (mode == "FDnCNN")]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["denoise-photo", "denoise-gaussian"])
def test_the_shipped_denoisers_can_be_exported(name: str, tmp_path: Path) -> None:
    assert export(name, tmp_path / "out.onnx").difference <= onnx_export.TOLERANCE
