"""``aedesk denoise``: restore pictures."""

from __future__ import annotations

import argparse
from pathlib import Path

from aedesk.cli.batch import Run, work_through
from aedesk.cli.inputs import expand
from aedesk.cli.outputs import is_folder, plan
from aedesk.cli.pictures import check_model, is_source, make_folder_of, read_picture
from aedesk.cli.values import auto_or, device, number, whole
from aedesk.core.specs import HIGHEST_SIGMA, DenoiseSpec

NAME = "denoise"
HELP = "Remove noise from pictures."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    default = DenoiseSpec()
    parser.add_argument("inputs", nargs="+", metavar="IN", help="picture files, folders (with their sub-folders) or globs")
    parser.add_argument("-o", "--out", required=True, metavar="OUT", help="a file for one input, a folder for many")
    parser.add_argument("--model", default=default.model, metavar="NAME|FILE", help="a shipped model or a model file (default %(default)s)")
    parser.add_argument(
        "--sigma",
        type=auto_or(number(0, HIGHEST_SIGMA)),
        default=None,
        metavar="auto|0..100",
        help="noise level in 8-bit units (default auto)",
    )
    parser.add_argument(
        "--strength", type=number(0, 1), default=default.strength, metavar="0..1", help="0 keeps the input, 1 restores fully (default)"
    )
    parser.add_argument("--device", type=device, default=default.device, metavar="auto|cpu|cuda:N", help="where to compute (default auto)")
    parser.add_argument(
        "--tile", type=whole(16), default=None, metavar="PX", help="edge of a tile; smaller needs less memory; halved when memory runs out"
    )
    parser.add_argument("--overwrite", action="store_true", help="replace outputs that are there already, the input itself too")


def run(args: argparse.Namespace) -> int:
    from aedesk.imaging.io import WRITABLE

    inputs = expand(args.inputs, Path(args.out) if is_folder(args.out, inputs_are_single=False) else None, is_source)
    pairs = plan(inputs, args.out, WRITABLE)
    spec = DenoiseSpec(model=args.model, sigma=args.sigma, strength=args.strength, device=args.device, tile_px=args.tile)

    def restore(source: Path, output: Path, run: Run) -> str:
        from aedesk.imaging import io

        end = run(spec, read_picture(source, run, spec.device))
        make_folder_of(output)
        io.write(end.result.picture, output, overwrite=args.overwrite)
        return end.summary

    return work_through(inputs, pairs, args.overwrite, restore, lambda: check_model(spec.model, spec.device, ("denoise",)))
