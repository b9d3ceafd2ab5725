"""What is left out of the bundle is missed by nobody: the program is loaded, whole, as if it were not there."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

CODE = """
import importlib, sys
import contents
for name in contents.EXCLUDED_MODULES:
    sys.modules[name] = None
import torch, torch.distributed, torch._dynamo
weight = torch.nn.Parameter(torch.ones(3))
optimiser = torch.optim.AdamW([weight])
weight.sum().backward()
optimiser.step()
optimiser.zero_grad()
import scipy.interpolate, sklearn.decomposition, sklearn.manifold
for name in contents.modules():
    importlib.import_module(name)
"""


TORCH = tuple(int(part) for part in version("torch").split(".")[:2])


@pytest.mark.slow
@pytest.mark.skipif(TORCH < (2, 13), reason="what may be left out is that of the torch that the bundle is made of")
def test_the_whole_program_loads_without_what_is_left_out(project: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join((str(project / "packaging"), str(project)))}
    done = subprocess.run([sys.executable, "-c", CODE], env=environment, capture_output=True, text=True, timeout=280, check=False)
    assert done.returncode == 0, done.stderr
