"""Objects between two processes of ours: a pickle with its large arrays beside it, in shared memory.

Who owns a block: the *window's* side removes every block, its own and the worker's, because it is the side that survives. The
worker's blocks are numbered without gaps, so after a crash the blocks that were on their way can be found by counting on from
the last one received; no list of names has to survive. (macOS has no way to list shared memory, hence the counting.)
The unpickler trusts its peer: both ends are our own processes and the pipe is private to them.

On Windows a block lives only while somebody holds it open, so the sender keeps its blocks open until the receiver has copied.
"""

from __future__ import annotations

import io
import os
import pickle
import sys
from dataclasses import dataclass, field
from multiprocessing.shared_memory import SharedMemory
from pathlib import Path
from typing import Any

import numpy as np

MIN_BLOCK_BYTES = 64 * 1024
"""Smaller arrays travel inside the pickle."""


@dataclass
class BlockNames:
    """Names ``prefix0``, ``prefix1``, ... for the blocks of one sender. Short: macOS allows 30 characters."""

    prefix: str
    next: int = 0

    def take(self) -> str:
        self.next += 1
        return f"{self.prefix}{self.next - 1}"


@dataclass
class Parcel:
    """An encoded object: ``data`` to send through the pipe, and the blocks that must stay open until it has been received."""

    data: bytes
    blocks: list[SharedMemory] = field(default_factory=list)

    def release(self, *, unlink: bool) -> None:
        """Let go of the blocks, and remove them from the system too if this side owns them."""
        for block in self.blocks:
            block.close()
            if unlink:
                _unlink(block)
        self.blocks.clear()


class _Pickler(pickle.Pickler):
    def __init__(self, file: io.BytesIO, names: BlockNames, blocks: list[SharedMemory]) -> None:
        super().__init__(file, protocol=pickle.HIGHEST_PROTOCOL)
        self._names, self._blocks = names, blocks

    def persistent_id(self, obj: Any) -> Any:
        if type(obj).__module__.partition(".")[0] == "torch":
            raise pickle.PicklingError(f"{type(obj).__name__} would import torch on the other side; send numpy arrays and plain values")
        if type(obj) is not np.ndarray or obj.nbytes < MIN_BLOCK_BYTES or obj.dtype.hasobject:
            return None
        block = _create(self._names, obj.nbytes)
        if block is None:
            return None
        self._blocks.append(block)
        np.ndarray(obj.shape, obj.dtype, buffer=block.buf)[...] = obj
        return block.name, obj.shape, obj.dtype


class _Unpickler(pickle.Unpickler):
    def __init__(self, file: io.BytesIO, received: BlockNames | None) -> None:
        super().__init__(file)
        self._received = received

    def persistent_load(self, pid: Any) -> Any:
        name, shape, dtype = pid
        block = SharedMemory(name)
        try:
            array = np.ndarray(shape, dtype, buffer=block.buf).copy()
        finally:
            block.close()
            if self._received is not None:
                _unlink(block)
                self._received.next += 1
        return array


def encode(obj: Any, names: BlockNames) -> Parcel:
    """Pickle ``obj``, its arrays of 64 KiB and more into shared memory.

    Raises:
        Exception: whatever pickling raises for objects that cannot be pickled; no block is left behind then.
    """
    file, first = io.BytesIO(), names.next
    parcel = Parcel(b"")
    try:
        _Pickler(file, names, parcel.blocks).dump(obj)
    except BaseException:
        parcel.release(unlink=True)
        names.next = first
        raise
    parcel.data = file.getvalue()
    return parcel


def decode(data: bytes, received: BlockNames | None = None) -> Any:
    """Return the object, every array a private writable copy.

    Args:
        received: given by the side that owns the blocks: they are removed, and counted here for :func:`sweep`.
    """
    return _Unpickler(io.BytesIO(data), received).load()


def sweep(names: BlockNames) -> int:
    """Remove the blocks that a dead sender created after the last one received; return how many there were."""
    removed = 0
    while True:
        try:
            block = SharedMemory(f"{names.prefix}{names.next}")
        except FileNotFoundError:
            return removed
        except ValueError:  # the sender died between creating and sizing it: an empty block cannot be mapped, so not be opened either
            Path("/dev/shm", f"{names.prefix}{names.next}").unlink(missing_ok=True)
        else:
            block.close()
            _unlink(block)
        names.next += 1
        removed += 1


def _create(names: BlockNames, size_bytes: int) -> SharedMemory | None:
    """A new block, or None if the system has no room for it: the array then travels through the pipe, slower but safe."""
    name = names.take()
    try:
        block = SharedMemory(name, create=True, size=size_bytes)
    except OSError:
        names.next -= 1
        return None
    if sys.platform == "linux":
        # /dev/shm may be small (64 MB in a container), and writing past its end is not an error but a SIGBUS: reserve the pages first.
        try:
            descriptor = os.open(f"/dev/shm/{name}", os.O_RDWR)
            try:
                os.posix_fallocate(descriptor, 0, size_bytes)
            finally:
                os.close(descriptor)
        except OSError:
            block.close()
            _unlink(block)
            names.next -= 1
            return None
    return block


def _unlink(block: SharedMemory) -> None:
    try:
        block.unlink()
    except FileNotFoundError:
        pass  # the resource tracker or the other side was faster
