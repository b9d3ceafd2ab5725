"""Reads mutated pictures of every kind for as long as is wished.

    python tests/fuzz/mutate_pictures.py [--count 100000 | --hours 8] [--seed 1] [--keep FOLDER] [FILE ...]

Every mutant is made from one of the files (or of the samples of ``sample_files``) by changed, cut, repeated and exchanged bytes, and read
in the process that batches use. It must give a picture or a PictureError that names the file and says what to do, within the time limit.
Anything else has escaped: it is kept as ``escaped-NUMBER.SUFFIX``, and the exit code is 1. A decoder that crashes costs one file and is no
escape; the file is kept as ``crashed-NUMBER.SUFFIX``.
"""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

from sample_files import NAMES, sample_file

from aedesk.core.errors import PictureError
from aedesk.jobs.picture_reader import PictureReader

LONGEST_S = 60.0
EDGES = (0, 1, 0x7F, 0x80, 0xFF)


def mutant(content: bytes, chance: random.Random) -> bytes:
    """The content with one to six faults; half of them in the first 512 bytes, where sizes, offsets and types are."""
    changed = bytearray(content)
    for _ in range(chance.randint(1, 6)):
        size = len(changed)
        if not size:
            break
        at = chance.randrange(min(size, 512) if chance.random() < 0.5 else size)
        match chance.randrange(7):
            case 0:
                changed[at] = chance.randrange(256)
            case 1:
                changed[at] ^= 1 << chance.randrange(8)
            case 2:
                changed[at : at + 4] = bytes([chance.choice(EDGES)]) * len(changed[at : at + 4])
            case 3:
                del changed[at : at + chance.randint(1, max(1, size // 8))]
            case 4:
                changed[at:at] = changed[at : at + chance.randint(1, 64)]
            case 5:
                changed[at : at + 4] = chance.randrange(1 << 32).to_bytes(4, chance.choice(("big", "little")))
            case _:
                other = chance.randrange(size)
                changed[at : at + 8] = changed[other : other + len(changed[at : at + 8])]
    return bytes(changed)


def fault(reader: PictureReader, path: Path) -> tuple[str, str]:
    """The kind of outcome, "escaped" if it breaks the promise, and what is wrong."""
    started = time.perf_counter()
    try:
        picture = reader.read(path)
        kind, wrong = "picture", "" if picture.width else "an empty picture"
    except PictureError as error:
        crashed, kind = "stopped working" in error.message, "error"
        kind = "crashed" if crashed else "unsupported" if "not supported" in error.message else "error"
        wrong = ""
        if path.name not in error.message or not error.hint:
            wrong = f"a message without file or advice: {error}"
        elif "report this" in error.hint or "object at" in error.message:
            wrong = f"an error that nobody expected: {error}"
    except Exception as error:
        kind, wrong = "escaped", repr(error)
    if time.perf_counter() - started > LONGEST_S:
        wrong = f"it took {time.perf_counter() - started:.0f} s"
    return ("escaped", wrong) if wrong else (kind, "")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--hours", type=float, help="go on for so long instead of a count")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, default=Path())
    args = parser.parse_args()
    seeds = {path.name: path.read_bytes() for path in args.files} or {name: sample_file(name) for name in NAMES}
    until = time.monotonic() + args.hours * 3600 if args.hours else None
    counts: Counter[str] = Counter()
    reader = PictureReader()
    with tempfile.TemporaryDirectory() as folder:
        number = 0
        while time.monotonic() < until if until else number < args.count:
            chance = random.Random(f"{args.seed} {number}")
            name = chance.choice(list(seeds))
            path = Path(folder) / f"mutant{Path(name).suffix}"
            path.write_bytes(mutant(seeds[name], chance))
            kind, wrong = fault(reader, path)
            counts[kind] += 1
            if kind in ("escaped", "crashed"):
                shutil.copy(path, args.keep / f"{kind}-{number}{path.suffix}")
                print(f"{number} {name}: {kind} {wrong}", flush=True)
            number += 1
            if number % 10_000 == 0:
                print(f"{number}: {dict(counts)}", flush=True)
    reader.close()
    print(f"{number} mutants of {len(seeds)} files: {dict(counts)}")
    return 1 if counts["escaped"] else 0


if __name__ == "__main__":
    sys.exit(main())
