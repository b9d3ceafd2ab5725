"""Start times of the command line as multiples of ``python -c pass``: ``python tests/bench/bench_commands.py [RUNS]``.

Commands and the bare interpreter take turns, so that load on the machine affects both alike. Printed are the medians of elapsed and of
processor time, and their ratios to those of the bare interpreter; the processor time hardly depends on the load. The thumbnail is made of
a file with a preview and of the same file without one, which has to be decoded. POSIX only.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

PROJECT = Path(__file__).resolve().parents[2]
AEDESK = [sys.executable, "-m", "aedesk"]


def seconds(command: list[str], env: dict[str, str]) -> tuple[float, float]:
    """Returns elapsed and processor seconds."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, env=env, capture_output=True, check=True)
    elapsed, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    return elapsed, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def make_files(folder: Path) -> tuple[Path, Path]:
    """Returns an .aed file of 1.1 megapixels with a preview, and one without."""
    import numpy as np

    from aedesk.codec.api import encode
    from aedesk.core.codec_specs import CompressSpec
    from aedesk.core.resources import resource_path
    from aedesk.imaging.io import read
    from aedesk.imaging.picture import Picture

    pixels = read(resource_path("samples", "portrait_clean.png")).pixels
    pair = np.concatenate((pixels, pixels[:, ::-1]), 1)
    picture = Picture(np.concatenate((pair, pair[::-1])))
    paths = folder / "with.aed", folder / "without.aed"
    for path, preview in zip(paths, (True, False), strict=True):
        path.write_bytes(encode(picture, CompressSpec(quality=80, embed_preview=preview, device="cpu")).data)
    return paths


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with_preview, without = make_files(folder)
        env = {**os.environ, "HOME": name, "XDG_CONFIG_HOME": name, "XDG_STATE_HOME": name, "PYTHONPATH": str(PROJECT)}
        env.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed program is compiled once, not at each start
        env["PYTHONPYCACHEPREFIX"] = str(folder / "pycache")
        commands = {
            "python -c pass": [sys.executable, "-c", "pass"],
            "--help": [*AEDESK, "--help"],
            "info a.aed": [*AEDESK, "info", str(with_preview)],
            "models": [*AEDESK, "models"],
            "thumbnail, with preview": [*AEDESK, "thumbnail", str(with_preview), "-o", str(folder / "a.png")],
            "thumbnail, without": [*AEDESK, "thumbnail", str(without), "-o", str(folder / "b.png")],
        }
        times: dict[str, list[tuple[float, float]]] = {label: [] for label in commands}
        for turn in range(runs + 1):
            for label, command in commands.items():
                taken = seconds(command, env)
                if turn:  # the first turn compiles and warms the disk cache
                    times[label].append(taken)
    medians = {label: [median(values) for values in zip(*taken, strict=True)] for label, taken in times.items()}
    base = medians["python -c pass"]
    print(f"{'command':<26}{'elapsed s':>10}{'ratio':>7}{'cpu s':>8}{'ratio':>7}   ({runs} runs)")
    for label, (elapsed, cpu) in medians.items():
        print(f"{label:<26}{elapsed:>10.3f}{elapsed / base[0]:>7.1f}{cpu:>8.3f}{cpu / base[1]:>7.1f}")


if __name__ == "__main__":
    main()
