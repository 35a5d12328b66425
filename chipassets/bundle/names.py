"""The name of a bundle's folder: the game's own letters, safe on Linux, macOS and Windows."""

from __future__ import annotations

import hashlib
import unicodedata
from pathlib import Path

_MAX_BYTES = 100
"""Of a folder's name in UTF-8. A file system takes 255, and temporary names grow around it."""

# Names that Windows gives to devices, whatever extension follows.
_DEVICES = frozenset(
    ("con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10)))
)
_SMALL_WORDS = frozenset(
    ("a", "an", "and", "at", "by", "de", "for", "in", "of", "on", "or", "the", "to")
)


def default_folder(game: str) -> Path:
    """Return build/<name>, where the name is `folder_name` of the game."""
    return Path("build") / folder_name(game)


def folder_name(game: str) -> str:
    """Return the folder's name for a game: its words in small letters, hyphens between.

    Games of different names get different folders, on systems too that tell neither capital from
    small letters nor composed from decomposed ones: where the words alone would not bring the
    name back (`Quest!`, `QUEST`), or no system-wide name can be made of them (`Con`), eight hex
    digits of the name's SHA-256 follow. Spellings that Unicode calls equal are one name.
    """
    name = unicodedata.normalize("NFC", game)
    words = "".join(char if _is_kept(char) else " " for char in name.lower()).split()
    plain = unicodedata.normalize("NFC", "-".join(words))
    if _brings_back(words, name) and _is_safe(plain):
        return plain
    digits = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{_shortened(plain)}-{digits}".lstrip("-")


def _is_kept(char: str) -> bool:
    return unicodedata.category(char)[0] in "LNM"


def _brings_back(words: list[str], name: str) -> bool:
    """Whether the words, written as a title is, are the name, so that no other name has them."""
    titled = [
        word if place and word in _SMALL_WORDS else word[:1].upper() + word[1:]
        for place, word in enumerate(words)
    ]
    return " ".join(titled) == name


def _is_safe(plain: str) -> bool:
    folded = unicodedata.normalize("NFKC", plain.casefold())
    return folded == plain and plain not in _DEVICES and len(plain.encode()) <= _MAX_BYTES


def _shortened(plain: str) -> str:
    return plain.encode()[:_MAX_BYTES].decode(errors="ignore").rstrip("-")
