"""Files of version 1 stay readable, with the same symbols.

``python tests/golden/test_aed_files.py`` creates missing files and records their content; it never changes an existing one. After a
change to the format, add files; if an existing one fails, the change is wrong.
"""

from __future__ import annotations

import hashlib
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

import pytest
import torch
from aed_files import FILES

from aedesk.codec.loading import codec_for, load_codec
from aedesk.codec.picture_codec import DecodeOptions, EncodeOptions
from aedesk.core.resources import resource_path
from aedesk.formats.aed_file import MODEL
from aedesk.formats.container import read_aed, write_aed
from aedesk.formats.inspection import inspect
from aedesk.imaging import io
from aedesk.models.families import FAMILIES
from aedesk.models.files.checkpoint import save_model

FOLDER = Path(__file__).with_name("aed")
RECORD = FOLDER / "record.json"
TOLERANCE = 0.2  # of the mean of a channel, in 8-bit levels

EMBEDDED: dict[str, tuple[str, dict[str, Any]]] = {
    "codes-convolutional": ("convolutional", {"widths": [8, 6], "blocks": [0, 0], "code_channels": 9}),
    "codes-dense": ("undercomplete", {"size_px": 12, "hidden": [], "code": 24, "channels": 1}),
    "codec": ("codec", {"latent": 4, "hyper": 4, "context": 4, "widths": [4, 4, 4, 4], "blocks": [0, 0, 0, 0]}),
}


def described(data: bytes) -> dict[str, Any]:
    """Returns the content of a file; with an embedded model also a digest of what it decodes to."""
    file = read_aed(data)
    result = {**inspect(data), "tile_hashes": [_hash(tile) for tile in file.tiles], "chunk_hashes": [_hash(c.data) for c in file.chunks]}
    if file.chunk(MODEL) is not None:
        codec = codec_for(file, "cpu")
        result["symbols"] = _hash(codec.latents(file).symbols.astype("<i4").tobytes())
        result["mean"] = [round(float(value), 3) for value in codec.decode(file, DecodeOptions(8)).picture.pixels.mean((0, 1))]
    return result


def names() -> list[str]:
    return sorted(path.stem for path in FOLDER.glob("*.aed"))


@pytest.mark.parametrize("name", names())
def test_a_file_of_version_1_has_its_recorded_content(name: str) -> None:
    recorded = json.loads(RECORD.read_text("utf-8"))[name]
    found = described((FOLDER / f"{name}.aed").read_bytes())
    assert found.pop("mean", []) == pytest.approx(recorded.pop("mean", []), abs=TOLERANCE)
    assert found == recorded


@pytest.mark.parametrize("name", names())
def test_a_file_of_version_1_is_rewritten_byte_for_byte(name: str) -> None:
    data = (FOLDER / f"{name}.aed").read_bytes()
    assert write_aed(read_aed(data)) == data


@pytest.mark.parametrize("name", FILES)
def test_the_bytes_of_a_layout_are_those_of_version_1(name: str) -> None:
    assert write_aed(FILES[name]) == (FOLDER / f"{name}.aed").read_bytes()


def test_no_file_is_missing() -> None:
    assert names() == sorted(json.loads(RECORD.read_text("utf-8")))


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:16]


def _with_its_model(family: str, arguments: dict[str, Any]) -> bytes:
    """Returns a crop of the sample encoded by a network with random weights, so that all of them matter."""
    torch.manual_seed(0)
    network = FAMILIES[family].build(arguments)
    if family == "codec":
        with torch.no_grad():
            for parameter in network.parameters():
                parameter.add_(0.03 * torch.randn_like(parameter))
    card = {"name": family, "purpose": network.descriptor.purpose, "family": family, "architecture": arguments}
    picture = io.read(resource_path("samples", "portrait_clean.png")).crop(100, 80, 150, 130)
    with tempfile.TemporaryDirectory() as folder:
        path = save_model(Path(folder, f"{family}.safetensors"), network.state_dict(), card, torch.float16)
        return load_codec(str(path), "cpu").encode(picture, EncodeOptions(60, model_file=path.read_bytes())).data


def record() -> None:
    FOLDER.mkdir(exist_ok=True)
    entries = json.loads(RECORD.read_text("utf-8")) if RECORD.exists() else {}
    makers = {name: lambda name=name: write_aed(FILES[name]) for name in FILES}
    makers |= {name: lambda name=name: _with_its_model(*EMBEDDED[name]) for name in EMBEDDED}
    for name, make in makers.items():
        path = FOLDER / f"{name}.aed"
        if path.exists():
            continue
        path.write_bytes(make())
        entries[name] = described(path.read_bytes())
        print(f"{path.name}: {path.stat().st_size} bytes")
    RECORD.write_text(json.dumps(entries, indent=2, sort_keys=True) + "\n", "utf-8")


if __name__ == "__main__":
    record()
