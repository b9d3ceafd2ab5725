"""Evaluates erasing and prints the tables of the model cards.

    python packaging/measure_erase.py --data FOLDER... [--logos FOLDER] [--limit N] [--record]

Each FOLDER holds clean pictures (Kodak24, CID22 validation). ``--record`` writes the figures into the cards in the model files. OpenCV's
inpainting is evaluated too if it is installed.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from measure import record

from aedesk.analysis import erase_baselines
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
    parser.add_argument("--logos", default="", help="folder of logos, of which every tenth is used as a watermark")
    parser.add_argument("--model", default=default.model)
    parser.add_argument("--inpaint-model", default=default.inpaint_model)
    parser.add_argument("--limit", type=int, help="number of pictures to use of each folder")
    parser.add_argument("--record", action="store_true", help="write the figures into the model files")
    arguments = parser.parse_args()
    if arguments.record and arguments.limit:
        parser.error("--record needs whole sets: leave out --limit")
    marks: dict[str, float] = {}
    holes: dict[str, float] = {}
    print("| pictures | what | before dB | after dB | inside dB | mask F1 |\n|---|---|---|---|---|---|")
    for folder in arguments.data:
        found = measure(
            EvaluateEraseSpec(
                folder,
                arguments.model,
                arguments.inpaint_model,
                baselines=bool(erase_baselines.available()),
                logos=arguments.logos,
                limit=arguments.limit,
            )
        )
        name = Path(folder).name
        about = f"{name} ({found['n']})"
        for row in found["automatic"]:
            figures = f"{row['psnr_marked']:.2f} | {row['psnr']:.2f} | {row['psnr_inside']:.2f} | {row['f1']:.3f}"
            print(f"| {about} | automatic, alpha {row['alpha']:g} | {figures} |", flush=True)
            marks |= {
                f"{name}_psnr_alpha_{row['alpha']:g}": round(row["psnr"], 2),
                f"{name}_f1_alpha_{row['alpha']:g}": round(row["f1"], 2),
            }
        clean, brush = found["clean"], found["brush"]
        print(f"| {about} | clean pictures, {100 * clean['untouched']:.0f} % untouched | | {clean['psnr_least']:.2f} (least) | | |")
        for method in (*brush.get("baselines", ()), {"name": found["inpaint_model"], "psnr_inside": brush["psnr_inside"]}):
            print(f"| {about} | holes filled by {method['name']} | | | {method['psnr_inside']:.2f} | |", flush=True)
        marks[f"{name}_clean_psnr_least"] = round(clean["psnr_least"], 2)
        holes[f"{name}_psnr_inside_holes"] = round(brush["psnr_inside"], 2)
    if arguments.record:
        record(arguments.model, marks)
        record(arguments.inpaint_model, holes)


if __name__ == "__main__":
    main()
