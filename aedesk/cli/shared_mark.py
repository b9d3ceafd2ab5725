"""``aedesk erase --shared-mark``: all pictures are one job, because the mark is found from all of them."""

from __future__ import annotations

import argparse
from pathlib import Path

from aedesk.cli.console import complain, note, say
from aedesk.cli.drive import drive, interrupts, report
from aedesk.cli.inputs import STDIN, expand
from aedesk.cli.outputs import DASH, Existing, existing, existing_policy, is_folder, plan
from aedesk.core.errors import SpecError
from aedesk.core.events import Event, Finished, Log
from aedesk.core.shared_mark_specs import SharedMarkSpec


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--shared-mark",
        action="store_true",
        help="the pictures carry the same mark: find it from all of them together (10 or more) and take it off each",
    )
    parser.add_argument(
        "--mark", metavar="FILE.png", help="with --shared-mark: use the mark in this file, or keep it there if the file does not exist yet"
    )


def run(args: argparse.Namespace) -> int:
    """Exit code as for the other commands: 1 if some pictures failed, 2 for bad usage."""
    from aedesk.imaging.io import WRITABLE, is_picture_path

    inputs = expand(args.inputs, Path(args.out) if is_folder(args.out, inputs_are_single=False) else None, is_picture_path)
    known = bool(args.mark) and Path(args.mark).exists()
    if len(inputs.files) < 2 and not known:
        raise SpecError("--shared-mark needs several pictures that carry the same mark.", "Give them, or a kept mark with --mark.")
    if args.out == DASH or STDIN in (file.path for file in inputs.files):
        raise SpecError("--shared-mark takes files and gives files.", "Give a folder with -o.")
    pairs = plan(inputs, args.out, WRITABLE, form=args.format)
    policy = existing_policy(args)
    blocked = existing(pairs, policy)
    for text in (*inputs.missing, *blocked.values()):
        complain(text)
    todo = [(file, output) for file, output in pairs if file not in blocked]
    if not todo:
        return 0 if policy is Existing.SKIP and not inputs.missing else 1
    spec = SharedMarkSpec(
        tuple(str(file.path) for file, _ in todo),
        tuple(str(output) for _, output in todo),
        mark=args.mark or "",
        overwrite=args.overwrite,
        inpaint_model=args.inpaint_model,
        device=args.device,
    )
    with interrupts() as stop:
        end = drive(spec, title="Shared mark", stop=stop, on_event=_tell)
        if not isinstance(end, Finished):
            return report(end, stop)
    failed = dict(end.result.failed)
    for source, output in zip(spec.inputs, spec.outputs, strict=True):
        if source not in failed:
            say(f"{source} -> {output}")
    note(end.summary)
    return 1 if failed or inputs.missing or (blocked and policy is not Existing.SKIP) else 0


def _tell(event: Event) -> None:
    if isinstance(event, Log):
        note(event.text)
