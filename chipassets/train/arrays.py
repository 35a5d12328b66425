"""Reads the arrays of an untrusted `.npz` file without allocating more memory than it contains."""

from __future__ import annotations

import math
import tokenize
from pathlib import Path
from typing import Any, BinaryIO
from zipfile import BadZipFile, ZipFile
from zlib import error as ZlibError  # noqa: N812

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

MOST_BYTES = 4 << 30
"""The most bytes of all arrays: ten times a dataset of ten thousand pieces."""
_KINDS = "biuf"


def read_arrays(path: Path) -> dict[str, NDArray[Any]]:
    """Return the arrays of the file by name; ValueError if it is not a complete file of numbers.

    The bytes of each array are counted before memory is allocated, so that a header that claims 18
    TB does no harm. OSError if the file cannot be read.
    """
    with path.open("rb") as file:
        return _read_all(file)


def _read_all(file: BinaryIO) -> dict[str, NDArray[Any]]:
    """Return all arrays of a zip; ValueError if it is damaged or too large."""
    try:
        with ZipFile(file) as archive:
            names = [name for name in archive.namelist() if name.endswith(".npy")]
            sizes = {name: archive.getinfo(name).file_size for name in names}
            if sum(sizes.values()) > MOST_BYTES:
                raise ValueError(f"its arrays are larger than {MOST_BYTES >> 30} GiB")
            return {
                name.removesuffix(".npy"): _read(archive, name, size)
                for name, size in sizes.items()
            }
    # Invalid offsets raise OSError.
    except (BadZipFile, ZlibError, EOFError, NotImplementedError, RuntimeError, OSError) as error:
        raise ValueError(f"incomplete file: {error or type(error).__name__}") from error
    except (SyntaxError, TypeError, tokenize.TokenError, MemoryError, OverflowError) as error:
        raise ValueError(f"an array without a readable header ({error})") from error


def _read(archive: ZipFile, name: str, size: int) -> NDArray[Any]:
    """Return one array; ValueError unless its header agrees with its size."""
    with archive.open(name) as file:
        major, minor = npy.read_magic(file)
        readers = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}
        if (major, minor) not in readers:
            raise ValueError(f"{name} is of version {major}.{minor}")
        shape, is_fortran, dtype = readers[major, minor](file)
        if dtype.kind not in _KINDS or dtype.hasobject:
            raise ValueError(f"{name} holds {dtype}, and not numbers")
        if any(length < 0 for length in shape):
            raise ValueError(f"{name} has the shape {shape}")
        wanted = math.prod(shape) * dtype.itemsize
        if wanted != size - file.tell():
            raise ValueError(f"{name} says {wanted:,} bytes and has {size - file.tell():,}")
        data = np.frombuffer(file.read(wanted), dtype)
    if data.nbytes != wanted:
        raise ValueError(f"{name} is cut off")
    return np.array(data.reshape(shape, order="F" if is_fortran else "C"))
