"""Which objective trains which family: an explicit list."""

from __future__ import annotations

from aedesk.core.registry import Registry
from aedesk.training.objectives.base import Objective
from aedesk.training.objectives.restoration import Restoration

OBJECTIVES: Registry[type[Objective]] = Registry("objective")
OBJECTIVES.add("unet", Restoration)
