"""``aedesk denoise``: restore pictures."""

from __future__ import annotations

import argparse
from pathlib import Path

from aedesk.cli.console import complain, note, say
from aedesk.cli.drive import Interrupts, drive, interrupts, report
from aedesk.cli.inputs import Input, expand
from aedesk.cli.outputs import existing, is_folder, plan
from aedesk.cli.values import auto_or, device, number, whole
from aedesk.core.errors import AedeskError, DeviceError, ModelError, PictureError, SpecError
from aedesk.core.events import Finished
from aedesk.core.specs import DenoiseSpec

NAME = "denoise"
HELP = "Remove noise from pictures."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    default = DenoiseSpec()
    parser.add_argument("inputs", nargs="+", metavar="IN", help="picture files, folders (with their sub-folders) or globs")
    parser.add_argument("-o", "--out", required=True, metavar="OUT", help="a file for one input, a folder for many")
    parser.add_argument("--model", default=default.model, metavar="NAME|FILE", help="a shipped model or a model file (default %(default)s)")
    parser.add_argument(
        "--sigma", type=auto_or(number(0, 100)), default=None, metavar="auto|0..100", help="noise level in 8-bit units (default auto)"
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

    inputs = expand(args.inputs, Path(args.out) if is_folder(args.out, inputs_are_single=False) else None)
    pairs = plan(inputs, args.out, WRITABLE)
    spec = DenoiseSpec(model=args.model, sigma=args.sigma, strength=args.strength, device=args.device, tile_px=args.tile)
    blocked = existing(pairs, args.overwrite)
    for text in (*inputs.missing, *blocked.values()):
        complain(text)
    todo = [(file, output) for file, output in pairs if file not in blocked]
    if todo:
        _check(spec)
    done = 0
    with interrupts() as stop:
        for index, (file, output) in enumerate(todo, 1):
            place = f"[{index}/{len(todo)}] " if len(todo) > 1 else ""
            done += _restore(spec, file, output, args.overwrite, place, stop)
            if stop.asked:
                return stop.code
    total = len(pairs) + len(inputs.missing)
    if total > 1 and done < total:
        note(f"{done} of {total} done, {total - done} failed.")
    return 0 if done == total else 1


def _check(spec: DenoiseSpec) -> None:
    """Bad names of models and devices are bad usage, told once instead of for every picture."""
    from aedesk.models.zoo import model_info

    try:
        purpose = model_info(spec.model).purpose
        if purpose != "denoise":
            raise SpecError(f"The model {spec.model} is made to {purpose}, not to denoise.", "`aedesk models` lists the models.")
        if spec.device != "auto":
            from aedesk.models.devices import resolve_device

            resolve_device(spec.device)
    except (ModelError, DeviceError) as error:
        raise SpecError(error.message, error.hint) from error


def _restore(spec: DenoiseSpec, file: Input, output: Path, overwrite: bool, place: str, stop: Interrupts) -> bool:
    """Whether one picture was read, restored and written; if not, it has been told why."""
    from aedesk.imaging import io

    try:
        picture = io.read(file.path)
        end = drive(spec, picture, title=f"{place}{file.path.name}", stop=stop)
        if not isinstance(end, Finished):
            report(end, stop, str(file.path))
            return False
        try:
            output.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise PictureError(f"The folder {output.parent} cannot be made: {error.strerror}.", "Choose another output.") from error
        io.write(end.result.picture, output, overwrite=overwrite)
    except AedeskError as error:
        text = str(error)
        complain(text if str(file.path) in text else f"{file.path}: {text}")
        return False
    say(f"{place}{file.path} -> {output}: {end.summary}")
    return True
