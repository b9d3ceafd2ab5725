"""Translates everything that a codec may raise into a PictureError.

A reader that recognises a file but cannot decode its kind raises :class:`Unsupported`; everything else that goes wrong is damage.
Damaged files make Pillow, tifffile, imagecodecs, libheif and LibRaw raise OSError, SyntaxError, ValueError, struct.error,
zlib.error, EOFError, RuntimeError, KeyError, OverflowError and more; a list of them would never be complete, so every
``Exception`` is translated here and nothing is caught anywhere else.
"""

from __future__ import annotations

import errno
import logging
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from aedesk.core.errors import PictureError

# What these two say about odd files is either turned into a PictureError or without consequence for the pixels.
logging.getLogger("tifffile").setLevel(logging.CRITICAL)
warnings.filterwarnings("ignore", module=r"PIL\.")

_PYTHON_OBJECT = re.compile(r"<[^<>]*(?:<[^<>]*>[^<>]*)*>|\b0x[0-9a-f]{6,}\b|^b?'|'$")
_UNSUPPORTED = re.compile(r"\b(?:unsupported|not (?:yet )?(?:supported|implemented))\b", re.IGNORECASE)
"""How libraries say that a file is intact but beyond them."""
CONVERT = "Convert it to PNG or TIFF in another program, such as GIMP or ImageMagick."


class Unsupported(Exception):
    """The file is intact, as far as is known, but of a kind that cannot be read.

    Args:
        kind: completes the sentence "FILE is ..." ("a lossless JPEG").
        advice: how to get a readable file.
    """

    def __init__(self, kind: str, advice: str = CONVERT) -> None:
        super().__init__(kind, advice)
        self.kind = kind
        self.advice = advice


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Errors inside are told as "``path`` cannot be read because ..."."""
    try:
        yield
    except PictureError:
        raise
    except Unsupported as error:
        raise PictureError(f"{path} is {error.kind}, which is not supported.", error.advice) from error
    except FileNotFoundError as error:
        raise PictureError(f"{path} does not exist.", "Check the name; it may have been moved or renamed.") from error
    except PermissionError as error:
        raise PictureError(f"{path} may not be read: permission denied.", "Change its permissions, or copy it elsewhere.") from error
    except MemoryError as error:
        raise PictureError(f"{path} needs more memory than there is.", "Close other programs, or scale the picture down.") from error
    except Exception as error:
        if isinstance(error, NotImplementedError) or _UNSUPPORTED.search(str(error)):
            raise PictureError(f"{path} is of a kind that is not supported{_because(error)}.", CONVERT) from error
        raise PictureError(f"{path} is damaged or incomplete{_because(error)}.", "Copy or export it again.") from error


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Errors inside are told as "``path`` cannot be written because ..."."""
    try:
        yield
    except PictureError:
        raise
    except (FileNotFoundError, NotADirectoryError) as error:
        raise PictureError(f"{path} cannot be written: the folder does not exist.", "Make the folder first, or choose another.") from error
    except PermissionError as error:
        raise PictureError(f"{path} cannot be written: permission denied.", "Choose another folder.") from error
    except MemoryError as error:
        raise PictureError(f"{path} cannot be written: too little memory.", "Close other programs and try again.") from error
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise PictureError(f"{path} cannot be written: the disk is full.", "Make room, or choose another disk.") from error
        raise PictureError(f"{path} cannot be written{_because(error)}.", "Choose another folder or another format.") from error
    except Exception as error:
        raise PictureError(f"{path} cannot be written{_because(error)}.", "Choose another format.") from error


def _because(error: Exception) -> str:
    """The library's own words in brackets, short and on one line, without the names of Python objects and the keys of dictionaries."""
    if isinstance(error, LookupError):
        return ""
    words = " ".join(_PYTHON_OBJECT.sub("", str(error)).split()).rstrip(". ")
    return f" ({words[:160]})" if words else ""
