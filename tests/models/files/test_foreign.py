"""Networks of other programs, made here with random weights: read safely, told the noise level, run in tiles without seams."""

from __future__ import annotations

import io
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from aedesk.core.cancel import CancelToken
from aedesk.core.errors import AedeskError, ModelError
from aedesk.core.events import Finished
from aedesk.core.model_specs import ImportModelSpec
from aedesk.core.specs import DenoiseSpec, ModelInfo
from aedesk.denoising.denoise import denoise
from aedesk.imaging.picture import Picture
from aedesk.models.files.checkpoint import load_model, save_model
from aedesk.models.files.importing import import_model
from aedesk.models.files.weights_file import read_weights
from aedesk.models.files.zoo import find_model
from aedesk.settings.places import models_dir

try:
    import spandrel  # noqa: F401
    from spandrel.architectures.Compact import Compact
    from spandrel.architectures.DnCNN import DnCNN
    from spandrel.architectures.DRUNet import DRUNet
    from spandrel.architectures.SwinIR import SwinIR
except (ImportError, RuntimeError) as why:  # RuntimeError: a torchvision of another torch
    pytest.skip(f"the extra 'community' is not installed: {why}", allow_module_level=True)


def louder(network: nn.Module) -> nn.Module:
    """Torch's own first weights leave next to nothing of the input after nine layers."""
    with torch.no_grad():
        for layer in network.modules():
            if isinstance(layer, nn.Conv2d):
                nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
    return network


MAKERS: dict[str, Any] = {
    "DRUNet": lambda: DRUNet(in_nc=4, out_nc=3, nc=[4, 4, 8, 8], nb=2),
    "gray DRUNet": lambda: DRUNet(in_nc=2, out_nc=1, nc=[4, 4, 8, 8], nb=2),
    "FDnCNN": lambda: louder(DnCNN(in_nc=4, out_nc=3, nc=8, nb=9, act_mode="R", mode="FDnCNN")),
    "DnCNN": lambda: DnCNN(in_nc=3, out_nc=3, nc=8, nb=9, act_mode="BR"),
    "SwinIR": lambda: SwinIR(img_size=16, embed_dim=12, depths=[1, 1], num_heads=[2, 2], window_size=8, upscale=1),
}
TOLD = ("DRUNet", "gray DRUNet", "FDnCNN")


def make(name: str) -> nn.Module:
    torch.manual_seed(list(MAKERS).index(name))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of spandrel's own code
        network: nn.Module = MAKERS[name]()
    return network


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("foreign")
    made = {}
    for name in MAKERS:
        made[name] = folder / f"{name}.pth"
        torch.save(make(name).state_dict(), made[name])
    return made


def import_file(path: Path, title: str = "") -> ModelInfo:
    end = list(import_model(ImportModelSpec(str(path), title), CancelToken()))[-1]
    assert isinstance(end, Finished)
    return end.result


def restore(picture: Picture, **options: object) -> Picture:
    end = list(denoise(DenoiseSpec(device="cpu", precision="float32", **options), picture, CancelToken()))[-1]  # type: ignore[arg-type]
    assert isinstance(end, Finished)
    return end.result.picture


@pytest.fixture
def picture(make_pixels: Any) -> Picture:
    return Picture(make_pixels(70, 90))


def test_a_network_is_kept_in_our_own_format_with_all_of_its_digits(files: dict[str, Path]) -> None:
    info = import_file(files["DRUNet"], "Foreign one")
    assert (info.name, info.origin, info.purpose, info.card["family"]) == ("foreign-one", "own", "denoise", "foreign")
    assert info.card["architecture"] == {"id": "DRUNet", "tags": ["2nb"]}
    assert info.card["imported"] == {"file": "DRUNet.pth"}
    assert [path.name for path in models_dir().iterdir()] == ["foreign-one.safetensors"]
    before, after = torch.load(files["DRUNet"], weights_only=True), load_model(info.path)[0].state_dict()
    assert before.keys() == after.keys()
    assert all(torch.equal(before[key], after[key]) for key in before)


