"""Every setting is one row: it drives storage, validation, the dialog and the help.

A row with an empty ``title`` is remembered by the program (layout, recent files) and never shown in the dialog.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from aedesk.core.specs import HIGHEST_SIGMA

Value = bool | int | float | str | tuple[str, ...]


@dataclass(frozen=True)
class Row:
    """One setting.

    Args:
        key: its name in the file.
        default: its value on a new machine; its type is the setting's type.
        title: its label in the dialog; empty for what the program remembers by itself.
        help: one sentence for people.
        choices: the values that are allowed; empty for any of the type.
        minimum, maximum: inclusive limits of a number.
        unit: shown after a number.
        section: its group in the dialog.
        open_choices: the program adds choices while it runs (models, devices), so any text is valid in the file.
    """

    key: str
    default: Value
    title: str = ""
    help: str = ""
    choices: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    unit: str = ""
    section: str = ""
    open_choices: bool = False

    @property
    def shown(self) -> bool:
        return bool(self.title)

    def accept(self, value: object) -> Value | None:
        """The value in this row's type and within its limits, or None if it is none of its kind."""
        kind = type(self.default)
        if kind is tuple:
            if isinstance(value, list | tuple) and all(isinstance(item, str) for item in value):
                return tuple(value)
            return None
        if kind is bool or isinstance(value, bool):
            return value if kind is bool and isinstance(value, bool) else None
        if kind in (int, float):
            return self._accept_number(value)
        if not isinstance(value, str) or (self.choices and not self.open_choices and value not in self.choices):
            return None
        return value

    def _accept_number(self, value: object) -> Value | None:
        if not isinstance(value, int | float) or not math.isfinite(value):
            return None
        if self.minimum is not None:
            value = max(value, self.minimum)
        if self.maximum is not None:
            value = min(value, self.maximum)
        return int(value) if isinstance(self.default, int) else float(value)


ROWS: tuple[Row, ...] = (
    Row("theme", "system", "Theme", "Light, dark, or as the system says.", ("system", "light", "dark"), section="Appearance"),
    Row("model", "denoise-photo", "Model", "The model that Restore uses.", section="Restoring", open_choices=True),
    Row(
        "device",
        "auto",
        "Device",
        "The device on which models run. Auto chooses the fastest one.",
        ("auto", "cpu"),
        section="Restoring",
        open_choices=True,
    ),
    Row(
        "jpeg_quality",
        95,
        "Quality of JPEG, WebP and AVIF",
        "Higher values give better quality and larger files.",
        minimum=1,
        maximum=100,
        section="Saving",
    ),
    Row("save_suffix", "_restored", "Suffix for saved files", "holiday.jpg becomes holiday_restored.jpg.", section="Saving"),
    Row("confirm_close", True, "Ask before closing with unsaved results", section="Saving"),
    Row(
        "undo_memory_mb",
        1024,
        "Memory for undo",
        "When it is full, the oldest steps are dropped.",
        minimum=64,
        maximum=65536,
        unit="MB",
        section="Memory",
    ),
    Row(
        "picture_memory_mb",
        1024,
        "Memory for open pictures",
        "When it is full, pictures that can be read again are dropped.",
        minimum=64,
        maximum=65536,
        unit="MB",
        section="Memory",
    ),
    Row("first_start", True),
    Row("view_mode", "split"),
    Row("noise_auto", True),
    Row("noise_sigma", 25.0, minimum=0, maximum=HIGHEST_SIGMA),
    Row("strength", 1.0, minimum=0, maximum=1),
    Row("chroma_strength", 1.0, minimum=0, maximum=1),
    Row("strength_linked", True),
    Row("preview", False),
    Row("panel", "restore"),
    Row("erase_mode", "find", choices=("find", "paint", "shared")),
    Row("erase_sensitivity", 0.5, minimum=0, maximum=1),
    Row("erase_see_through", False),
    Row("erase_brush_px", 40, minimum=1, maximum=2000),
    Row("erase_one_mask", False),
    Row("erase_notice_read", False),
    Row("compress_model", "codec-photo"),
    Row("compress_target", "quality", choices=("quality", "size", "bpp", "psnr")),
    Row("compress_quality", 50, minimum=0, maximum=100),
    Row("compress_other", ""),
    Row("compress_by", "size", choices=("size", "psnr")),
    Row("compress_bit_costs", False),
    Row("train_goal", "photos"),
    Row("train_recipe", ""),
    Row("train_run", ""),
    Row("train_log_y", True),
    Row("train_smoothing", 0.0, minimum=0, maximum=0.99),
    Row("explore_activity", "code"),
    Row("explore_model", ""),
    Row("explore_folder", ""),
    Row("last_folder", ""),
    Row("recent_files", ()),
    Row("window_geometry", ""),
    Row("window_layout", ""),
)

BY_KEY: Mapping[str, Row] = MappingProxyType({row.key: row for row in ROWS})
