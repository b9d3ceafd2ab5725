"""A codec with a tiny network that has learned nothing: its files are large and its pictures poor, but all its parts are there."""

from __future__ import annotations

from pathlib import Path

ARCHITECTURE = {"latent": 16, "hyper": 8, "context": 8, "widths": [8, 8, 8, 8], "blocks": [1, 1, 1, 1]}


def make_codec(folder: Path, name: str = "tiny", seed: int = 0) -> Path:
    """The model file of such a codec. The same seed gives the same weights."""
    import torch

    from aedesk.models.families import FAMILIES
    from aedesk.models.files.checkpoint import save_model

    torch.manual_seed(seed)
    network = FAMILIES["codec"].build(ARCHITECTURE)
    card = {"name": name, "purpose": "codec", "family": "codec", "architecture": ARCHITECTURE, "title": name.title()}
    return save_model(folder / f"{name}.safetensors", network.state_dict(), card, torch.float32)


def make_lively_codec(folder: Path, name: str = "lively", seed: int = 1) -> Path:
    """The same with random numbers where training would begin from zero, so that every layer has a say in every symbol."""
    import torch

    from aedesk.models.files.checkpoint import load_model, save_model

    path = make_codec(folder, name, seed)
    network, card = load_model(path)
    torch.manual_seed(seed)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(0.03 * torch.randn_like(parameter))
    return save_model(path, network.state_dict(), card, torch.float32)
