"""Files decode to the same symbols whatever the processor, the number of threads and the version of torch.

``AEDESK_OTHER_PYTHONS`` may list interpreters with other versions of torch, separated as in ``PATH``.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from small_codec import make_lively_codec

from aedesk.codec.loading import load_codec
from aedesk.codec.picture_codec import EncodeOptions
from aedesk.formats.container import read_aed
from aedesk.imaging.picture import Picture

# Make oneDNN, torch's own kernels and MKL behave as on an older processor.
PROCESSORS = {
    "one thread": {"OMP_NUM_THREADS": "1"},
    "two threads": {"OMP_NUM_THREADS": "2"},
    "SSE4.1": {"ONEDNN_MAX_CPU_ISA": "SSE41", "ATEN_CPU_CAPABILITY": "default", "MKL_ENABLE_INSTRUCTIONS": "SSE4_2"},
    "AVX2": {"ONEDNN_MAX_CPU_ISA": "AVX2", "ATEN_CPU_CAPABILITY": "avx2", "MKL_ENABLE_INSTRUCTIONS": "AVX2"},
    "AVX-512": {"ONEDNN_MAX_CPU_ISA": "AVX512_CORE"},
    "no oneDNN": {"TORCH_MKLDNN_ENABLED": "0"},
}

PYTHONS = [sys.executable, *filter(None, os.environ.get("AEDESK_OTHER_PYTHONS", "").split(os.pathsep))]

READ = """
import hashlib, sys
import numpy as np
from aedesk.codec.loading import load_codec
from aedesk.formats.container import read_aed
codec = load_codec(sys.argv[1], "cpu")
with open(sys.argv[2], "rb") as aed:
    file = read_aed(aed.read())
latents = codec.latents(file)
np.save(sys.argv[3], codec.decode(file).picture.pixels)
print(hashlib.sha256(latents.symbols.tobytes() + latents.values.tobytes()).hexdigest())
"""


def decode_in_subprocess(python: str, processor: dict[str, str], model: Path, aed: Path, pixels: Path) -> str:
    environment = {name: value for name, value in os.environ.items() if name not in ("OMP_NUM_THREADS", "ONEDNN_MAX_CPU_ISA")}
    arguments = [python, "-c", READ, str(model), str(aed), str(pixels)]
    done = subprocess.run(arguments, env=environment | processor, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Path]:
    folder = tmp_path_factory.mktemp("written")
    model = make_lively_codec(folder)
    random = np.random.default_rng(0)
    smooth = np.cumsum(np.cumsum(random.normal(0, 1, (160, 200, 3)), 0), 1)
    pixels = np.clip(128 + 40 * smooth / smooth.std() + random.normal(0, 8, smooth.shape), 0, 255).astype(np.uint8)
    aed = folder / "a.aed"
    aed.write_bytes(load_codec(str(model), "cpu").encode(Picture(pixels), EncodeOptions(85)).data)
    return model, aed, folder


@pytest.fixture(scope="module")
def here(written: tuple[Path, Path, Path]) -> tuple[str, np.ndarray]:
    model, aed, _ = written
    file, codec = read_aed(aed.read_bytes()), load_codec(str(model), "cpu")
    latents = codec.latents(file)
    digest = hashlib.sha256(latents.symbols.tobytes() + latents.values.tobytes()).hexdigest()
    return digest, codec.decode(file).picture.pixels


@pytest.mark.slow
@pytest.mark.parametrize("processor", PROCESSORS)
@pytest.mark.parametrize("python", PYTHONS, ids=("this Python", *PYTHONS[1:]))
def test_symbols_are_equal_and_pixels_within_one_level(
    python: str, processor: str, written: tuple[Path, Path, Path], here: tuple[str, np.ndarray]
) -> None:
    model, aed, folder = written
    digest, pixels = here
    assert decode_in_subprocess(python, PROCESSORS[processor], model, aed, folder / "pixels.npy") == digest
    assert np.abs(np.load(folder / "pixels.npy").astype(int) - pixels).max() <= 1
