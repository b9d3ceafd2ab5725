"""``aedesk denoise``: restore pictures."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from aedesk.cli import outputs
from aedesk.cli.batch import Run, work_through
from aedesk.cli.inputs import expand
from aedesk.cli.pictures import PAGE_HELP, check_model, is_source, pictures_of, write_pictures
from aedesk.cli.values import all_or, auto_or, device, number, whole
from aedesk.core.specs import HIGHEST_SIGMA, DenoiseSpec

if TYPE_CHECKING:
    from aedesk.imaging.picture import Picture

NAME = "denoise"
HELP = "Remove noise from pictures."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    default = DenoiseSpec()
    parser.add_argument("inputs", nargs="+", metavar="IN", help="picture files, folders (with their sub-folders) or globs")
    outputs.add_arguments(parser)
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
    parser.add_argument("--page", type=all_or(whole(1)), metavar="N|all", help=PAGE_HELP)


def run(args: argparse.Namespace) -> int:
    from aedesk.imaging.io import WRITABLE

    inputs = expand(args.inputs, Path(args.out) if outputs.is_folder(args.out, inputs_are_single=False) else None, is_source)
    pairs = outputs.plan(inputs, args.out, WRITABLE, form=args.format)
    spec = DenoiseSpec(model=args.model, sigma=args.sigma, strength=args.strength, device=args.device, tile_px=args.tile)

    def restore(source: Path, output: Path, run: Run) -> str:
        said: list[str] = []

        def results() -> Iterator[Picture]:
            for picture in pictures_of(source, output, run, spec.device, args.page):
                end = run(spec, picture)
                said.append(end.summary)
                yield end.result.picture

        write_pictures(results(), output, args)
        return said[0] if len(said) == 1 else f"{len(said)} pages, the last: {said[-1]}"

    return work_through(inputs, pairs, outputs.existing_policy(args), restore, lambda: check_model(spec.model, spec.device, ("denoise",)))
