"""``aedesk encode``: pictures to .aed files."""

from __future__ import annotations

import argparse
from pathlib import Path

from aedesk.cli import outputs
from aedesk.cli.batch import Run, work_through
from aedesk.cli.inputs import expand
from aedesk.cli.pictures import check_model, make_folder_of, note_losses, read_picture
from aedesk.cli.values import device, number, size_bytes, whole
from aedesk.core.codec_specs import PRESETS, CompressResult, CompressSpec
from aedesk.core.errors import AedeskError
from aedesk.formats.aed_file import SUFFIX

NAME = "encode"
HELP = "Compress pictures to .aed files."
PURPOSES = ("codec", "autoencoder")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    default = CompressSpec()
    parser.add_argument("inputs", nargs="+", metavar="IN", help="picture files, folders (with their sub-folders) or globs")
    outputs.add_arguments(parser, "an .aed file for one input, a folder for many", pictures=False)
    goal = parser.add_mutually_exclusive_group()  # it does not notice an option that is given with its default: so none has one
    goal.add_argument("--quality", type=whole(0, 100), metavar="0..100", help=f"0 smallest, 100 closest (default {default.quality})")
    goal.add_argument("--target-bpp", type=number(1e-4, 96), metavar="BPP", help="the best file of at most so many bits per pixel")
    goal.add_argument("--target-psnr", type=number(1, 100), metavar="DB", help="the smallest file with at least this PSNR")
    goal.add_argument(
        "--target-size", type=size_bytes, metavar="BYTES", help="the best file of at most this size, such as 200000, 200k or 1.5M"
    )
    parser.add_argument(
        "--preset", choices=PRESETS, default=default.preset, help="slow: nearer to the original, many times the work (default normal)"
    )
    parser.add_argument(
        "--model", default=default.model, metavar="NAME|FILE", help="a codec or any model with a latent (default %(default)s)"
    )
    parser.add_argument(
        "--embed-model", action="store_true", help="put the decoder into the file, for somebody who does not have the model"
    )
    parser.add_argument("--no-preview", action="store_true", help="leave out the small preview that files above 100 KB contain")
    parser.add_argument("--psnr", action="store_true", help="decode again, and tell how close it is")
    parser.add_argument("--device", type=device, default=default.device, metavar="auto|cpu|cuda:N", help="where to compute (default auto)")
    parser.add_argument("--page", type=whole(1), metavar="N", help="which picture of a file that holds several (default: the first)")


def run(args: argparse.Namespace) -> int:
    inputs = expand(args.inputs, Path(args.out) if outputs.is_folder(args.out, inputs_are_single=False) else None)
    pairs = outputs.plan(inputs, args.out, frozenset({SUFFIX}), SUFFIX, form=args.format)
    spec = CompressSpec(
        model=args.model,
        quality=CompressSpec().quality if args.quality is None else args.quality,
        target_bpp=args.target_bpp,
        target_psnr=args.target_psnr,
        target_bytes=args.target_size,
        preset=args.preset,
        embed_model=args.embed_model,
        embed_preview=not args.no_preview,
        evaluate=args.psnr,
        device=args.device,
    )

    def encode(source: Path, output: Path, run: Run) -> str:
        from aedesk.imaging import failures
        from aedesk.imaging.atomic import replacing

        picture = read_picture(source, run, spec.device, args.page)
        note_losses(picture, output)
        result: CompressResult = run(spec, picture).result
        if not result.reached:
            raise AedeskError(f"The target cannot be reached; the nearest is {describe(result)}.", "Choose another target.")
        make_folder_of(output)
        with failures.writing(output), replacing(output, args.overwrite) as file:
            file.write(result.data)
        return describe(result)

    return work_through(inputs, pairs, outputs.existing_policy(args), encode, lambda: check_model(spec.model, spec.device, PURPOSES))


def describe(result: CompressResult) -> str:
    """One line: size, rate, quality, fidelity if it is known, time."""
    parts = [f"{len(result.data):,} bytes", f"{result.bpp:.3f} bpp", f"quality {result.quality}"]
    if result.psnr is not None:
        parts.append(f"{result.psnr:.2f} dB")
    return ", ".join((*parts, f"{result.seconds:.2f} s on {result.device}"))
