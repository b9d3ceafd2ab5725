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
    def __init__(self, *args):
        super().__init__(*args)
        self.window.first_painted.connect(self.painted)

    def painted(self):
        print(time.time(), time.process_time(), flush=True)
        self.window.close()

program.Application = Measured
sys.exit(program.main([]))
"""


def one_start(home: str) -> float:
    """Seconds from the start of the process to the first paint; the worker is begun and ended after it."""
    env = {**os.environ, "HOME": home, "XDG_CONFIG_HOME": home, "XDG_STATE_HOME": home, "PYTHONPATH": str(PROJECT)}
    env.setdefault("QT_QPA_PLATFORM", "offscreen")
    begun = time.time()
    done = subprocess.run([sys.executable, "-c", CHILD], env=env, capture_output=True, text=True, timeout=120, check=True)
    return float(done.stdout.split()[0]) - begun


def main() -> int:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    with tempfile.TemporaryDirectory() as home:
        one_start(home)
        seconds = [one_start(home) for _ in range(runs)]
    print(f"first window visible: median {statistics.median(seconds):.2f} s, best {min(seconds):.2f} s of {runs} starts")
    return 0


if __name__ == "__main__":
    sys.exit(main())
