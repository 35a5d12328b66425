"""Learns the harmony model: chord changes by mode and place, inversions and cadences.

Usage: `python -m chipassets.train.learn_harmony CORPUS_FOLDER [CORPUS_FOLDER ...]`, each with a
`sources.csv`. Every piece has the same weight; game music together weighs as much as everything
else.
"""

from __future__ import annotations

import csv
import json
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from chipassets.music.chords import parse_chord
from chipassets.music.keys import MODES, Key
from chipassets.train.chordreading import HarmonyOfPiece, read_harmony
from chipassets.train.harmonycounts import (
    PHRASE_BARS,
    Counts,
    Masses,
    count_piece,
    masses,
    weights_by_pair,
)
from chipassets.train.learn_grooves import free_rows
from chipassets.train.numerals import BORROWED_FROM, diatonic, is_surprise, numeral_of

FORMAT = 1
_VOCABULARY = 34
_LEAST_SHARE = 0.002
_LEAST_PIECES = 3
_TILTED_SHARE = 0.01
_DIGITS = 4
_DENIED = {"dorian": 8, "mixolydian": 11, "phrygian": 2}
_BORROWED_MASS = 0.35


def learn(pieces: Iterable[tuple[str, bool, HarmonyOfPiece]]) -> dict[str, Counts]:
    """Return the counts by mode of pieces, each with its name and whether it is game music."""
    known = sorted(pieces, key=lambda piece: piece[0])
    games = sum(is_game for _, is_game, _ in known)
    others = len(known) - games
    counts = {mode: Counts() for mode in ("major", "minor", *BORROWED_FROM)}
    for name, is_game, piece in known:
        mass = 1.0 if is_game or not games else min(1.0, games / others)
        count_piece(counts, piece, name, mass)
    return counts


def model_of(counts: Mapping[str, Counts]) -> dict[str, object]:
    """Return the model as it is stored, by mode."""
    return {
        "format": FORMAT,
        "modes": {
            mode: _mode_model(own, mode, counts.get(BORROWED_FROM.get(mode, "")))
            for mode, own in counts.items()
        },
    }


def _mode_model(own: Counts, mode: str, parent: Counts | None) -> dict[str, object]:
    """Return a mode's counts as shares.

    A rare mode takes a part of its changes from major or minor, chord by chord on the same degree.
    """
    chords, starts, after_one = masses(), masses(), weights_by_pair()
    _add(chords, own.chords, 1.0)
    _add(starts, own.starts, 1.0)
    for before, row in own.after_one.items():
        _add(after_one[before], row, 1.0)
    source = BORROWED_FROM.get(mode)
    if parent is not None and source is not None and parent.chords:
        scale = _BORROWED_MASS * max(sum(own.chords.values()), 1e-6) / sum(parent.chords.values())
        moved = {text: _moved(text, source, mode) for text in parent.chords}
        _add(chords, _renamed(parent.chords, moved), scale)
        _add(starts, _renamed(parent.starts, moved), scale)
        for before, row in parent.after_one.items():
            name = moved[before]
            if name is not None:
                _add(after_one[name], _renamed(row, moved, but=name), scale)
    total = sum(chords.values())
    kept = sorted(
        (
            text
            for text, mass in sorted(chords.items(), key=lambda item: (-item[1], item[0]))
            if mass >= _LEAST_SHARE * total and not _denies(text, mode)
        ),
        key=lambda text: (-chords[text], text),
    )
    kept = kept[:_VOCABULARY]
    known = set(kept)
    surprises = [text for text in kept if is_surprise(text, mode)]
    return {
        "pieces": len(own.pieces),
        "chords": {text: round(chords[text] / total, _DIGITS) for text in kept},
        "surprises": surprises,
        "surprises_in_16_bars": round(
            16 * sum(own.chords.get(text, 0.0) for text in surprises) / max(own.bars, 1e-9), 2
        ),
        "starts": _shares(starts, known),
        "places": [_tilts(own, kept, place) for place in range(PHRASE_BARS)],
        "after_one": {text: _shares(after_one[text], known) for text in kept if after_one[text]},
        "after_two": _trigrams(own, known),
        "inversions": {
            text: [round(own.inversions[text][n] / sum(own.inversions[text]), 3)
                   for n in range(4)]
            for text in kept
            if sum(own.inversions[text]) > 0
        },
        "bass_motion": {
            str(step): round(mass / max(sum(own.motion.values()), 1e-9), _DIGITS)
            for step, mass in sorted(own.motion.items())
        },
        "split": [_yes(own.split[place]) for place in range(PHRASE_BARS)],
        "held": [_yes(own.held[place]) for place in range(PHRASE_BARS)],
        "cadences": _shares(own.cadences, set(own.cadences)),
    }  # fmt: skip


def _denies(text: str, mode: str) -> bool:
    """Return whether a chord has the tone that would make a church mode major or minor."""
    return _DENIED.get(mode) in parse_chord(text, Key(0, mode)).pitch_classes


def _tilts(own: Counts, kept: Sequence[str], place: int) -> dict[str, float]:
    """Return how much likelier than overall each chord is in a bar of the phrase, 0.25..4."""
    total = sum(own.chords.values())
    return {
        text: round(
            min(4.0, max(0.25, _share(own.places[place], text) / _share(own.chords, text))), 2
        )
        for text in kept
        if own.chords.get(text, 0.0) >= _TILTED_SHARE * total
    }