@pytest.mark.parametrize("name", MAKERS)
def test_an_imported_network_restores_a_picture_and_computes_what_the_network_does(
    name: str, files: dict[str, Path], picture: Picture
) -> None:
    restored = restore(picture, model=import_file(files[name]).name, sigma=20.0)
    network = make(name).eval()
    noisy = torch.from_numpy(picture.pixels).permute(2, 0, 1)[None].float() / 255
    padded = nn.functional.pad(noisy, (0, 6, 0, 2), mode="replicate")
    if name == "gray DRUNet":
        padded = padded.transpose(0, 1)
    level = torch.full_like(padded[:, :1], 20 / 255)
    with torch.inference_mode():
        expected = network(torch.cat((padded, level), 1)) if name in TOLD else network(padded)
    if name == "gray DRUNet":
        expected = expected.transpose(0, 1)
    wanted = expected[0, :, :70, :90].clamp(0, 1).mul(255).round().permute(1, 2, 0).numpy()
    assert np.abs(restored.pixels.astype(int) - wanted).max() <= 1


@pytest.mark.parametrize("name", TOLD)
def test_the_noise_level_is_ours_and_not_spandrels(name: str, files: dict[str, Path]) -> None:
    network, _ = load_model(import_file(files[name]).path)
    assert network.descriptor.conditions == ("sigma",)  # type: ignore[union-attr]
    noisy = torch.rand(1, network.descriptor.channels, 32, 32)  # type: ignore[union-attr]
    with torch.inference_mode():
        weak, strong = (network(noisy, torch.full((1, 1, 1, 1), sigma)) for sigma in (2.0, 60.0))
        local = torch.full((1, 1, 32, 32), 60.0)
        assert torch.allclose(network(noisy, local), strong)
    assert float((weak - strong).abs().max()) > 1e-4
    with pytest.raises(ModelError, match="noise level"):
        network(noisy)


@pytest.mark.parametrize("name", ["DRUNet", "FDnCNN", "DnCNN"])
def test_the_declared_reach_is_enough_for_tiles_without_seams(name: str, files: dict[str, Path]) -> None:
    network, _ = load_model(import_file(files[name]).path)
    contract: Any = network.descriptor
    halo, edge = contract.halo_px, 2 * contract.halo_px + contract.size_multiple
    noisy = torch.rand(1, 3, edge, edge)
    changed = noisy.clone()
    changed[..., :, edge - contract.size_multiple :] = 0.5  # further from the first cell than the halo
    sigma = [torch.full((1, 1, 1, 1), 30.0)] if contract.conditions else []
    with torch.inference_mode():
        a, b = (network(x, *sigma)[..., : contract.size_multiple] for x in (noisy, changed))
    assert edge - contract.size_multiple - contract.size_multiple >= halo
    assert torch.allclose(a, b, atol=1e-6)


def test_auto_finds_the_noise_level_for_a_network_that_cannot(files: dict[str, Path], picture: Picture) -> None:
    end = list(denoise(DenoiseSpec(model=import_file(files["FDnCNN"]).name, device="cpu"), picture, CancelToken()))[-1]
    assert isinstance(end, Finished)
    assert end.result.sigma is not None
    assert 0 <= end.result.sigma <= 100


def test_safetensors_and_the_older_pickles_and_wrapped_weights_are_read_too(files: dict[str, Path], tmp_path: Path) -> None:
    from safetensors.torch import save_file

    state = torch.load(files["FDnCNN"], weights_only=True)
    save_file(state, tmp_path / "a.safetensors")
    torch.save(
        {"params": {f"module.{key}": value for key, value in state.items()}}, tmp_path / "b.pt", _use_new_zipfile_serialization=False
    )
    halves = {key: value.half() for key, value in state.items()}
    torch.save(halves, tmp_path / "c.ckpt")
    infos = [import_file(tmp_path / name) for name in ("a.safetensors", "b.pt", "c.ckpt")]
    assert [info.card["architecture"]["tags"] for info in infos] == [["FDnCNN", "8nc", "9nb"]] * 3
    assert infos[2].size_bytes < 0.7 * infos[0].size_bytes


