"""A command that found nothing to do says the same again at once while nothing has changed."""

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
"""The key of the command that runs, if what it says may be kept."""


def answered() -> bool:
    """Say what the command line's command said before, if that still holds; else listen to it."""
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


def _streams() -> list[object]:
    """Return what of the streams decides how text is written, and whether questions are asked."""
    found: list[object] = [sys.stdin is not None and sys.stdin.isatty()]
    for stream in (sys.stdout, sys.stderr):
        found += [stream.isatty(), stream.encoding, stream.errors]
    if sys.stdout.isatty() or sys.stderr.isatty():
        found += [*shutil.get_terminal_size(), os.name]
    return found


class Grounds:
    """What a command rests on, looked at before it reads it, and again when it is done.

    Where the command is not to be known again, all of this does nothing.
    """

    def __init__(self, manifest: Path, model: str | None) -> None:
        self._paths: list[Path] = []
        self._before = Basis({}, {})
        if _asked is not None:
            from chipassets.stored.sources import sources_of

            self.add(*sources_of(manifest, model))

    def add(self, *paths: Path) -> None:
        """Add files that are going to be read, there or not."""
        if _asked is not None:
            self._paths += paths
            now = Basis.of(paths)
            self._before = Basis(self._before.files | now.files, self._before.places | now.places)

    def keep(self, known: Mapping[Path, str] | None = None) -> None:
        """Keep what was said, unless a file changed meanwhile.

        known: further files that the command read, with the SHA-256 that it found.
        """
        said = heard()
        if _asked is None or said is None or not has_own_encoder():
            return
        if Basis.of(self._paths) == self._before:
            keep_answer(_asked, Basis.of(self._paths, known), said)
