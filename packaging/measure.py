"""Measures the shipped models and prints the README's table.

    python packaging/measure.py --data FOLDER [--baselines 6] [--record]

FOLDER holds ``eval/cbsd68``, ``eval/kodak24``, ``eval/mcmaster18``, ``eval/set12``, ``real/polyu_dev`` and ``real/polyu_dev2``; what is
missing is left out. ``--baselines N`` runs CBM3D too, on N pictures of Kodak and of the real pairs (it needs minutes for each), next to our
model on the same ones.
``--record`` writes the figures into the cards inside the model files.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aedesk.core.events import Failed, Finished
from aedesk.core.specs import EvaluateDenoiseSpec
from aedesk.jobs.inline import run
from aedesk.models.files.card import read_card
from aedesk.models.files.zoo import find_model

SIGMAS = (15.0, 25.0, 50.0)


@dataclass(frozen=True)
class Row:
    """One measurement of the table."""

    model: str
    folder: str
    sigma: float | None
    auto: bool
    jpeg: int | None = None

    @property
    def key(self) -> str:
        return f"{Path(self.folder).name}_{self.damage.replace(' ', '')}" + ("_auto" if self.sigma and self.auto else "")

    @property
    def damage(self) -> str:
        if self.jpeg is not None:
            return f"jpeg {self.jpeg}"
        return "real" if self.sigma is None else f"sigma {self.sigma:g}"


ROWS = (
    *(Row("denoise-gaussian", "eval/cbsd68", sigma, auto) for auto in (False, True) for sigma in SIGMAS),
    *(Row("denoise-gaussian", folder, sigma, False) for folder in ("eval/kodak24", "eval/mcmaster18", "eval/set12") for sigma in SIGMAS),
    *(Row("denoise-photo", "eval/cbsd68", sigma, auto) for auto in (False, True) for sigma in SIGMAS),
    *(Row("denoise-photo", "eval/kodak24", None, True, jpeg) for jpeg in (10, 20, 40)),
    Row("denoise-photo", "real/polyu_dev", None, True),  # choices are made on it
    Row("denoise-photo", "real/polyu_dev2", None, True),  # other cameras; only reported
)


def measure(row: Row, data: Path, **options: Any) -> dict[str, Any]:
    spec = EvaluateDenoiseSpec(data=str(data / row.folder), model=row.model, sigma=row.sigma, jpeg=row.jpeg, auto=row.auto, **options)
    *_, last = run(spec)
    if isinstance(last, Failed):
        sys.exit(f"{last.message} {last.hint}")
    assert isinstance(last, Finished)
    result: dict[str, Any] = last.result
    return result


def record(model: str, metrics: dict[str, float]) -> None:
    from safetensors.torch import load_file

    from aedesk.models.files.checkpoint import save_model

    path = find_model(model)
    card = read_card(path)
    card["metrics"] = {**card["metrics"], **metrics}
    save_model(path, load_file(str(path)), card)


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure the shipped models and print the table of the README.")
    parser.add_argument("--data", type=Path, required=True, help="folder with eval/ and real/")
    parser.add_argument("--baselines", type=int, default=0, metavar="N", help="also run the classics, on N pictures of each set")
    parser.add_argument("--limit", type=int, help="measure on so many pictures of each set only")
    parser.add_argument("--only", default="", help="measure only rows whose model contains this")
    parser.add_argument("--record", action="store_true", help="write the figures into the model files")
    arguments = parser.parse_args()
    if arguments.record and arguments.limit:
        parser.error("--record needs whole sets: leave out --limit")
    rows = [row for row in ROWS if (arguments.data / row.folder).is_dir() and arguments.only in row.model]
    recorded: dict[str, dict[str, float]] = {}
    print("| model | pictures | noise | level | noisy dB | restored dB | SSIM | MP/s |\n|---|---|---|---|---|---|---|---|")
    for row in rows:
        found = measure(row, arguments.data, limit=arguments.limit)
        recorded.setdefault(row.model, {})[row.key] = round(found["psnr"], 2)
        level = "auto" if found["auto"] else "given"
        figures = f"{found['psnr_noisy']:.2f} | {found['psnr']:.2f} | {found['ssim']:.4f} | {found['megapixels_per_s']:.2f}"
        print(f"| {row.model} | {found['data']} ({found['n']}) | {row.damage} | {level} | {figures} |", flush=True)
    if arguments.record:
        for model, metrics in recorded.items():
            record(model, metrics)
    if not arguments.baselines:
        return
    print("\n| pictures | noise | ours dB | baseline | its sigma | its dB |\n|---|---|---|---|---|---|")
    for row in rows:
        if row.damage == "real" or (row.folder.endswith("kodak24") and row.sigma == 25):
            found = measure(row, arguments.data, limit=arguments.baselines, baselines=True)
            for baseline in found["baselines"]:
                theirs = f"{baseline['name']} | {baseline['sigma']:g} | {baseline['psnr']:.2f}"
                print(f"| {found['data']} ({found['n']}) | {row.key} | {found['psnr']:.2f} | {theirs} |", flush=True)


if __name__ == "__main__":
    main()
