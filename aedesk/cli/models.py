"""``aedesk models``: what can be used with ``--model``; models taken in and handed on."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from dataclasses import asdict

from aedesk.cli.console import complain, print_json, say, table
from aedesk.cli.drive import result_of
from aedesk.core.formatting import format_bytes
from aedesk.core.model_specs import ExportOnnxSpec, ImportModelSpec
from aedesk.core.specs import ModelInfo, ModelsSpec

NAME = "models"
HELP = "List the models, import one, or export one as ONNX."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    action = parser.add_mutually_exclusive_group()
    action.add_argument("--import", dest="import_file", metavar="FILE", help="take a model file into your own models")
    action.add_argument("--export-onnx", nargs=2, metavar=("NAME", "OUT"), help="write a model as ONNX, and compare what it computes there")
    parser.add_argument("--title", default="", help="with --import: what the model is called")
    parser.add_argument("--overwrite", action="store_true", help="with --export-onnx: replace files that are there")
    parser.add_argument("--json", action="store_true", help="print one JSON document with the models' cards")


def run(args: argparse.Namespace) -> int:
    if args.import_file is not None:
        return _import(args)
    if args.export_onnx is not None:
        return _export(args)
    models, code = result_of(ModelsSpec(), title="models")
    if code:
        return code
    if args.json:
        print_json([_document(model) for model in models])
        return 0
    say(_table(model for model in models if not model.problem))
    for model in models:
        if model.problem:
            complain(f"{model.path} cannot be used: {model.problem}")
    return 0


def _import(args: argparse.Namespace) -> int:
    model, code = result_of(ImportModelSpec(args.import_file, args.title), title="import")
    if code:
        return code
    if args.json:
        print_json(_document(model))
    else:
        say(f"{args.import_file} is now the model {model.name}: {model.path}")
    return 0


def _export(args: argparse.Namespace) -> int:
    name, out = args.export_onnx
    export, code = result_of(ExportOnnxSpec(name, out, args.overwrite), title="export")
    if code:
        return code
    if args.json:
        print_json(asdict(export))
    else:
        say(f"{', '.join(export.paths)}: differs from torch by at most {export.difference:.1e}")
    return 0


def _document(model: ModelInfo) -> dict[str, object]:
    return {**asdict(model), "card": dict(model.card)}


def _table(models: Iterable[ModelInfo]) -> str:
    rows = [
        (model.name, model.origin, model.purpose, _millions(model.parameters), format_bytes(model.size_bytes), model.title)
        for model in models
    ]
    return table(rows, head=("name", "origin", "purpose", "parameters", "file", "title"))


def _millions(count: int) -> str:
    return f"{count / 1e6:.2f} M" if count >= 10_000 else str(count)