class Trap:
    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[object, tuple[Path]]:
        return Path.touch, (self.mark,)


def hostile(kind: str, folder: Path, whole: bytes) -> bytes:
    buffer = io.BytesIO()
    state = torch.load(io.BytesIO(whole), weights_only=True)
    if kind in ("code", "code beside weights"):
        torch.save(Trap(folder / "sprung") if kind == "code" else {**state, "extra": Trap(folder / "sprung")}, buffer)
    elif kind == "whole program":
        torch.save(nn.Linear(2, 2), buffer)
    elif kind == "cut short":
        return whole[: len(whole) // 2]
    elif kind == "text":
        return b"\x80 and then something that is no pickle"
    elif kind == "list":
        torch.save([torch.zeros(2)], buffer)
    elif kind == "no weights":
        torch.save({"epoch": 3}, buffer)
    elif kind == "unknown network":
        torch.save({"a": torch.zeros(3), "b": torch.zeros(3)}, buffer)
    elif kind == "not numbers":
        torch.save({**state, "model.0.bias": torch.full((8,), float("nan"))}, buffer)
    elif kind == "another shape":
        torch.save({**state, "model.2.weight": torch.zeros(8, 8, 5, 5)}, buffer)
    elif kind == "enlarges":
        torch.save(Compact(num_feat=8, num_conv=2, upscale=2).state_dict(), buffer)
    elif kind == "other channels":
        torch.save(DnCNN(in_nc=5, out_nc=3, nc=8, nb=9, act_mode="R", mode="FDnCNN").state_dict(), buffer)
    return buffer.getvalue()


REASONS = {
    "code": "hides code: it would use",
    "code beside weights": "hides code: it would use",
    "whole program": "hides code: it would use torch.nn.modules.linear.Linear",
    "cut short": "is not a weights file, or is damaged",
    "text": "holds something else than weights|is not a weights file",
    "list": "holds no weights by name",
    "no weights": "holds no weights",
    "unknown network": "No architecture that spandrel knows",
    "not numbers": "are no numbers",
    "another shape": "spandrel cannot build",
    "enlarges": "enlarges pictures 2 times",
    "other channels": "turns 4 channels to 3",
}


@pytest.mark.parametrize("kind", REASONS)
def test_what_is_no_restoration_network_is_refused_with_the_reason_and_nothing_in_it_runs(
    kind: str, files: dict[str, Path], tmp_path: Path
) -> None:
    path = tmp_path / "network.pth"
    path.write_bytes(hostile(kind, tmp_path, files["FDnCNN"].read_bytes()))
    with pytest.raises(ModelError, match=REASONS[kind]) as caught:
        import_file(path)
    assert caught.value.hint
    assert not (tmp_path / "sprung").exists()
    assert not models_dir().exists() or list(models_dir().iterdir()) == []


def test_a_torchscript_program_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "program.pt"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch says that TorchScript is going
        torch.jit.trace(nn.Linear(2, 2), torch.zeros(1, 2)).save(str(path))
    with pytest.raises(ModelError, match="TorchScript program"):
        read_weights(path)


def test_without_the_extra_the_message_says_how_to_install_it(files: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    kept = import_file(files["FDnCNN"])
    monkeypatch.setitem(sys.modules, "spandrel", None)
    for act in (lambda: import_file(files["FDnCNN"]), lambda: load_model(find_model(kept.name))):
        with pytest.raises(AedeskError, match="community") as caught:
            act()
        assert "aedesk[community]" in caught.value.hint


def test_a_card_that_names_another_architecture_is_told(files: dict[str, Path], tmp_path: Path) -> None:
    state = torch.load(files["FDnCNN"], weights_only=True)
    card = {"name": "x", "purpose": "denoise", "family": "foreign", "architecture": {"id": "DRUNet"}}
    for architecture in ({"id": "DRUNet"}, {"id": "NoSuchNet"}, {}):
        with pytest.raises(ModelError, match="does not fit its own card"):
            load_model(save_model(tmp_path / "x.safetensors", state, {**card, "architecture": architecture}))
