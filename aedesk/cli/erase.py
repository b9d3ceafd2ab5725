"""``aedesk erase``: take marks and damage out of pictures."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from aedesk.cli import outputs, reading, shared_mark
from aedesk.cli.batch import Run, work_through
from aedesk.cli.inputs import expand
from aedesk.cli.pictures import PAGE_HELP, check_model, is_source, pictures_of, write_pictures
from aedesk.cli.values import all_or, device, number, whole
from aedesk.core.erase_specs import METHODS, EraseSpec
from aedesk.core.errors import SpecError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from aedesk.imaging.picture import Picture

NAME = "erase"
HELP = "Take marks, scratches and whatever should not be there out of pictures that you own or may edit."
AUTO = "auto"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    default = EraseSpec()
    parser.add_argument("inputs", nargs="+", metavar="IN", help="picture files, folders (with their sub-folders) or globs")
    outputs.add_arguments(parser)
    parser.add_argument(
        "--mask",
        default=AUTO,
        metavar="auto|MASK.png",
        help="what to erase: marks that are found (default), or what is white in a picture, or opaque in a drawing on a transparent ground",
    )
    parser.add_argument("--model", default=default.model, metavar="NAME|FILE", help="takes marks off (default %(default)s)")
    parser.add_argument(
        "--inpaint-model", default=default.inpaint_model, metavar="NAME|FILE", help="fills what is hidden (default %(default)s)"
    )
    parser.add_argument(
        "--method",
        choices=METHODS,
        help="how to treat what the mask covers: as see-through, as hidden (default for a given mask), or as it looks (default otherwise)",
    )
    parser.add_argument(
        "--sensitivity",
        type=number(0, 1),
        default=default.sensitivity,
        metavar="0..1",
        help="how faint a trace counts as a mark (default 0.5)",
    )
    parser.add_argument(
        "--feather", type=number(0, 64), default=default.feather_px, metavar="PX", help="soft edge around the mask (default %(default)s)"
    )
    shared_mark.add_arguments(parser)
    parser.add_argument("--device", type=device, default=default.device, metavar="auto|cpu|cuda:N", help="where to compute (default auto)")
    parser.add_argument("--page", type=all_or(whole(1)), metavar="N|all", help=PAGE_HELP)


def run(args: argparse.Namespace) -> int:
    from aedesk.imaging.io import WRITABLE

    if args.shared_mark:
        return shared_mark.run(args)
    if args.mark:
        raise SpecError("--mark is for --shared-mark.", "Give --shared-mark too, or --mask for a mask.")
    inputs = expand(args.inputs, Path(args.out) if outputs.is_folder(args.out, inputs_are_single=False) else None, is_source)
    pairs = outputs.plan(inputs, args.out, WRITABLE, form=args.format)
    mask = None if args.mask == AUTO else read_mask(Path(args.mask))
    spec = EraseSpec(
        model=args.model,
        inpaint_model=args.inpaint_model,
        method=args.method or ("auto" if mask is None else "inpaint"),
        sensitivity=args.sensitivity,
        feather_px=args.feather,
        device=args.device,
    )

    def clean(source: Path, output: Path, run: Run) -> str:
        said: list[str] = []

        def results() -> Iterator[Picture]:
            for picture in pictures_of(source, output, run, spec.device, args.page):
                end = run(spec, picture, mask)
                said.append(end.summary)
                yield end.result.picture

        write_pictures(results(), output, args)
        return said[0] if len(said) == 1 else f"{len(said)} pages, the last: {said[-1]}"

    def check() -> None:
        check_model(spec.model, spec.device, ("erase",))
        check_model(spec.inpaint_model, spec.device, ("inpaint",))

    return work_through(inputs, pairs, outputs.existing_policy(args), clean, check)


def read_mask(path: Path) -> NDArray[np.uint8]:
    """The mask (H, W) in a file; see ``imaging.mask_files.mask_of``.

    Raises:
        SpecError: there is no such file.
        PictureError: it cannot be read.
    """
    from aedesk.imaging.mask_files import mask_of

    if not path.is_file():
        raise SpecError(f"There is no mask {path}.", "Give a picture that is white where something is to be erased.")
    return mask_of(reading.read(path))
