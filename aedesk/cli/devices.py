"""``aedesk devices``: where models can run."""

from __future__ import annotations

import argparse
from dataclasses import asdict

from aedesk.cli.console import print_json, say, table
from aedesk.cli.drive import result_of
from aedesk.core.specs import DevicesSpec

NAME = "devices"
HELP = "List the devices that models can run on."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def run(args: argparse.Namespace) -> int:
    devices, code = result_of(DevicesSpec(), title="devices")
    if code:
        return code
    if args.json:
        print_json([asdict(device) for device in devices])
    else:
        say(table([(device.name, device.label, device.precision) for device in devices], head=("name", "device", "precision")))
    return 0
