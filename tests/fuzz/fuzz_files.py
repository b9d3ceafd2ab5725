"""Opens mutated containers and model files for as long as is wished: ``python tests/fuzz/fuzz_files.py --hours 2``.

One mutant after the other of every kind is opened as a program opens files from elsewhere: containers without their model and down to
the pixels, model files by listing, loading, importing and from inside a container. What escapes, by another error than one in words, by
time or by memory, is kept as ``escaped-KIND-SEED-NUMBER`` where the command runs, and the next one is tried; put it beside the tests
once its cause is mended. Exits with 1 if there was any.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1] / "support"), str(Path(__file__).parent)]

MEMORY_BYTES = 8 << 30
REPORT_S = 60.0

Make = Callable[[random.Random], bytes]
Use = Callable[[bytes], str]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hours", type=float, default=0.05)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--kinds", nargs="+", choices=("container", "pixels", "model"), default=["container", "pixels", "model"])
    arguments = parser.parse_args()
    limit_memory()
    with tempfile.TemporaryDirectory() as home:
        for name in ("HOME", "USERPROFILE", "LOCALAPPDATA", "XDG_DATA_HOME"):
            os.environ[name] = home
        return fuzz(arguments, kinds(Path(home)))


def kinds(folder: Path) -> dict[str, tuple[Make, Use, str]]:
    """What makes a mutant, what uses it, and how its file is called, by kind."""
    import test_hostile_aed as aed
    import test_hostile_models as models
    from aed_mutations import mutant
    from model_mutations import mutant as model_mutant
    from model_mutations import seeds

    whole, files = aed.files_to_decode(), seeds(folder)
    return {
        "container": (lambda draw: mutant(aed.SEEDS, draw), aed.open_all, ".aed"),
        "pixels": (lambda draw: mutant(whole, draw), aed.decode_all, ".aed"),
        "model": (lambda draw: model_mutant(files, draw), models.use_all, ".safetensors"),
    }


def fuzz(arguments: argparse.Namespace, made: dict[str, tuple[Make, Use, str]]) -> int:
    begun = told = time.monotonic()
    outcomes: Counter[str] = Counter()
    counts: Counter[str] = Counter()
    escaped = 0
    draws = {kind: random.Random(f"{arguments.seed} {kind}") for kind in arguments.kinds}
    while time.monotonic() - begun < 3600 * arguments.hours:
        for kind in arguments.kinds:
            make, use, suffix = made[kind]
            slice_ends = time.monotonic() + 1  # every kind gets the same time, whatever one of its cases takes
            while time.monotonic() < slice_ends:
                data = make(draws[kind])
                try:
                    outcomes[f"{kind} {use(data)}"] += 1
                except Exception:
                    escaped += 1
                    outcomes[f"{kind} ESCAPED"] += 1
                    Path(f"escaped-{kind}-{arguments.seed}-{counts[kind]}{suffix}").write_bytes(data)
                    traceback.print_exc()
                counts[kind] += 1
        if time.monotonic() - told > REPORT_S:
            told = time.monotonic()
            report(counts, outcomes, told - begun)
    report(counts, outcomes, time.monotonic() - begun)
    return 1 if escaped else 0


def report(counts: Counter[str], outcomes: Counter[str], seconds: float) -> None:
    parts = ", ".join(f"{count} {outcome}" for outcome, count in sorted(outcomes.items()))
    print(f"{sum(counts.values()):,} mutants in {seconds:.0f} s: {parts}", flush=True)


def limit_memory() -> None:
    """What asks for more fails with MemoryError, which is no error in words."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))


if __name__ == "__main__":
    sys.exit(main())
