"""``aedesk decode``: .aed files to pictures of any other format."""

from __future__ import annotations

import argparse
from pathlib import Path

from aedesk.cli import outputs
from aedesk.cli.batch import Run, work_through
from aedesk.cli.inputs import expand
from aedesk.cli.pictures import check_device, is_aed_name, read_aed_file, write_pictures
from aedesk.cli.values import device
from aedesk.core.codec_specs import DecompressResult, DecompressSpec

NAME = "decode"
HELP = "Turn .aed files into pictures of other formats."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("inputs", nargs="+", metavar="IN", help=".aed files, folders (with their sub-folders) or globs")
    outputs.add_arguments(parser, "a picture file for one input, a folder (of PNG files) for many")
    parser.add_argument("--bit-depth", type=int, choices=(8, 16), help="of the picture (default: that of the picture that was encoded)")
    parser.add_argument("--fast", action="store_true", help="skip the refinement network: a slightly softer picture, several times faster")
    parser.add_argument("--salvage", action="store_true", help="decode the intact parts of damaged files; lost parts are gray and reported")
    parser.add_argument("--device", type=device, default="auto", metavar="auto|cpu|cuda:N", help="where to compute (default auto)")


def run(args: argparse.Namespace) -> int:
    from aedesk.imaging.io import WRITABLE

    leave_out = Path(args.out) if outputs.is_folder(args.out, inputs_are_single=False) else None
    inputs = expand(args.inputs, leave_out, is_aed_name, ".aed files")
    pairs = outputs.plan(inputs, args.out, WRITABLE, form=args.format)
    spec = DecompressSpec(bit_depth=args.bit_depth, salvage=args.salvage, fast=args.fast, device=args.device)

    def decode(source: Path, output: Path, run: Run) -> str:
        result: DecompressResult = run(spec, read_aed_file(source)).result
        write_pictures(iter([result.picture]), output, args)
        picture, lost = result.picture, f"{len(result.lost)} damaged part(s) lost, " if result.lost else ""
        return f"{picture.width} x {picture.height} px, {picture.bit_depth} bit, {lost}{result.seconds:.2f} s on {result.device}"

    return work_through(inputs, pairs, outputs.existing_policy(args), decode, lambda: check_device(spec.device))
