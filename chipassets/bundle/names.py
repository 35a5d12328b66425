"""The default name of a bundle's folder: from the game's name, safe on every system."""

from __future__ import annotations

import hashlib
import unicodedata
from pathlib import Path

_MAX_BYTES = 100
"""The most bytes of a folder name; file systems allow 255, and temporary names are longer."""

# Names that Windows reserves for devices, with any extension.
_DEVICES = frozenset(
    ("con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10)))
)
_SMALL_WORDS = frozenset(
    ("a", "an", "and", "at", "by", "de", "for", "in", "of", "on", "or", "the", "to")
)


def default_folder(game: str) -> Path:
    """Return build/<name>; the name is `folder_name` of the game."""
    return Path("build") / folder_name(game)


def folder_name(game: str) -> str:
    """Return the folder's name for a game: its words in small letters, joined by hyphens.

    Games with different names get different folders, also on systems that distinguish neither
    capital from small letters nor composed from decomposed ones. If the words alone do not
    determine the name (`Quest!`, `QUEST`), or are not allowed as a file name (`Con`), eight hex
    digits of the name's SHA-256 follow. Spellings that are equal in Unicode are one name.
    """
    name = unicodedata.normalize("NFC", game)
    words = "".join(char if _is_kept(char) else " " for char in name.lower()).split()
    plain = unicodedata.normalize("NFC", "-".join(words))
    if _brings_back(words, name) and _is_safe(plain):
        return plain
    digits = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{_shortened(plain)}-{digits}".lstrip("-")


def _is_kept(char: str) -> bool:
    """Return whether a character stays in a name: a letter, a digit or a mark."""
    return unicodedata.category(char)[0] in "LNM"


def _brings_back(words: list[str], name: str) -> bool:
    """Return whether the words in title case are the name, so that no other name has them."""
    titled = [
        word if place and word in _SMALL_WORDS else word[:1].upper() + word[1:]
        for place, word in enumerate(words)
    ]
    return " ".join(titled) == name


def _is_safe(plain: str) -> bool:
    """Return whether every file system allows a name and keeps it apart from other names."""
    folded = unicodedata.normalize("NFKC", plain.casefold())
    return folded == plain and plain not in _DEVICES and len(plain.encode()) <= _MAX_BYTES


def _shortened(plain: str) -> str:
    """Return the name cut to the maximum length of a file name in bytes."""
    return plain.encode()[:_MAX_BYTES].decode(errors="ignore").rstrip("-")
