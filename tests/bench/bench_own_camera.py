"""Learn my camera's noise: ``python tests/bench/bench_own_camera.py FOLDER [--held-out 9] [--scenes] [-o RUN]``.

FOLDER holds pairs ``NAME_real.*`` and ``NAME_mean.*`` of one camera. The recipe own-camera goes on from denoise-photo on the noisy pictures
of all but a few of the pairs; the clean ones are neither read nor copied. Then both models restore the noisy pictures of the others, with
the noise level estimated, and are measured against their clean ones. The held-out pairs are spread evenly over the sorted names;
with --scenes they are whole scenes (names that differ in their last number only), so that nothing of them was seen.
Prints PSNR of each picture and the means; ends with an error if the fine-tuned model is worse.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from aedesk.core.events import Failed, Finished, Log, StepDone
from aedesk.core.resources import resource_path
from aedesk.core.specs import EvaluateDenoiseSpec, TrainSpec
from aedesk.jobs.inline import run
from aedesk.training.recipes.recipe import load

START = "denoise-photo"
NOISY, CLEAN = "_real", "_mean"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--held-out", type=int, default=9)
    parser.add_argument("--scenes", action="store_true")
    parser.add_argument("--steps", type=int, help="instead of the recipe's")
    parser.add_argument("-o", "--output", type=Path, help="keep the run in this folder")
    arguments = parser.parse_args()
    names = sorted(path.name for path in arguments.folder.iterdir() if path.stem.endswith(NOISY))
    held_out = _whole_scenes(names, arguments.held_out) if arguments.scenes else _spread(names, arguments.held_out)
    with tempfile.TemporaryDirectory() as scratch:
        training, measuring = (Path(scratch, name) for name in ("training", "measuring"))
        for name in names:
            _copy(arguments.folder, name, measuring if name in held_out else training, with_clean=name in held_out)
        recipe = load(resource_path("recipes", "own-camera.toml"))
        recipe["data"]["folder"] = str(training)
        if arguments.steps:
            recipe["stage"][0]["steps"] = arguments.steps
        begun = time.perf_counter()
        weights = _result(TrainSpec(recipe, str(arguments.output or Path(scratch, "run")), device="cpu"))
        seconds = time.perf_counter() - begun
        before, after = (_measure(model, measuring) for model in (START, str(weights)))
    for name, was, became in zip(sorted(held_out), before["each"], after["each"], strict=True):
        print(f"{name:44} {was:6.2f} {became:6.2f} {became - was:+.2f} dB")
    gain = after["psnr"] - before["psnr"]
    print(f"noisy {before['psnr_noisy']:.2f} dB, {START} {before['psnr']:.2f} dB, own-camera {after['psnr']:.2f} dB: {gain:+.2f} dB,")
    print(f"from {len(names) - len(held_out)} noisy pictures in {seconds:.0f} s; {len(held_out)} measured.")
    sys.exit(gain < 0)


def _spread(names: list[str], count: int) -> set[str]:
    return {names[int((i + 0.5) * len(names) / count)] for i in range(count)}


def _whole_scenes(names: list[str], count: int) -> set[str]:
    """About ``count`` names: every third scene, then more until there are enough."""
    scenes = sorted({_scene(name) for name in names})
    chosen: set[str] = set()
    for scene in scenes[1::3] + scenes[::3] + scenes[2::3]:
        if len(chosen) < count:
            chosen |= {name for name in names if _scene(name) == scene}
    return chosen


def _scene(name: str) -> str:
    return Path(name).stem.removesuffix(NOISY).rpartition("_")[0]


def _copy(folder: Path, name: str, target: Path, with_clean: bool) -> None:
    target.mkdir(exist_ok=True)
    for suffix in (NOISY, CLEAN) if with_clean else (NOISY,):
        shutil.copyfile(folder / name.replace(NOISY, suffix), target / name.replace(NOISY, suffix))


def _measure(model: str, folder: Path) -> dict[str, Any]:
    each: list[float] = []
    result: dict[str, Any] = _result(EvaluateDenoiseSpec(data=str(folder), model=model, device="cpu"), each)
    return {**result, "each": each}


def _result(spec: TrainSpec | EvaluateDenoiseSpec, psnrs: list[float] | None = None) -> Any:
    for event in run(spec):
        if isinstance(event, Failed):
            sys.exit(f"{event.message} {event.hint}")
        if isinstance(event, Log):
            print(event.text)
        if isinstance(event, StepDone):
            if psnrs is not None:
                psnrs.append(event.metrics["psnr"])
            else:
                print(event.step, {key: round(value, 5) for key, value in event.metrics.items()}, flush=True)
        if isinstance(event, Finished):
            return event.result
    return None


if __name__ == "__main__":
    main()
