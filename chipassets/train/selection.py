"""Which pieces of a corpus a dataset takes."""

from __future__ import annotations

from dataclasses import dataclass

from chipassets.train.corpus import Piece


@dataclass(frozen=True, slots=True)
class Selection:
    """Pieces are left out by how their licence begins, or by their source's name."""

    refused_licences: tuple[str, ...] = ()
    refused_sources: tuple[str, ...] = ()

    def reason_against(self, piece: Piece) -> str:
        """Return why a piece is left out, or "" when it is not."""
        for prefix in self.refused_licences:
            if piece.licence.startswith(prefix):
                return f"licence {prefix}"
        return f"source {piece.source}" if piece.source in self.refused_sources else ""

    @property
    def options(self) -> list[str]:
        """The command-line options that make this selection."""
        licences = [f"--refuse-licence {prefix}" for prefix in self.refused_licences]
        return licences + [f"--refuse-source {source}" for source in self.refused_sources]
