"""Whatever stands in an .aed file, opening it gives a picture or a FormatError, soon and without more memory than its limits allow.

As a command it goes on for as long as is wished: ``python tests/fuzz/test_hostile_aed.py 20000 [SEED] [FILES...]``. A file that
escapes is kept beside the command as ``escaped-SEED-NUMBER.aed``; put it into ``tests/fuzz/aed/`` once its cause is mended.
"""

from __future__ import annotations

import random
import sys
import time
import tracemalloc
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

import numpy as np
import pytest
from aed_files import FILES
from aed_mutations import MUTATIONS, mutant

from aedesk.codec.alpha import unpack_alpha
from aedesk.core.errors import FormatError
from aedesk.entropy.coder import Decoder
from aedesk.entropy.tables import Tables
from aedesk.formats.aed_file import ALPHA
from aedesk.formats.container import read_aed, write_aed
from aedesk.formats.inspection import inspect

CORPUS = Path(__file__).with_name("aed")
SEEDS = [write_aed(file) for file in FILES.values()]
TABLES = Tables.fit(np.random.default_rng(0).dirichlet(np.full(24, 0.3), size=8))
INDEXES = np.arange(500) % 8
LONGEST_S = 5.0
MOST_BYTES = 64 << 20


def open_all(data: bytes) -> str:
    """Everything that is done with a file without its model. What came of it, for the count."""
    try:
        file = read_aed(data)
        inspect(data)
    except FormatError:
        return "refused"
    for number, tile in enumerate(file.tiles[:4]):
        if number not in file.damaged:
            try:
                Decoder(TABLES, tile).get(INDEXES)
            except FormatError:
                return "refused in a tile"
    packed = file.chunk(ALPHA)
    if packed is not None and file.width * file.height <= 10**6:
        try:
            unpack_alpha(packed, file.width, file.height)
        except FormatError:
            return "refused in the alpha channel"
    return "damaged tiles" if file.damaged else "opened"


def attack(count: int, seed: int, seeds: list[bytes]) -> dict[str, int]:
    """Open ``count`` mutants. Raises whatever escapes, after keeping the file."""
    draw, outcomes = random.Random(seed), dict[str, int]()
    for number in range(count):
        data = mutant(seeds, draw)
        begun = time.perf_counter()
        try:
            outcome = open_all(data)
            assert time.perf_counter() - begun < LONGEST_S, "too slow"
        except BaseException:
            Path(f"escaped-{seed}-{number}.aed").write_bytes(data)
            raise
        outcomes[outcome] = outcomes.get(outcome, 0) + 1
    return outcomes


def test_mutants_are_opened_or_refused() -> None:
    tracemalloc.start()
    try:
        outcomes = attack(250, 1, SEEDS)
        assert tracemalloc.get_traced_memory()[1] < MOST_BYTES
    finally:
        tracemalloc.stop()
    assert {"refused", "damaged tiles", "opened"} <= outcomes.keys()


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.__name__)
def test_every_kind_of_mutation_changes_files(mutation: object) -> None:
    """One that never does would make the count a lie."""
    draw = random.Random(2)
    assert any(mutation(data, SEEDS, draw) not in SEEDS for data in SEEDS * 4)  # type: ignore[operator]


@pytest.mark.parametrize("path", sorted(CORPUS.glob("*.aed")), ids=lambda path: path.stem)
def test_files_that_escaped_once_do_so_no_more(path: Path) -> None:
    assert open_all(path.read_bytes())


if __name__ == "__main__":
    wanted, first = int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0
    started = time.perf_counter()
    found = attack(wanted, first, SEEDS + [Path(name).read_bytes() for name in sys.argv[3:]])
    print(f"{wanted} files in {time.perf_counter() - started:.0f} s, none escaped:", *(f"{n} {what}" for what, n in sorted(found.items())))
