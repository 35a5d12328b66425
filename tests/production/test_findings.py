"""What is said of a take's motifs: one that the composer lost, not one that a person changed."""

from __future__ import annotations

from dataclasses import replace

from chipassets.lock import LockedTake
from chipassets.music.notes import Note
from chipassets.music.score import Score, Statement
from chipassets.production.findings import find_evidence
from chipassets.resolve.build_plan import resolve
from tests.manifest.conftest import Load, load  # noqa: F401 - a fixture

GAME = """game: T
motifs: {hero: {notes: "C5 - - - E5 - - -", key: C major}}
tracks:
  town: {key: C major, length: 1 bars, motif: hero}
"""


def test_an_edited_motif_is_no_fault(load: Load) -> None:  # noqa: F811
    (track,) = resolve(load(GAME)).tracks
    heard = (Note(0, 4, 72, "lead"), Note(4, 4, 77, "lead"), Note(8, 8, 48, "bass"))
    said = Statement("hero", 0, 8, 2, 0)
    score = Score(heard, 1, 120_000, track.key, statements=(said,))
    composed = LockedTake("key", 0, 1, "why", score, accepted=True)
    (warning,) = find_evidence(score, track, composed, None).warnings
    assert warning == "the motif 'hero' is not whole where it is stated, in bar 1"
    before = replace(composed, score=score.with_notes(heard[:1]))
    version = replace(before.replaced(), version=1, score=score, origin="take 1 edited in x.mid")
    edited = replace(composed, versions=(version,)).replacing(before)
    assert edited.origin == "take 1 edited in x.mid"
    assert find_evidence(score, track, edited, None).warnings == []


def test_a_melody_that_is_not_whole_is_named_by_its_section(load: Load) -> None:  # noqa: F811
    text = GAME.replace("motif: hero", 'form: "A:1", melody: C5 - - - E5 - - -')
    (track,) = resolve(load(text)).tracks
    (melody,) = track.melodies
    heard = (Note(0, 4, 72, "lead"), Note(8, 8, 48, "bass"))
    said = Statement(melody.tune.name, 0, 8, 2, 0)
    score = Score(heard, 1, 120_000, track.key, statements=(said,))
    composed = LockedTake("key", 0, 1, "why", score, accepted=True)
    (warning,) = find_evidence(score, track, composed, None).warnings
    assert warning == "the melody of A is not whole where it is stated, in bar 1"
