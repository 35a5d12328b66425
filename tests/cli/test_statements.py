"""Where a bundle says that a motif stands, a search of its MIDI file finds it."""

from __future__ import annotations

from pathlib import Path

import mido

from chipassets.bundle import read_index

HERO = ((0, 0), (2, 2), (4, 4), (5, 1))
"""Onset in 16ths and degree above the tonic of the tune in tests/cli/conftest.py."""
D_MINOR = (2, 4, 5, 7, 9, 10, 12)


def melodies(path: Path) -> list[list[tuple[int, int]]]:
    """Onset in 16ths and pitch of the notes of each track that has any."""
    found = []
    file = mido.MidiFile(path)
    for track in file.tracks:
        now, notes = 0, []
        for event in track:
            now += event.time
            if event.type == "note_on" and event.velocity and event.channel != 9:
                notes.append((4 * now // file.ticks_per_beat, event.note))
        found.append(notes)
    return [notes for notes in found if notes]


def degree(pitch: int) -> int | None:
    octave, tone = divmod(pitch - 2, 12)
    return octave * 7 + D_MINOR.index(tone + 2) if tone + 2 in D_MINOR else None


def searched(notes: list[tuple[int, int]], stretch: float, tonic: int) -> list[int]:
    """Where, in 16ths, notes of the melody in a row have the tune's rhythm and its degrees.

    The same steps from another degree are a sequence: a development of the tune, no statement.
    """
    home = degree(tonic)
    assert home is not None
    starts = []
    for at in range(len(notes) - len(HERO) + 1):
        start = notes[at][0]
        window = [(onset - start, degree(pitch)) for onset, pitch in notes[at : at + len(HERO)]]
        if window == [(onset * stretch, home + above) for onset, above in HERO]:
            starts.append(start)
    return starts


def test_every_statement_is_found_in_the_midi_file(built: Path) -> None:
    folder = built / "build" / "tiny-quest"
    (fight,) = (track for track in read_index(folder).tracks if track.name == "fight")
    said = fight.statements
    assert [(s.motif, s.section, s.start_bar, s.start_step) for s in said] == [
        ("hero", "A", 0, 0), ("hero", "A'", 2, 0),
    ]  # fmt: skip
    assert [s.whole for s in said] == [True, True]
    assert [s.returned for s in said] == [False, True]
    assert {(s.motif_key, s.transposition % 12) for s in said} == {("C major", 2)}
    # Other voices may take it up as an echo, and the lead may repeat a bar that states it.
    lead = melodies(folder / fight.files["midi"].path)[0]
    tonic = 60 + said[0].transposition
    found = searched(lead, said[0].stretch, tonic + 12)
    assert {16 * s.start_bar for s in said} <= set(found)
    assert (said[0].lowest, said[0].highest) == (tonic + 12, tonic + 19)
