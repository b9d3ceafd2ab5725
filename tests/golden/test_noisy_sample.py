"""The bundled sample comes out as it did when the shipped weights were measured.

After new weights: ``python tests/golden/test_noisy_sample.py`` measures and records them in ``noisy_sample.json``.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from aedesk.core.events import Finished
from aedesk.core.resources import resource_path
from aedesk.core.specs import DenoiseSpec
from aedesk.imaging import io
from aedesk.imaging.metrics import psnr
from aedesk.jobs.inline import run
from aedesk.models.files.zoo import SHIPPED

TOLERANCE_DB = 0.05
DENOISERS = tuple(name for name in SHIPPED if name.startswith("denoise-"))
RECORD = Path(__file__).with_name("noisy_sample.json")


def measure(model: str) -> dict[str, Any]:
    """PSNR in dB of the restored sample with the noise level given and estimated, and which weights did it."""
    noisy, clean = (io.read(resource_path("samples", f"portrait_{kind}.png")) for kind in ("noisy", "clean"))
    figures: dict[str, Any] = {"sha256": hashlib.sha256(resource_path("models", f"{model}.safetensors").read_bytes()).hexdigest()}
    for name, sigma in (("given", 25.0), ("auto", None)):
        *_, end = run(DenoiseSpec(model=model, sigma=sigma, device="cpu", precision="float32"), noisy)
        assert isinstance(end, Finished), end
        figures[name] = round(psnr(end.result.picture.pixels, clean.pixels), 3)
    return figures


@pytest.mark.parametrize("model", DENOISERS)
def test_the_noisy_sample_is_restored_as_well_as_recorded(model: str) -> None:
    record = json.loads(RECORD.read_text("utf-8"))[model]
    measured = measure(model)
    assert measured["sha256"] == record["sha256"], "other weights than those recorded: see the head of this file"
    assert measured["given"] == pytest.approx(record["given"], abs=TOLERANCE_DB)
    assert measured["auto"] == pytest.approx(record["auto"], abs=TOLERANCE_DB)


if __name__ == "__main__":
    RECORD.write_text(json.dumps({model: measure(model) for model in DENOISERS}, indent=2) + "\n", "utf-8")
