"""Time and peak memory of a restoration: ``python tests/bench/bench_restore.py [--megapixels 12] [--precision auto] [--worker]``.

Runs the service in this process or, with ``--worker``, in a process of the kind that serves the window, on a noise picture made here;
prints seconds, megapixels per second and the peak of resident memory of that process (picture, result, torch and tiles together).
"""

from __future__ import annotations

import argparse
import resource
import sys

import numpy as np

from aedesk.core.events import Event, Failed, Finished
from aedesk.core.specs import DenoiseSpec
from aedesk.imaging.picture import Picture
from aedesk.jobs import inline
from aedesk.jobs.client import WorkerClient

POLL_S = 0.5


def in_worker(client: WorkerClient, spec: DenoiseSpec, picture: Picture) -> Event:
    """The last event of a job."""
    job = client.submit(spec, picture)
    while True:
        for number, event in client.poll(POLL_S):
            if number == job and isinstance(event, (Failed, Finished)):
                return event


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--megapixels", type=float, default=12)
    parser.add_argument("--model", default="denoise-photo")
    parser.add_argument("--precision", default="auto")
    parser.add_argument("--tile", type=int)
    parser.add_argument("--worker", action="store_true", help="in a worker process, as the window does it")
    arguments = parser.parse_args()
    height = int((arguments.megapixels * 1e6 * 3 / 4) ** 0.5)
    width = int(arguments.megapixels * 1e6 / height)
    pixels = np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)
    client = WorkerClient() if arguments.worker else None
    for model_is_loaded in (False, True):
        spec = DenoiseSpec(model=arguments.model, precision=arguments.precision, tile_px=arguments.tile)
        picture = Picture(pixels if model_is_loaded else pixels[:256, :256])
        if client:
            last = in_worker(client, spec, picture)
        else:
            *_, last = inline.run(spec, picture)
        if isinstance(last, Failed):
            sys.exit(f"{last.message} {last.hint}")
        assert isinstance(last, Finished)
    seconds = last.result.seconds
    if client:
        client.close()
    peak = resource.getrusage(resource.RUSAGE_CHILDREN if client else resource.RUSAGE_SELF).ru_maxrss / 2**20
    speed = width * height / 1e6 / seconds
    where = f"{last.result.device}, {last.result.precision}"
    print(f"{width} x {height}, {where}: {seconds:.1f} s, {speed:.2f} MP/s, peak {peak:.2f} GB")


if __name__ == "__main__":
    main()
