"""Selects the pieces of a corpus for a dataset."""

from __future__ import annotations

import re
from dataclasses import dataclass

from chipassets.train.corpus import Piece


@dataclass(frozen=True, slots=True)
class Selection:
    """Pieces are left out by the beginning of their licence, or by the name of their source.

    "CC BY-NC 4.0" begins with "cc-by-nc": capitals and separators do not matter.
    """

    refused_licences: tuple[str, ...] = ()
    refused_sources: tuple[str, ...] = ()

    def reason_against(self, piece: Piece) -> str:
        """Return why a piece is left out, or "" if it is not."""
        for prefix in self.refused_licences:
            if _plain(piece.licence).startswith(_plain(prefix)):
                return f"licence {prefix}"
        refused = map(_plain, self.refused_sources)
        return f"source {piece.source}" if _plain(piece.source) in refused else ""

    @property
    def options(self) -> list[str]:
        """The command-line options that make this selection."""
        licences = [f"--refuse-licence {prefix}" for prefix in self.refused_licences]
        return licences + [f"--refuse-source {source}" for source in self.refused_sources]


def _plain(name: str) -> str:
    return "-".join(re.findall(r"\w+(?:\.\w+)*", name.casefold()))
