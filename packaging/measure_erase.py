"""Evaluates erasing and prints the tables of the model cards.

    python packaging/measure_erase.py --data FOLDER... [--logos FOLDER] [--fonts FOLDER] [--limit N] [--record]

Each FOLDER of --data holds clean pictures (Kodak's 24, CID22's validation set); logos and fonts are those that
``packaging/mark_sources.py`` keeps for evaluation. ``--record`` writes the figures into the cards inside the models.
OpenCV's inpainting is measured too if it is installed.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from measure import record

from aedesk.analysis.erase import baselines as erase_baselines
from aedesk.core.erase_specs import EvaluateEraseSpec
from aedesk.core.events import Event, Failed, Finished, Progress
from aedesk.jobs.inline import run


def measure(spec: EvaluateEraseSpec) -> dict[str, Any]:
    last: Event | None = None
    for last in run(spec):
        if isinstance(last, Progress):
            print(f"{last.done:.0f}/{last.total:.0f} {last.detail}", file=sys.stderr, end="\r")
    if isinstance(last, Failed):
        sys.exit(f"{last.message} {last.hint}")
    assert isinstance(last, Finished)
    result: dict[str, Any] = last.result
    return result


def main() -> None:
    default = EvaluateEraseSpec(data="")
    parser = argparse.ArgumentParser(description="Evaluate erasing and print the tables of the model cards.")
    parser.add_argument("--data", required=True, nargs="+", help="folders of clean pictures")
    parser.add_argument("--logos", default="", help="folder of logos that were not trained on")
    parser.add_argument("--fonts", default="", help="folder of fonts that were not trained on")
    parser.add_argument("--model", default=default.model)
    parser.add_argument("--inpaint-model", default=default.inpaint_model)
    parser.add_argument("--limit", type=int, help="number of pictures to use of each folder")
    parser.add_argument("--record", action="store_true", help="write the figures into the model files")
    arguments = parser.parse_args()
    if arguments.record and arguments.limit:
        parser.error("--record needs whole sets: leave out --limit")
    marks: dict[str, float] = {}
    holes: dict[str, float] = {}
    print("| pictures | what | removed | before dB | after dB | inside dB | mask F1 |\n|---|---|---|---|---|---|---|")
    for folder in arguments.data:
        found = measure(
            EvaluateEraseSpec(
                folder,
                arguments.model,
                arguments.inpaint_model,
                baselines=bool(erase_baselines.available()),
                logos=arguments.logos,
                fonts=arguments.fonts,
                limit=arguments.limit,
            )
        )
        name = Path(folder).name
        about = f"{name} ({found['n']})"
        for row in found["automatic"]:
            figures = f"{row['removed']:.0%} | {row['psnr_marked']:.2f} | {row['psnr']:.2f} | {row['psnr_inside']:.2f} | {row['f1']:.3f}"
            print(f"| {about} | {row['kind']}, alpha {row['alpha']:g} | {figures} |", flush=True)
            label = f"{name}_{row['kind']}_{row['alpha']:g}"
            marks |= {f"{label}_removed": round(row["removed"], 2), f"{label}_psnr_inside": round(row["psnr_inside"], 2)}
        brush = found["brush"]
        for row in found["clean"]:
            print(f"| {about} | clean, {row['tone']}, {row['untouched']:.0%} untouched | | | {row['psnr_least']:.2f} (least) | | |")
            marks[f"{name}_clean_{row['tone']}_psnr_least"] = round(row["psnr_least"], 2)
        for method in (*brush.get("baselines", ()), {"name": found["inpaint_model"], "psnr_inside": brush["psnr_inside"]}):
            print(f"| {about} | holes filled by {method['name']} | | | | {method['psnr_inside']:.2f} | |", flush=True)
        holes[f"{name}_psnr_inside_holes"] = round(brush["psnr_inside"], 2)
    if arguments.record:
        record(arguments.model, marks)
        record(arguments.inpaint_model, holes)


if __name__ == "__main__":
    main()