def _moved(text: str, source: str, mode: str) -> str | None:
    """Return the triad of `mode` on the degree that a chord has in the mode `source`."""
    root = parse_chord(text, Key(0, source)).root
    if is_surprise(text, source) or root not in MODES[source]:
        return None
    semitone = MODES[mode][MODES[source].index(root)]
    own = diatonic(semitone, mode)
    return None if own in (None, "dim") else numeral_of(semitone, own or "", mode)


def _add(masses_of: Masses, others: Mapping[str, float], scale: float) -> None:
    for text, mass in others.items():
        masses_of[text] += scale * mass


def _renamed(
    row: Mapping[str, float], names: Mapping[str, str | None], but: str | None = None
) -> Masses:
    """Return masses under other names, without those that have none and without `but`."""
    renamed = masses()
    for text, mass in row.items():
        name = names[text]
        if name is not None and name != but:
            renamed[name] += mass
    return renamed


def _share(counter: Mapping[str, float], text: str) -> float:
    return (counter.get(text, 0.0) + 1e-9) / (sum(counter.values()) + 1e-7)


def _shares(counter: Mapping[str, float], known: set[str]) -> dict[str, float]:
    """Return the shares of the known names, the largest first, without those that round to 0."""
    inside = {text: mass for text, mass in counter.items() if text in known}
    total = sum(inside.values()) or 1.0
    shares = {text: round(mass / total, _DIGITS) for text, mass in inside.items()}
    return {
        text: share
        for text, share in sorted(shares.items(), key=lambda item: (-item[1], item[0]))
        if share > 0
    }


def _trigrams(own: Counts, known: set[str]) -> dict[str, dict[str, float]]:
    """Return what follows two chords if at least three pieces have it."""
    rows = {}
    for pair in sorted(own.after_two):
        if set(pair.split()) <= known:
            row = {
                text: mass
                for text, mass in own.after_two[pair].items()
                if len(own.trigram_pieces[pair, text]) >= _LEAST_PIECES
            }
            shares = _shares(row, known)
            if len(shares) > 1:
                rows[pair] = {text: share for text, share in shares.items() if share >= 0.01}
    return rows


def _yes(no_and_yes: Sequence[float]) -> float:
    return round(no_and_yes[1] / max(sum(no_and_yes), 1e-9), 3)


def main(folders: Sequence[str]) -> int:
    """Learn from the corpora in the folders; write the model beside the others, with its card."""
    if not folders or not all((Path(folder) / "sources.csv").is_file() for folder in folders):
        sys.stderr.write(f"name folders that hold a sources.csv, not {list(folders)}\n")
        return 2
    pieces: list[tuple[str, bool, HarmonyOfPiece]] = []
    sources: Counter[tuple[str, str]] = Counter()
    for folder in map(Path, folders):
        games = {row["file"] for row in free_rows(folder)}
        for row in _rows(folder):
            if row["file"] in games or "confidence" not in row:
                piece = read_harmony(folder / row["file"])
                if piece is not None:
                    pieces.append((row["file"], row["file"] in games, piece))
                    sources[row["source"], row["licence"]] += 1
    counts = learn(pieces)
    model = model_of(counts)
    target = Path(__file__).resolve().parents[1] / "models"
    (target / "harmony.json").write_text(
        json.dumps(model, separators=(",", ":"), ensure_ascii=False) + "\n", encoding="utf-8"
    )
    (target / "harmony.md").write_text(card(model, sources), encoding="utf-8")
    return 0


def _rows(folder: Path) -> list[dict[str, str]]:
    """Return the rows that may be learned from: no CC BY, and no Blasphemer (doubtful timing)."""
    with (folder / "sources.csv").open(newline="", encoding="utf-8") as file:
        rows = [
            row
            for row in csv.DictReader(file)
            if not row["licence"].startswith("CC-BY") and row["source"] != "blasphemer"
        ]
    return sorted(rows, key=lambda row: row["file"])


def card(model: Mapping[str, object], sources: Counter[tuple[str, str]]) -> str:
    """Return the card: the model's sources, and the contents of each mode."""
    modes: dict[str, dict[str, object]] = model["modes"]  # type: ignore[assignment]
    lines = [
        "# Harmony model",
        "",
        "Chord changes by mode for the composer, made by "
        "`python -m chipassets.train.learn_harmony`.",
        "Chords are read by half bars from the bass and inner voices more than from the tune, keys",
        "by windows of eight bars. Every piece counts as one, and game music together as much as",
        "all else. Nothing of a piece is kept but these shares.",
        "",
        "| source | licence | pieces |",
        "|---|---|---|",
        *(f"| {source} | {licence} | {n} |" for (source, licence), n in sorted(sources.items())),
        "",
        "| mode | pieces | chords | surprises in 16 bars | bars of two chords | after four bars |",
        "|---|---|---|---|---|---|",
    ]
    for mode, held in modes.items():
        split: list[float] = held["split"]  # type: ignore[assignment]
        ends: dict[str, float] = held["cadences"]  # type: ignore[assignment]
        words = ", ".join(f"{word} {share:.0%}" for word, share in ends.items())
        lines.append(
            f"| {mode} | {held['pieces']} | {len(held['chords'])} "  # type: ignore[arg-type]
            f"| {held['surprises_in_16_bars']} | {sum(split) / len(split):.0%} | {words} |"
        )
    lines += [
        "",
        "Dorian, mixolydian and phrygian count only where their own chord is heard and no dominant",
        "is; being rare they take a quarter of their changes from major or minor, by degree. Bars",
        "are counted from each piece's first, so phrase places are right only on the whole.",
        "",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
