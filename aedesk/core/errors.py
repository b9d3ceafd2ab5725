"""The errors a person may see. Each says what is wrong, where, and what to do about it."""

from __future__ import annotations


class AedeskError(Exception):
    """An expected failure, told in words.

    Args:
        message: what is wrong and where (name the file, the option or the device).
        hint: what the person can do about it; empty if there is nothing to add.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message, hint)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".rstrip()


class PictureError(AedeskError):
    """A picture file cannot be read or written."""


class FormatError(AedeskError):
    """A container (.aed) is damaged, unknown or over its limits."""


class ModelError(AedeskError):
    """A model file, a model name or an architecture argument is wrong."""


class SpecError(AedeskError):
    """A request asks for something that does not exist or is out of range."""


class DataError(AedeskError):
    """A training or evaluation data set cannot be used as it is."""


class TrainingError(AedeskError):
    """A training run cannot start, resume or go on."""


class DeviceError(AedeskError):
    """A device does not exist, is gone, or has too little memory."""


class JobError(AedeskError):
    """The worker process died or broke the protocol."""
