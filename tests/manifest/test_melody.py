"""Melodies in a manifest: note text, ABC and MIDI are read alike; what cannot be one is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from chipassets.manifest.abc_text import is_abc, read_abc
from chipassets.manifest.refusal import Refusal
from chipassets.midi.writer import midi_file, note_off, note_on, track_name
from chipassets.music.keys import Key
from chipassets.music.notes import Note
from tests.manifest.conftest import Load, Refuse, write_midi

HEAD = "game: Test\ntracks:\n"
TUNE = [(0, 4, 60), (4, 2, 62), (6, 2, 64), (8, 8, 67)]
QUARTER = 480


def town(melody: str, more: str = "") -> str:
    return f"{HEAD}  town:\n    melody: {melody}\n{more}"


def line(notes: tuple[Note, ...]) -> list[tuple[int, int, int]]:
    return [(note.start_step, note.duration_steps, note.pitch) for note in notes]


def midi(path: Path, *voices: list[tuple[int, int, int]]) -> None:
    """Write steps as ticks: several voices in one track."""
    notes = [(120 * at, 120 * (at + n), pitch) for voice in voices for at, n, pitch in voice]
    write_midi(path, notes)


@pytest.mark.parametrize(
    "written",
    [
        '"C4 - - - D4 - E4 - G4 - - - - - - -"',
        '{notes: "C4 - - - D4 - E4 - G4 - - - - - - -"}',
        '{abc: "L:1/8\\nK:C\\nC2 D E | G4-"}',
        '{A: "K:C\\nL:1/16\\nC4D2E2 G8|"}',
        "{A: {abc: tune.abc}}",
        "{midi: tune.mid}",
        "{midi: tune.mid, track: 1, channel: 1, transpose: 0}",
        '{notes: "C3 - - - D3 - E3 - G3 - - - - - - -", transpose: 12}',
    ],
)
def test_every_way_of_writing_gives_the_same_tune(load: Load, tmp_path: Path, written: str) -> None:
    midi(tmp_path / "tune.mid", TUNE)
    (tmp_path / "tune.abc").write_text("X:1\nT:A tune\nK:C\nC2DE G4 |]\n")
    (melody,) = load(town(written)).tracks["town"].melody or ()
    assert melody.section == "A"
    assert line(melody.tune.notes) == TUNE


def quarters(*pitches: int) -> list[tuple[int, int, int]]:
    return [(4 * at, 4, pitch) for at, pitch in enumerate(pitches)]


@pytest.mark.parametrize(
    ("text", "notes"),
    [
        ("K:G\nF ^F =F F | F", [(0, 2, 66), (2, 2, 66), (4, 2, 65), (6, 2, 65), (8, 2, 66)]),
        ("K:Bbm\nB, B b b'", [(0, 2, 58), (2, 2, 70), (4, 2, 82), (6, 2, 94)]),
        ("L:1/4\nK:C\nC>D E<F", [(0, 6, 60), (6, 2, 62), (8, 2, 64), (10, 6, 65)]),
        ("L:1/4\nK:C\nC/2 D// E3/2 z F", [(0, 2, 60), (2, 1, 62), (3, 6, 64), (13, 4, 65)]),
        ("L:1/4\nM:3/4\nK:C\nC Z E", [(0, 4, 60), (16, 4, 64)]),
        ("L:1/4\nK:C\n|:C D:|E", [(0, 4, 60), (4, 4, 62), (8, 4, 60), (12, 4, 62), (16, 4, 64)]),
        ("L:1/4\nK:C\n|:C|1 D:|2 E|]", [(0, 4, 60), (4, 4, 62), (8, 4, 60), (12, 4, 64)]),
        ('L:1/4\nK:C\n"Am"(C !trill!D) {c}E ~F', [(0, 4, 60), (4, 4, 62), (8, 4, 64), (12, 4, 65)]),
        ("L:1/4\nK:C\nC-|C-C D", [(0, 12, 60), (12, 4, 62)]),
        ("M:2/4\nK:C\nC D", [(0, 1, 60), (1, 1, 62)]),
        ("L:1/4\nK:C\nC % a remark\n% another\nD", [(0, 4, 60), (4, 4, 62)]),
        ("L:1/4\nK:C\nC>>D E4<<<F4", [(0, 7, 60), (7, 1, 62), (8, 2, 64), (10, 30, 65)]),
        ("L:1/4\nK:C\nC4-C2>D2", [(0, 28, 60), (28, 4, 62)]),
        ("L:1/4\nK:C\n^F f =F f | F", quarters(66, 78, 65, 77, 65)),
        ("L:1/4\nK:C\n^F-|F F", [(0, 8, 66), (8, 4, 65)]),
        ("L:1/4\nK:C\nC D\nA:|", quarters(60, 62, 69, 60, 62, 69)),
        ("M:none\nL:1/4\nK:C\nC", [(0, 4, 60)]),
        ("M:4/4\nL:1/4\nK:C\nC\nM:C\nD", [(0, 4, 60), (4, 4, 62)]),
    ],
)
def test_abc_is_read_as_the_standard_says(text: str, notes: list[tuple[int, int, int]]) -> None:
    assert is_abc(text)
    assert line(read_abc(text).tune.notes) == notes


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("K:G\nG", Key(7, "major")),
        ("K:F#m\nF", Key(6, "minor")),
        ("K:Ddor\nD", Key(2, "dorian")),
        ("K:A mixolydian\nA", Key(9, "mixolydian")),
        ("K:Eb\n[K:C]E", Key(3, "major")),
        ("K:none\nE", None),
    ],
)
def test_abc_names_its_key(text: str, key: Key | None) -> None:
    assert read_abc(text).key == key


@pytest.mark.parametrize(
    ("text", "at", "says"),
    [
        ("K:C\nC [CEG] D", 6, "a chord"),
        ("K:C\nC (3DEF", 6, "tuplet"),
        ("L:1/16\nK:C\nC/2", 11, "between two 16ths"),
        ("K:C\nC D\nV:2\nE F", 8, "one voice"),
        ("K:C\nC & D", 6, "a chord"),
        ("K:H\nC", 0, "no key"),
        ("L:x\nK:C\nC", 0, "unit length"),
        ("K:C\nC € D", 6, "nothing in ABC"),
        ("K:C\n", 0, "at least one note"),
        ("K:C\n> C", 4, "no note to dot"),
        ("K:C\nC,,,,,,,", 4, "out of range"),
        ("K:C\nC > > D", 8, "no note to dot"),
        ("K:C\nC D2> |", 8, "no note to dot"),
        (f"K:C\nC{'9' * 5000}", 4, "out of range"),
        (f"K:C\nC/{'9' * 5000}", 4, "out of range"),
        ("K:C\nC/0", 4, "out of range"),
        (f"K:C\nC Z{'9' * 5000}", 6, "whole bars"),
        ("K:C\nC Z9999", 6, "at most"),
        ("M:none\nK:C\nC Z", 13, "whole bars"),
        ("L:1e999999999\nK:C\nC", 0, "unit length"),
        ("M:4/0\nK:C\nC", 0, "no metre"),
        ("M:1e9\nK:C\nC", 0, "no metre"),
        ("M:4/4\nK:C\nC\n[M:3/4]C", 12, "one"),
        ("X:1\nK:C\nC\nX:2\nK:C\nD", 10, "second tune"),
    ],
)
def test_abc_that_is_no_melody_is_refused_at_the_character(text: str, at: int, says: str) -> None:
    with pytest.raises(Refusal) as caught:
        read_abc(text)
    (fault,) = caught.value.faults
    assert says in fault.why
    assert fault.offset == at


REFUSED: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "a number": (town("5"), "4:13", ("by section",)),
    "an unknown section": (
        town("{Q: C5 - - -}", "    form: A B\n"), "4:14", ("no section", "A, B"),
    ),
    "no section at all": (town("{verse: C5}"), "4:14", ("not the name of a section", "like A:")),
    "an unknown key": (town("{A: {nots: C5}}"), "4:18", ("'nots'", "'notes'")),
    "two forms": (town("{notes: C5, abc: C}"), "4:13", ("one source of notes",)),
    "no notes": (town("{track: 1}"), "4:13", ("has notes",)),
    "a track without a file": (town("{notes: C5, track: 1}"), "4:25", ("from a MIDI file",)),
    "a bad token": (town('{A: "C5 - X5"}'), "4:23", ("'X5'",)),
    "a missing file": (town("{midi: no.mid}"), "4:20", ("no such file",)),
    "a bad transform": (town("{notes: C5, transform: literl}"), "4:36", ("'literal'",)),
    "transposed twice": (
        town("{notes: C5, transform: in_mode, transpose: 12}"), "4:45", ("one of the two",),
    ),
    "longer than its section": (
        town('"C5 - - - - - - - - - - - - - - - D5"', "    form: A:1 B:3\n"), "4:13",
        ("17 steps", "2 bars", "A:2"),
    ),
    "too low": (town("C2"), "4:13", ("from C2 to C2", "transpose: 24")),
    "another metre": (town('"M:3/4\\nK:C\\nC3"'), "4:13", ("in 3/4", "metre: 3/4")),
    "a primer too": (town("C5", "    primer: E5\n"), "4:13", ("both open the track",)),
    "a motif too": (
        town("{A: C5 - E5}", "    motif: hero\nmotifs: {hero: G5}\n"), "4:14", ("motif 'hero'",),
    ),
    "a chord in ABC": (town('"K:C\\nC [EG]"'), "4:13", ("one voice",)),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_melody_is_refused_at_its_place(refuse: Refuse, name: str) -> None:
    text, where, parts = REFUSED[name]
    (problem,) = refuse(text)
    said = str(problem)
    for part in parts:
        assert part in said, said
    assert problem.where == f"game.yaml:{where}", said


def test_a_track_with_three_tunes_is_refused_with_bar_and_beat(
    refuse: Refuse, tmp_path: Path
) -> None:
    higher = [(at, n, pitch + 4) for at, n, pitch in TUNE[2:]]
    highest = [(at, n, pitch + 7) for at, n, pitch in TUNE[3:]]
    midi(tmp_path / "three.mid", TUNE, higher, highest)
    (problem,) = refuse(town("{A: {midi: three.mid}}"))
    said = str(problem)
    assert "3 notes sound at once in track 1, first in bar 1 on beat 2.5" in said
    assert problem.where == "game.yaml:4:24"
    (problem,) = refuse(town("{A: {midi: three.mid, track: 4}}"))
    assert "track 4 of the file has no notes" in str(problem)
    assert "tracks with notes are 1" in str(problem)


def test_notes_held_a_little_too_long_are_one_voice(load: Load, tmp_path: Path) -> None:
    write_midi(tmp_path / "legato.mid", [(0, 500, 60), (480, 1000, 62), (960, 1440, 64)])
    (melody,) = load(town("{midi: legato.mid}")).tracks["town"].melody or ()
    assert line(melody.tune.notes) == [(0, 4, 60), (4, 4, 62), (8, 4, 64)]


def test_sections_that_have_melodies_are_the_form_where_none_is_said(load: Load) -> None:
    from chipassets.manifest import settings_of

    bar = "C5 - - - - - - - - - - - - - - -"
    manifest = load(town(f'{{A: "{bar}", B: "{bar} E5 - -"}}'))
    settings = settings_of(manifest, "town")
    assert settings.bars == 3
    assert [(part.name, part.bars) for part in settings.form or ()] == [("A", 1), ("B", 2)]


PICKED = "M:4/4\nL:1/4\nK:G\nD|G A B c|d c B"


def picked(load: Load, melody: str, more: str = "") -> tuple[int, list[int], list[int]]:
    (found,) = load(town(melody, more)).tracks["town"].melody or ()
    steps = found.pickup.steps if found.pickup else 0
    before = [note.pitch for note in found.pickup.notes] if found.pickup else []
    assert found.tune.notes[0].start_step == 0
    return steps, before, [note.pitch for note in found.tune.notes]


def test_a_short_first_bar_is_a_pickup(load: Load, tmp_path: Path) -> None:
    (tmp_path / "tune.abc").write_text(PICKED)
    tune = (4, [62], [67, 69, 71, 72, 74, 72, 71])
    assert picked(load, "{abc: tune.abc}") == tune
    # Notation programs write it as a bar of its own metre, sequencers behind a rest.
    notes = [
        (480 * at, 480 * (at + 1), pitch)
        for at, pitch in enumerate((62, 67, 69, 71, 72, 74, 72, 71))
    ]
    write_midi(tmp_path / "bars.mid", notes, metres=[(0, 1, 4), (480, 4, 4)])
    assert picked(load, "{midi: bars.mid}") == tune
    late = [(start + 1440, end + 1440, pitch) for start, end, pitch in notes]
    write_midi(tmp_path / "late.mid", late)
    assert picked(load, "{midi: late.mid, pickup: 4}") == tune
    write_midi(tmp_path / "plain.mid", notes)
    assert picked(load, "{midi: plain.mid, pickup: 4}") == tune
    assert picked(load, '{notes: "D4 - - - G4 - - - A4 - - -", pickup: 4}') == (4, [62], [67, 69])


def test_a_whole_first_bar_or_a_fragment_is_no_pickup(load: Load, tmp_path: Path) -> None:
    (tmp_path / "tune.abc").write_text(PICKED)
    assert picked(load, "{abc: tune.abc, pickup: 0}")[0] == 0
    assert read_abc("K:C\nM:4/4\nL:1/4\nC D E F|G4|").pickup_steps == 0
    assert read_abc("K:C\nM:4/4\nL:1/4\nC D|").pickup_steps == 0
    assert read_abc("K:C\nM:6/8\nL:1/8\nG|:c3 e3:|").pickup_steps == 2


@pytest.mark.parametrize(
    ("melody", "more", "says"),
    [
        ("{midi: late.mid, pickup: 2}", "", "write pickup: 4"),
        ("{abc: tune.abc}", "    pickup: D4 -\n", "write pickup: 0 here"),
        ("{abc: tune.abc, pickup: 24}", "", "a pickup in 16ths is a whole number from 0 to 23"),
        ("{abc: tune.abc, pickup: 16}", "", "its pickup has 16 16ths, and a bar 16"),
        ('{notes: "C4 - -", pickup: 4}', "", "all notes of the melody are in its pickup"),
        (
            '{A: {abc: tune.abc}, B: {notes: "G4 - - - G4 - - - G4 - - - G4 -"}}',
            "    form: A:2 B:1\n",
            "and the melody of B both settle the end of B",
        ),
        (
            '{notes: "C4 - - - D4 - - - E4 - - - F4 - G4 -"}',
            "    form: A:1\n    pickup: D4 -\n",
            "end that melody 2 steps before its last bar does, or give A a bar more",
        ),
    ],
)
def test_a_pickup_that_cannot_be_played_is_refused(
    refuse: Refuse, tmp_path: Path, melody: str, more: str, says: str
) -> None:
    (tmp_path / "tune.abc").write_text(PICKED)
    write_midi(tmp_path / "late.mid", [(1440, 1920, 62), (1920, 2400, 67)])
    problems = refuse(town(melody, more))
    assert any(says in f"{problem.why}; {problem.fix}" for problem in problems)


def test_a_melody_longer_than_what_returns_with_it_is_refused(refuse: Refuse) -> None:
    tune = '{notes: "C4 - - - D4 - - - E4 - - - F4 - - - G4"}'
    (problem,) = refuse(town(tune, "    form: A:2 B A':1\n"))
    assert "section A', which plays it too, has 1 bar" in problem.why
    assert "write form: with A':2" in problem.fix


def test_a_note_held_into_the_pickup_gives_way_to_it(load: Load) -> None:
    tune = '{notes: "C4 - - - D4 - - - E4 - - - - - - -"}'
    track = load(town(tune, "    form: A:1\n    pickup: D4 -\n")).tracks["town"]
    assert track.pickup is not None


def test_triplets_in_a_file_are_refused_with_bar_and_beat(refuse: Refuse, tmp_path: Path) -> None:
    plain = [(480 * at, 480 * (at + 1), 60 + at) for at in range(5)]
    triplets = [(2400 + 160 * at, 2400 + 160 * (at + 1), 67 - at) for at in range(3)]
    write_midi(tmp_path / "tune.mid", [*plain, *triplets])
    (problem,) = refuse(town("{midi: tune.mid}"))
    assert "2 notes are triplets, first in bar 2 on beat 2" in problem.why


def test_swung_eighths_are_read_straight_where_the_track_swings(
    load: Load, refuse: Refuse, tmp_path: Path
) -> None:
    swung = [
        pair
        for beat in range(4)
        for pair in (
            (480 * beat, 480 * beat + 320, 60 + beat),
            (480 * beat + 320, 480 * beat + 480, 67),
        )
    ]
    write_midi(tmp_path / "tune.mid", swung)
    (problem,) = refuse(town("{midi: tune.mid}"))
    assert "write swing: 66%" in problem.fix
    (melody,) = load(town("{midi: tune.mid}", "    swing: 66%\n")).tracks["town"].melody or ()
    assert [note.start_step for note in melody.tune.notes] == list(range(0, 16, 2))
    assert {note.duration_steps for note in melody.tune.notes} == {2}


def test_a_motif_may_be_abc_in_its_own_key(load: Load, tmp_path: Path) -> None:
    tune = "M:3/4\\nL:1/8\\nK:G\\nG2 B2 d2 | c3 B A2 |"
    (tmp_path / "hero.abc").write_text("M:3/4\nL:1/8\nK:G\nG2 B2 d2 | c3 B A2 |\n")
    for said in (f'"{tune}"', f'{{abc: "{tune}"}}', "{abc: hero.abc}"):
        manifest = load(f"game: A\nmotifs: {{hero: {said}}}\ntracks: {{title: {{motif: hero}}}}\n")
        hero = manifest.motifs["hero"]
        assert hero.key == Key(7, "major")
        assert [(n.start_step, n.duration_steps, n.pitch) for n in hero.primer.notes] == [
            (0, 4, 67), (4, 4, 71), (8, 4, 74), (12, 6, 72), (18, 2, 71), (20, 4, 69),
        ]  # fmt: skip
    said = f'{{key: E minor, abc: "{tune}"}}'
    other = load(f"game: A\nmotifs: {{hero: {said}}}\ntracks: {{title: {{motif: hero}}}}\n")
    assert other.motifs["hero"].key == Key(4, "minor")


def test_a_track_below_a_lead_voice_names_those_of_the_file_that_are_not(
    refuse: Refuse, tmp_path: Path
) -> None:
    """Who takes the bass for the tune is shown the tune, not told to transpose the bass."""
    tracks = []
    for name, base in (("strings", 36), ("flute", 67)):
        notes = [(480 * at, base + step) for at, step in enumerate((0, 4, 7))]
        events = [event for at, pitch in notes for event in
                  ((at, note_on(0, pitch, 90)), (at + 480, note_off(0, pitch)))]  # fmt: skip
        tracks.append(([(0, track_name(name)), *events], 1920))
    conductor = ([(0, track_name(""))], 1920)
    (tmp_path / "two.mid").write_bytes(midi_file([conductor, *tracks], 480))
    (problem,) = refuse(town("{A: {midi: two.mid, track: 2}}"))
    assert "it lies from C2 to G2" in problem.why
    assert problem.fix.startswith("name another track if this is not the tune: 3 (flute, G4 to D5)")
    assert problem.fix.endswith("or write it like {..., transpose: 24}")


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ("tune.abc", "{abc: tune.abc}"),
        ("{A: songs/verse.MID}", "{midi: songs/verse.MID}"),
        ("{notes: tune.midi}", "{midi: tune.midi}"),
    ],
)
def test_a_file_where_notes_belong_is_named_as_one(refuse: Refuse, said: str, wanted: str) -> None:
    (problem,) = refuse(town(said))
    assert problem.why == "it is the name of a file, and notes are text"
    assert problem.fix == f"write {wanted}"


def test_a_word_in_place_of_numbers_is_told_what_the_numbers_are(refuse: Refuse) -> None:
    (problem,) = refuse("game: T\ntracks:\n  town: {register: low}\n")
    assert "two numbers" in problem.why
    assert problem.fix.startswith("write it like 55-67 (MIDI pitches: 60 is the C in the middle")
    (problem,) = refuse("game: T\ntracks:\n  town: {density: sparse}\n")
    assert problem.fix.startswith("write it like 1-2.5 (notes per beat")


def test_refused_notes_are_spelled_in_the_key_of_their_tune(refuse: Refuse) -> None:
    low = town('{abc: "K:Eb\\nM:4/4\\nL:1/4\\nE,, A,, B,, E,"}')
    (problem,) = refuse(low)
    assert "it lies from Eb2 to Eb3" in problem.why
    motifs = 'game: T\nmotifs: {flat: {notes: "Ab4 Bb4 C5 -", key: Ab major}}\n'
    (problem,) = refuse(f"{motifs}tracks:\n  town: {{motif: {{flat: diminished}}}}\n")
    assert "its note Ab4 at step 1 would begin or end between two 16ths" in problem.why
