"""The drum table: grooves by name, on the 16th grid.

K kick, S snare, h hat, o open hat, C crash, T tom, . rest. A groove has three densities; a bar uses
the one that matches its number of notes. Noise is one voice, so there is one drum per step.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Groove:
    """Bars for sparse, usual and dense music, and fills for the last beats of a section.

    `crash`: a section opens with a crash; `level` is added to every drum.
    """

    beats: int
    sparse: str
    usual: str
    dense: str
    fills: tuple[str, ...] = ()
    crash: bool = False
    level: int = 0


GROOVES: dict[str, Groove] = {
    "none": Groove(4, "." * 16, "." * 16, "." * 16),
    "pulse": Groove(
        4, "h.......h.......", "h...h...h...h...", "h.h.h.h.h.h.h.h.", ("h.h.h.hh",), level=-2
    ),
    "ballad": Groove(
        4,
        "K.......S.......",
        "K.....h.S...h.h.",
        "K.h.h.h.S.h.h.K.",
        ("S...S.S.", "T.T.S..."),
        level=-2,
    ),
    "march": Groove(
        4,
        "K...S...K...S...",
        "K...S.S.K...S.SS",
        "K.S.S.SSK.S.SSSS",
        ("S.SSS.SS", "SSSSSSSS"),
        crash=True,
        level=-1,
    ),
    "rock": Groove(
        4,
        "K...h...S...h...",
        "K.h.S.h.K.K.S.h.",
        "K.hhS.hKK.KhS.ho",
        ("S.S.SSTT", "SSTTSSTT", "K.SSK.SS"),
        crash=True,
    ),
    "drive": Groove(
        4,
        "K.h.S.h.K.h.S.h.",
        "KhhhShhhKhKhShhh",
        "KhKhShhKKhKhShSh",
        ("SSSSTTTT", "S.SSSSTT", "KSKSSSTT"),
        crash=True,
    ),
    "gallop": Groove(
        4,
        "K...S...K...S...",
        "K.KKS.KKK.KKS.KK",
        "K.KKShKKKhKKShKK",
        ("SSTTSSTT", "S.SSS.SS"),
        crash=True,
    ),
    "shuffle": Groove(
        4,
        "K...h..hS...h..h",
        "K..hS..hK..hS..h",
        "K.KhS..hKhKhS.Kh",
        ("S..SS..T", "S..ST..T"),
    ),
    "waltz": Groove(
        3, "K...........", "K...h...h...", "K...h.h.S.h.", ("h...S.S.", "S.S.S.S."), level=-2
    ),
    "six_eight": Groove(
        3, "K.....S.....", "K.h.h.S.h.h.", "K.hhh.S.hhKh", ("S.S.TT", "SSS.TT"), level=-1
    ),
}

DRUM_LETTERS = {"K": "kick", "S": "snare", "h": "hat", "o": "open_hat", "C": "crash", "T": "tom"}


def fit_bar(pattern: str, beats: int, beats_per_bar: float) -> str:
    """Return the pattern for another number of beats: cut, or with its last beats repeated."""
    steps_per_beat = len(pattern) // beats
    wanted = int(beats_per_bar * steps_per_beat)
    while len(pattern) < wanted:
        pattern += pattern[-min(wanted - len(pattern), len(pattern)) :]
    return pattern[:wanted]
