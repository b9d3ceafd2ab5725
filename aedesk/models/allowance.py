"""Networks from strangers may be as large as the file they came in, and no larger."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

from aedesk.core.errors import ModelError

_MAKERS = (torch.empty, torch.zeros, torch.ones, torch.full, torch.rand, torch.randn, torch.eye, torch.arange)


class Allowance(TorchFunctionMode):
    """Inside, a network that is being built raises :class:`ModelError` when it makes more numbers than it may.

    A card of a hundred bytes can ask for layers of a hundred gigabytes. A tensor fresh from ``torch.empty`` is an address range that nobody
    has written to yet, so the error comes before the memory is really taken.

    Args:
        numbers: how many it may make.
    """

    def __init__(self, numbers: int) -> None:
        super().__init__()
        self._left = numbers

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        result = func(*args, **(kwargs or {}))
        if func in _MAKERS and isinstance(result, Tensor):
            self._left -= result.numel()
            if self._left < 0:
                raise ModelError("The network is larger than its file.", "Get the file again from where it came from.")
        return result
