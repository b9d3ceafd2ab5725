"""The memory of a training step stays with the process until the run has ended."""

from __future__ import annotations

import platform
import subprocess
import sys
from pathlib import Path

import pytest

from aedesk.training.run.allocator import kept_memory

FAULTS = """
import resource
import torch
from contextlib import nullcontext
from aedesk.training.run.allocator import kept_memory

def faults(context):
    with context:
        for _ in range(10):  # until the heap has found its size
            torch.ones(1 << 24)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        for _ in range(10):
            torch.ones(1 << 24)
        return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

print(faults(nullcontext()), faults(kept_memory()))
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other C libraries have no such options")
def test_freed_tensors_are_not_mapped_again(project: Path) -> None:
    done = subprocess.run([sys.executable, "-c", FAULTS], cwd=project, capture_output=True, text=True, check=True)
    outside, inside = map(int, done.stdout.split())
    assert inside < 0.1 * outside


def test_an_error_passes_through() -> None:
    with pytest.raises(KeyError), kept_memory():
        raise KeyError
