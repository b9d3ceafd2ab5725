"""The convolutional autoencoder against PCA with a code of the same size: ``python tests/bench/bench_against_pca.py FOLDER [-o RUN]``.

Both learn from random crops of 32 x 32 pixels of the pictures in FOLDER (also inside zip files) and are measured on crops of pictures
that are held out. The code is a twelfth of the input: 256 of 3,072 numbers. PCA must be surpassed, the goal is 3 dB. The run in RUN is
gone on with, or measured again if it is done.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.decomposition import PCA
from torch import Tensor

from aedesk.core.cancel import CancelToken
from aedesk.core.events import StepDone
from aedesk.core.resources import resource_path
from aedesk.core.specs import TrainSpec
from aedesk.data.examples.example import Examples
from aedesk.data.sources import make_examples
from aedesk.models.files.checkpoint import load_model
from aedesk.training.fit import fit
from aedesk.training.recipes.recipe import load

EDGE_PX, CODE = 32, 256
PCA_CROPS, BATCH = 40_000, 1_000


def make_recipe(folder: Path, steps: int, pictures: int) -> dict[str, Any]:
    recipe = load(resource_path("recipes", "convolutional.toml"))
    recipe["data"] = {"folder": str(folder), "limit": pictures, "held_out": 20}
    recipe["train"] |= {"validate_every": 200, "ema": 0.995, "preview_every": 0}
    recipe["stage"] = [{"steps": steps, "patch_px": EDGE_PX, "batch": 64, "loss": "mse"}]
    return recipe


def train(recipe: dict[str, Any], run: Path) -> float:
    """Train the network, or finish training it; the seconds that took."""
    begun = time.monotonic()
    for event in fit(TrainSpec(recipe, str(run), resume=(run / "checkpoint.pt").exists()), CancelToken()):
        if isinstance(event, StepDone) and "val_psnr" in event.metrics:
            print(f"step {event.step}: {event.metrics['val_psnr']:.2f} dB on whole pictures", flush=True)
    return time.monotonic() - begun


def learn_pca(examples: Examples) -> PCA:
    batches = [examples.draw(BATCH, EDGE_PX, seed).target.flatten(1).numpy() for seed in range(PCA_CROPS // BATCH)]
    return PCA(CODE, svd_solver="covariance_eigh").fit(np.concatenate(batches))


def crops_of(pictures: list[Tensor]) -> Tensor:
    """The squares of ``EDGE_PX`` that (1, 3, H, W) pictures consist of: (N, 3, EDGE_PX, EDGE_PX)."""
    squares = [p.unfold(2, EDGE_PX, EDGE_PX).unfold(3, EDGE_PX, EDGE_PX).permute(0, 2, 3, 1, 4, 5).flatten(0, 2) for p in pictures]
    return torch.cat(squares)


def decibels(reconstruction: NDArray, crops: NDArray) -> tuple[float, float]:
    """PSNR of all crops together, and its mean over the crops, in dB."""
    errors = np.square(np.clip(reconstruction, 0, 1) - crops).mean(1)
    return float(-10 * np.log10(errors.mean())), float(-10 * np.log10(np.maximum(errors, 1e-10)).mean())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("-o", "--out", type=Path)
    parser.add_argument("--steps", type=int, default=2500)
    parser.add_argument("--pictures", type=int, default=200)
    args = parser.parse_args()
    recipe = make_recipe(args.folder, args.steps, args.pictures)
    with tempfile.TemporaryDirectory() as scratch:
        run = args.out or Path(scratch) / "run"
        seconds = train(recipe, run)
        network: Any = load_model(run / "best.safetensors")[0]
    examples = make_examples(recipe["data"], {}, 3, torch.device("cpu"), CancelToken())
    crops = crops_of([example.target for example in examples.validation()])
    code = network.descriptor.code_size(EDGE_PX, EDGE_PX)
    assert code == CODE
    with torch.inference_mode():
        ours = decibels(torch.cat([network(part) for part in crops.split(BATCH)]).flatten(1).numpy(), crops.flatten(1).numpy())
    pca = learn_pca(examples)
    flat = crops.flatten(1).numpy()
    theirs = decibels(pca.inverse_transform(pca.transform(flat)), flat)
    print(f"{len(crops)} held-out crops of {EDGE_PX} x {EDGE_PX} pixels, code {code} of {flat.shape[1]} numbers")
    print(f"  PCA            {theirs[0]:.2f} dB over all, {theirs[1]:.2f} dB mean of the crops ({PCA_CROPS} crops)")
    print(f"  convolutional  {ours[0]:.2f} dB over all, {ours[1]:.2f} dB mean of the crops ({args.steps} steps; this time {seconds:.0f} s)")
    print(f"  difference     {ours[0] - theirs[0]:+.2f} dB (floor 0, goal +3)")
    return 0 if ours[0] > theirs[0] else 1


if __name__ == "__main__":
    raise SystemExit(main())
