"""How long from starting the program to its window on the screen: ``python tests/bench/bench_start.py [RUNS]``.

Prints the median and the best of several starts with a warm disk, offscreen unless QT_QPA_PLATFORM says otherwise. Must be below
1.0 s, the goal is 0.5 s.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
CHILD = """
import sys, time
from pathlib import Path
from PySide6.QtWidgets import QApplication
from aedesk.gui import app as program

class Measured(program.Application):
    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.window.first_painted.connect(self.painted)

    def painted(self):
        print(time.time(), time.process_time(), flush=True)
        self.window.close()

program.Application = Measured
sys.exit(program.main([]))
"""


def one_start(home: str) -> tuple[float, float]:
    """Seconds from the start of the process to the first paint, by the clock and of the processor; the worker starts after it."""
    env = {**os.environ, "HOME": home, "XDG_CONFIG_HOME": home, "XDG_STATE_HOME": home, "PYTHONPATH": str(PROJECT)}
    env.setdefault("QT_QPA_PLATFORM", "offscreen")
    env.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed program is compiled once, not at each start
    env["PYTHONPYCACHEPREFIX"] = f"{home}/pycache"
    begun = time.time()
    done = subprocess.run([sys.executable, "-c", CHILD], env=env, capture_output=True, text=True, timeout=120, check=True)
    painted_at, cpu_s = map(float, done.stdout.split()[:2])
    return painted_at - begun, cpu_s


def main() -> int:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    with tempfile.TemporaryDirectory() as home:
        one_start(home)
        seconds, cpu_s = zip(*(one_start(home) for _ in range(runs)), strict=True)
    print(
        f"first window visible: median {statistics.median(seconds):.2f} s, best {min(seconds):.2f} s of {runs} starts "
        f"(processor time {statistics.median(cpu_s):.2f} s)"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
