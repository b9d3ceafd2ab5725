"""Networks of unknown origin may be as large as the file they came in, and no larger."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

from aedesk.core.errors import ModelError
from aedesk.models.layers import poll

_MAKERS = (torch.empty, torch.zeros, torch.ones, torch.full, torch.rand, torch.randn, torch.eye, torch.arange)
BUFFERS = 1 << 24
"""Numbers that a network may allocate beside the weights in its file: computed buffers, and copies in other types."""


class AllocationLimit(TorchFunctionMode):
    """Inside, building a network raises :class:`ModelError` once it allocates more than ``numbers`` numbers, and can be cancelled.

    A card of a hundred bytes can ask for layers of a hundred gigabytes. A tensor fresh from ``torch.empty`` is an address range that nobody
    has written to yet, so the error comes before the memory is really taken. Inside ``layers.interruptible``, every layer that is
    built polls.

    Args:
        numbers: how many may be allocated.
        message, hint: of the error.
    """

    def __init__(
        self, numbers: int, message: str = "The network is larger than its file.", hint: str = "Get the file again from where it came from."
    ) -> None:
        super().__init__()
        self._left, self._message, self._hint = numbers, message, hint

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        result = func(*args, **(kwargs or {}))
        if func in _MAKERS and isinstance(result, Tensor):
            poll()
            self._left -= result.numel()
            if self._left < 0:
                raise ModelError(self._message, self._hint)
        return result
