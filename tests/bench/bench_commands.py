"""Start times of the command line as multiples of ``python -c pass``: ``python tests/bench/bench_commands.py [RUNS]``.

Commands and the bare interpreter take turns, so that load on the machine affects both alike; prints the ratio of medians and the median
in seconds. The thumbnail is made of a file with a preview and of the same file without one, which has to be decoded.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

PROJECT = Path(__file__).resolve().parents[2]
AEDESK = [sys.executable, "-m", "aedesk"]


def seconds(command: list[str], env: dict[str, str]) -> float:
    started = time.perf_counter()
    subprocess.run(command, env=env, capture_output=True, check=True)
    return time.perf_counter() - started


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
        times: dict[str, list[float]] = {label: [] for label in commands}
        for turn in range(runs + 1):
            for label, command in commands.items():
                taken = seconds(command, env)
                if turn:  # the first turn compiles and warms the disk cache
                    times[label].append(taken)
    base = median(times["python -c pass"])
    print(f"{'command':<26}{'seconds':>9}{'ratio':>8}   ({runs} runs)")
    for label, taken in times.items():
        print(f"{label:<26}{median(taken):>9.3f}{median(taken) / base:>8.1f}")


if __name__ == "__main__":
    main()
