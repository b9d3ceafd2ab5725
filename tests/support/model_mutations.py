"""Hostile model files: real ones that were damaged, or whose card and list of tensors lie."""

from __future__ import annotations

import json
import random
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

FAMILIES: dict[str, dict[str, Any]] = {
    "unet": {"widths": [8, 8], "blocks": [1, 1], "estimator_width": 8},
    "undercomplete": {"size_px": 8, "hidden": [24], "code": 6},
    "convolutional": {"widths": [8, 12], "blocks": [1, 1], "code_channels": 5},
    "variational": {"size_px": 16, "code": 20, "body": "dense", "hidden": [40]},
    "masked": {"size_px": 16, "patch_px": 4, "width": 8, "depth": 1, "decoder_width": 8, "decoder_depth": 1, "heads": 2},
    "graph": {"width": 8, "blocks": 1},
    "codec": {"latent": 16, "hyper": 8, "context": 8, "widths": [8, 8, 8, 8], "blocks": [1, 1, 1, 1]},
    "unblending": {"widths": [8, 8], "blocks": [1, 1], "mend_widths": [8, 8], "mend_blocks": [1, 1]},
    "inpainting": {"widths": [8, 8], "blocks": [1, 1]},
}
HOSTILE: tuple[Any, ...] = (
    *(0, -1, 1, 2, 3, 64, 65, 255, 2048, 4096, 65_536, 2**31, 2**63, 10**9, 10**30),
    *(0.5, 1e9, 1e308, float("inf"), float("nan"), "", "x", "\x1b[2J", "\ud800", "a" * 5000, None, True, [], {}),
    *([1] * 100_000, [[1]], [2048] * 6, [64] * 6, {"a": {"b": {"c": [1]}}}),
)


def seeds(folder: Path) -> list[bytes]:
    """A small model file of every family."""
    import torch

    from aedesk.models.families import FAMILIES as BUILDERS
    from aedesk.models.files.checkpoint import save_model

    made = []
    for family, architecture in FAMILIES.items():
        torch.manual_seed(0)
        network = BUILDERS[family].build(architecture)
        card = {"name": family, "purpose": "autoencoder", "family": family, "architecture": architecture, "metrics": {"a": 1}}
        made.append(save_model(folder / f"{family}.safetensors", network.state_dict(), card).read_bytes())
    return made


def mutant(files: list[bytes], draw: random.Random) -> bytes:
    """One of the files, changed in one way, or in several after each other."""
    data = draw.choice(files)
    for _ in range(draw.choice((1, 1, 1, 2, 3))):
        data = draw.choice(MUTATIONS)(data, files, draw)
    return data


def flip(data: bytes, files: list[bytes], draw: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(draw.randint(1, 8)):
        if changed:
            changed[draw.randrange(min(len(changed), draw.choice((16, 4000, 1 << 30))))] ^= 1 << draw.randrange(8)
    return bytes(changed)


def truncate(data: bytes, files: list[bytes], draw: random.Random) -> bytes:
    return data[: draw.randrange(len(data) + 1)]


def splice(data: bytes, files: list[bytes], draw: random.Random) -> bytes:
    other = draw.choice(files)
    return data[: draw.randrange(len(data) + 1)] + other[draw.randrange(len(other) + 1) :]


def another_head(data: bytes, files: list[bytes], draw: random.Random) -> bytes:
    """The header of one file before the tensors of another."""
    header, _ = _parted(draw.choice(files))
    _, tensors = _parted(data)
    return _joined(header, tensors)


def lying_card(data: bytes, files: list[bytes], draw: random.Random) -> bytes:
    header, tensors = _parted(data)
    try:
        card = json.loads(header["__metadata__"]["aedesk"])
    except (KeyError, TypeError, ValueError, RecursionError):
        return data
    if draw.random() < 0.6 and isinstance(card, dict) and isinstance(card.get("architecture"), dict):
        _lie(card["architecture"], draw, ("widths", "blocks", "hidden", "code", "size_px", "kernel", "rounds", "latent", "body", "zzz"))
    elif draw.random() < 0.5 and isinstance(card, dict):
        card["family"] = draw.choice((*FAMILIES, "foreign", "contractive", "sparse", "stacked", "adversarial", "denoising", "future"))
        card["architecture"] = draw.choice(({}, {"id": "DRUNet", "tags": []}, {"id": "SwinIR", "tags": ["64nf"]}))
    elif isinstance(card, dict):
        _lie(card, draw, ("format", "name", "title", "purpose", "architecture", "metrics", "recipe", "training", "zzz"))
    text = json.dumps(card)
    if draw.random() < 0.1:
        depth = draw.choice((30, 100, 990, 100_000))
        text = text[:-1] + ', "deep": ' + "[" * depth + "]" * depth + "}"
    header["__metadata__"] = {"aedesk": text}
    return _joined(header, tensors)


def lying_tensors(data: bytes, files: list[bytes], draw: random.Random) -> bytes:
    header, tensors = _parted(data)
    names = [name for name in header if name != "__metadata__"]
    if not names:
        return data
    name = draw.choice(names)
    entry = header[name]
    if draw.random() < 0.2:
        header[draw.choice(("zzz", "network.body.1000000.weight"))] = header.pop(name)
    elif draw.random() < 0.1 or not isinstance(entry, dict):
        header[name] = draw.choice(HOSTILE)
    elif draw.random() < 0.3 and isinstance(entry.get("shape"), list):
        entry["shape"] = draw.choice((entry["shape"][::-1], [*entry["shape"], 1], [0], [2**40], [2**32, 2**32], [], [-1, -4]))
    else:
        _lie(entry, draw, ("dtype", "shape", "data_offsets"))
    return _joined(header, tensors)


MUTATIONS: tuple[Callable[[bytes, list[bytes], random.Random], bytes], ...] = (
    flip,
    truncate,
    splice,
    another_head,
    *(lying_card,) * 4,
    *(lying_tensors,) * 2,
)


def _lie(table: dict[str, Any], draw: random.Random, names: tuple[str, ...]) -> None:
    name = draw.choice((*table, *names))
    value, old = draw.choice(HOSTILE), table.get(name)
    if isinstance(old, list) and old and draw.random() < 0.5:
        value = [value if draw.random() < 0.5 else each for each in old]
    if draw.random() < 0.1:
        table.pop(name, None)
    else:
        table[name] = value


def _parted(data: bytes) -> tuple[dict[str, Any], bytes]:
    try:
        length = struct.unpack("<Q", data[:8])[0]
        header = json.loads(data[8 : 8 + length])
        return (header, data[8 + length :]) if isinstance(header, dict) else ({}, data)
    except (struct.error, ValueError, RecursionError, OverflowError):
        return {}, data


def _joined(header: dict[str, Any], tensors: bytes) -> bytes:
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + tensors
