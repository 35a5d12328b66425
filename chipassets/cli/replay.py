"""Repeats the output of a command that found nothing to do, while nothing has changed."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from chipassets.cli.output import forget_heard, hear, heard
from chipassets.stored.answers import (
    Basis,
    answer_key,
    find_answer,
    has_own_encoder,
    keep_answer,
)

_COMMANDS = (["build"], ["plan"])
_NOT_ANSWERED = ("--no-cache", "--help")

_asked: str | None = None
"""The key of the running command, if its output may be stored."""


def answered() -> bool:
    """Print the stored output of this command and return True.

    If there is none, start recording.
    """
    global _asked
    _asked = None
    forget_heard()
    words = sys.argv[1:]
    if words[:1] not in _COMMANDS or any(word in _NOT_ANSWERED for word in words):
        return False
    key = answer_key(words, _streams())
    if key is None:
        return False
    said = find_answer(key)
    if said is None:
        _asked = key
        hear()
        return False
    for stream, text in said:
        getattr(sys, stream).write(text)
    return True


def is_recorded() -> bool:
    """Return whether the output of the running command may be stored."""
    return _asked is not None


def _streams() -> list[object]:
    """Return the properties of the streams that affect the output, and the terminal size."""
    found: list[object] = [sys.stdin is not None and sys.stdin.isatty()]
    for stream in (sys.stdout, sys.stderr):
        found += [stream.isatty(), stream.encoding, stream.errors]
    if sys.stdout.isatty() or sys.stderr.isatty():
        found += [*shutil.get_terminal_size(), os.name]
    return found


class Grounds:
    """The files that a command depends on, hashed before it reads them, and again at its end.

    If the command's output must not be stored, all methods do nothing.
    """

    def __init__(self, manifest: Path, model: str | None) -> None:
        self._paths: list[Path] = []
        self._before = Basis({}, {})
        if _asked is not None:
            from chipassets.stored.sources import sources_of

            self.add(*sources_of(manifest, model))

    def add(self, *paths: Path) -> None:
        """Add files that will be read, existing or not."""
        if _asked is not None:
            self._paths += paths
            now = Basis.of(paths)
            self._before = Basis(self._before.files | now.files, self._before.places | now.places)

    def keep(self, known: Mapping[Path, str] | None = None) -> None:
        """Store the output, unless a file changed meanwhile.

        known: further files that the command read, with the SHA-256 that it found.
        """
        said = heard()
        if _asked is None or said is None or not has_own_encoder():
            return
        if Basis.of(self._paths) == self._before:
            keep_answer(_asked, Basis.of(self._paths, known), said)
