"""Runs first in the packaged program: torch's sources are not in it, which torch says forty times, and which only its compiler misses."""

import warnings

warnings.filterwarnings("ignore", message="Unable to retrieve source for @torch.jit._overload")
