"""The key of a tune: guessed right for tunes that everyone knows, at every pitch."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chipassets.manifest.primer_field import primer_from_notes
from chipassets.music.keyfit import guess_key, tune_key
from chipassets.music.keys import Key, parse_key, parse_pitch
from chipassets.music.notes import Note, Primer

# Openings of folk songs, carols and classical themes, all in the public domain: notes of two 8ths
# each unless a number of 8ths stands behind a colon. The keys are those in which they are notated.
KNOWN = {
    "Twinkle, twinkle": ("C", "C4 C4 G4 G4 A4 A4 G4:4 F4 F4 E4 E4 D4 D4 C4:4"),
    "Mary had a little lamb": ("C", "E4 D4 C4 D4 E4 E4 E4:4 D4 D4 D4:4 E4 G4 G4:4"),
    "Mary, one phrase": ("C", "E4 D4 C4 D4 E4 E4 E4:4"),
    "Ode to Joy": ("D", "F#4 F#4 G4 A4 A4 G4 F#4 E4 D4 D4 E4 F#4 F#4:3 E4:1 E4:4"),
    "Frere Jacques": ("F", "F4 G4 A4 F4 F4 G4 A4 F4 A4 Bb4 C5:4"),
    "London Bridge": ("G", "D5:3 E5:1 D5 C5 B4 C5 D5:4 A4 B4 C5:4 B4 C5 D5:4"),
    "Jingle Bells": ("G", "B4 B4 B4:4 B4 B4 B4:4 B4 D5 G4:3 A4:1 B4:8"),
    "Silent Night": ("C", "G4:3 A4:1 G4 E4:6 G4:3 A4:1 G4 E4:6 D5:4 D5 B4:6 C5:4 C5 G4:6"),
    "Amazing Grace": ("G", "D4 G4:4 B4:1 G4:1 B4:4 A4 G4:4 E4 D4:4 D4 G4:4 B4:1 G4:1 B4:4 A4 D5:6"),
    "Auld Lang Syne": ("F", "C4 F4:3 F4:1 F4 A4 G4:3 F4:1 G4 A4 F4:3 F4:1 A4 C5 D5:6"),
    "When the Saints": ("C", "C4 E4 F4 G4:10 C4 E4 F4 G4:10 C4 E4 F4 G4:4 E4:4 C4:4 E4:4 D4:8"),
    "Yankee Doodle": ("G", "G4 G4 A4 B4 G4 B4 A4 D4 G4 G4 A4 B4 G4:4 F#4:4"),
    "Row your boat": ("C", "C4:3 C4:3 C4 D4:1 E4:3 E4 D4:1 E4 F4:1 G4:6"),
    "Oh! Susanna": ("D", "D4:1 E4:1 F#4 A4 A4:3 B4:1 A4 F#4 D4:3 E4:1 F#4 F#4 E4 D4 E4:6"),
    "Londonderry Air": (
        "F",
        "E4:1 F4:1 G4:1 A4:4 G4:1 A4:1 D5:1 C5:1 A4:1 G4:1 F4:1 D4:4 F4:1 A4:1 Bb4:1 C5:4 D5:1 "
        "C5:1 A4:1 F4:1 A4:1 G4:6",
    ),
    "Mozart, symphony in G minor": (
        "G minor",
        "Eb5:1 D5:1 D5 Eb5:1 D5:1 D5 Eb5:1 D5:1 D5 Bb5:4 Bb5:1 A5:1 G5 G5:1 F5:1 Eb5 Eb5:1 D5:1 "
        "C5 C5",
    ),
    "For Elise": (
        "A minor",
        "E5:1 D#5:1 E5:1 D#5:1 E5:1 B4:1 D5:1 C5:1 A4:3 C4:1 E4:1 A4:1 B4:3 E4:1 G#4:1 B4:1 C5:3",
    ),
    "Greensleeves": (
        "A minor",
        "A4 C5:4 D5 E5:3 F5:1 E5 D5:4 B4 G4:3 A4:1 B4 C5:4 A4 A4:3 G#4:1 A4 B4:4 G#4 E4:4",
    ),
    "God rest you merry": ("E minor", "E4 E4 B4 B4 A4 G4 F#4 D4 E4 F#4 G4 A4 B4:6"),
    "Drunken Sailor": (
        "D dorian",
        "A4 A4:1 A4:1 A4 A4:1 A4:1 A4 D4 F4 A4 G4 G4:1 G4:1 G4 G4:1 G4:1 G4 C4 E4 G4 A4 A4:1 A4:1 "
        "A4 A4:1 A4:1 A4 B4 C5 D5 C5 A4 G4 E4 D4:4 D4:4",
    ),
    "Scarborough Fair": ("D dorian", "D4:4 D4 A4:4 A4 E4:3 F4:1 E4 D4:6 A4 C5 D5:4 C5 A4 "
        "B4 G4 A4:6"),
    "We three kings": ("E minor", "B4:4 A4 G4:4 E4 F#4 G4 F#4 E4:6"),
    "Korobeiniki": (
        "A minor",
        "E5 B4:1 C5:1 D5 C5:1 B4:1 A4 A4:1 C5:1 E5 D5:1 C5:1 B4:3 C5:1 D5 E5 C5 A4 A4:4",
    ),
    "Brahms, lullaby": ("F", "A4:1 A4:1 C5:4 A4:1 A4:1 C5:4 A4:1 C5:1 F5 E5:3 D5:1 D5 C5:4"),
    "Grieg, Hall of the Mountain King": (
        "B minor",
        "B3:1 C#4:1 D4:1 E4:1 F#4:1 D4:1 F#4 F4:1 C#4:1 F4 E4:1 C4:1 E4 B3:1 C#4:1 D4:1 E4:1 "
        "F#4:1 D4:1 F#4:1 B4:1 A4:1 F#4:1 D4:1 F#4:1 A4:4",
    ),
    "Grieg, Morning Mood": (
        "E",
        "B4 G#4 F#4 E4 F#4 G#4 B4 G#4 F#4 E4 F#4:1 G#4:1 F#4:1 G#4:1 B4 G#4 B4 C#5 G#4 C#5 B4 G#4 "
        "F#4 E4:6",
    ),
    "Dvorak, Largo": ("Db", "F4:3 Ab4:1 Ab4:4 F4:3 Eb4:1 Db4:4 Eb4 F4 Ab4:3 F4:1 Eb4:8"),
    "Tchaikovsky, Swan Lake": (
        "B minor",
        "F#5:4 B4:1 C#5:1 D5:1 E5:1 F#5:3 D5:1 F#5:3 D5:1 F#5:3 B4:1 D5:1 B4:1 G4:1 D5:1 B4:4",
    ),
    "Strauss, Blue Danube": ("D", "D4 D4 F#4 A4 A4:4 A5 A5:4 F#5 F#5:4 D4 D4 F#4 A4 A4:4"),
    "Petzold, minuet": (
        "G", "D5 G4:1 A4:1 B4:1 C5:1 D5 G4 G4 E5 C5:1 D5:1 E5:1 F#5:1 G5 G4 G4"
    ),
    "Bach, toccata": ("D minor", "A4:1 G4:1 A4:6 G4:1 F4:1 E4:1 D4:1 C#4 D4:4"),
    "Pachelbel, canon": ("D", "F#5:4 E5:4 D5:4 C#5:4 B4:4 A4:4 B4:4 C#5:4"),
    "Vivaldi, Spring": (
        "E", "E5 G#5 G#5 G#5 F#5:1 E5:1 B5:5 B5:1 A5:1 G#5 G#5 G#5 F#5:1 E5:1 B5:5"
    ),
    "Mozart, serenade": (
        "G",
        "G5:3 D5:1 G5:3 D5:1 G5:1 D5:1 G5:1 B5:1 D6:4 C6:3 A5:1 C6:3 A5:1 C6:1 A5:1 F#5:1 "
        "A5:1 D5:4",
    ),
    "Rossini, William Tell": ("E", "B4:1 B4:1 B4 B4:1 B4:1 B4 B4:1 B4:1 E5 F#5 G#5"),
    "O Tannenbaum": ("F", "C4 F4:3 F4:1 F4:4 G4 A4:3 A4:1 A4:4 A4 G4 A4 Bb4:4 E4:4 G4:4 F4:4"),
    "Deck the halls": ("F", "C5:3 Bb4:1 A4 G4 F4 G4 A4 F4 G4:1 A4:1 Bb4:1 G4:1 A4:3 G4:1 "
        "F4 E4 F4:4"),
    "Joy to the world": ("D", "D5:4 C#5:3 B4:1 A4:6 G4 F#4:4 E4:4 D4:6"),
    "Home on the range": ("G", "D4 D4 G4 A4 B4:4 G4:1 F#4:1 E4 C5 C5 C5:6"),
    "Camptown Races": ("D", "A4 A4 F#4 A4 B4 A4 F#4:4 F#4 E4:6 F#4 E4:6"),
    "Old MacDonald": ("G", "G4 G4 G4 D4 E4 E4 D4:4 B4 B4 A4 A4 G4:4"),
    "Aura Lee": ("G", "D4 G4 F#4 G4 A4 E4 A4:4 G4 F#4 E4 F#4 G4:8"),
    "House of the rising sun": ("A minor", "E4 A4:4 B4 C5 E5:4 D5 A4:6"),
    "Smetana, Moldau": ("E minor", "B3 E4:4 F#4 G4:4 A4 B4:4 B4 B4:4 B4 C5:6 C5:6 B4:6"),
    "Chopin, funeral march": (
        "Bb minor", "Bb3:4 Bb3:3 Bb3:1 Bb3:4 Db4:3 C4:1 C4:3 Bb3:1 Bb3:3 A3:1 Bb3:4"
    ),
    "Ash Grove": ("G", "D4 G4:2 B4 D5 B4:1 A4:1 G4 G4 A4 C5:1 B4:1 A4 G4 F#4 D4 D4"),
    "Shenandoah": ("D", "A3 D4 D4 D4 E4:1 F#4:1 G4 B4:2 A4:4 D5 C#5 B4 A4 B4 A4 F#4 A4:4"),
    "Old Joe Clark": (
        "A mixolydian", "E5 F#5 G5 F#5 E5 D5 C#5:4 E5 F#5 G5 F#5 E5:8 E5 F#5 G5 F#5 E5 D5 "
        "C#5 A4 B4 C#5 B4 A4:4 A4:4"
    ),
    "Beethoven, minuet in G": ("G", "D5:3 B4:1 D5:1 B4:1 C5 C5:4 E5:3 C5:1 E5:1 C5:1 B4 B4:4"),
    "Haydn, Emperor": ("G", "G4:3 A4:1 B4 A4 C5 B4 A4:1 F#4:1 G4 E5 D5 C5 B4 A4 B4:1 G4:1 D5:4"),
    "Red River Valley": ("F", "C4 F4 A4:4 A4:1 G4:1 F4 G4:2 F4 D4 F4:6"),
    "Coventry carol": ("G minor", "G4 G4 F#4 G4:4 Bb4 A4:4 G4 F#4:6 G4 A4 Bb4 C5:4 A4 G4:6"),
}  # fmt: skip


def the_tune(text: str) -> Primer:
    notes, step = [], 0
    for token in text.split():
        name, _, eighths = token.partition(":")
        steps = 2 * int(eighths or 2)
        notes.append(Note(step, steps, parse_pitch(name)))
        step += steps
    return Primer(tuple(notes), step)


def the_key(name: str) -> Key:
    return parse_key(name if " " in name else f"{name} major")


HELD_OUT = {
    "Baa baa black sheep": ("C", "C4 C4 G4 G4 A4:1 B4:1 C5:1 A4:1 G4:4 F4 F4 E4 E4 D4 D4 C4:4"),
    "Itsy bitsy spider": ("F", "C4 F4 F4:1 F4 G4:1 A4:3 A4 A4:1 G4 F4:1 G4 A4:1 F4:6"),
    "Hot cross buns": ("G", "B4:4 A4:4 G4:8 B4:4 A4:4 G4:8 G4 G4 G4 G4 A4 A4 A4 A4 B4:4 A4:4 G4:8"),
    "My Bonnie": ("G", "D4 B4:3 A4:1 G4 A4 G4 E4 D4 B3:6 D4 B4:3 A4:1 G4 G4 F#4 G4 A4:8"),
    "Clementine": ("F", "F4:1 F4:1 F4 C4 A4:1 A4:1 A4 F4 F4:1 A4:1 C5:3 C5:1 Bb4:1 A4:1 G4:4"),
    "Happy farmer": ("F", "C4 F4 A4 C5 F5 C5 A4 Bb4 D5 C5:4 A4:4"),
    "Good King Wenceslas": ("G", "G4 G4 G4 A4 G4 G4 D4:4 E4 D4 E4 F#4 G4:4 G4:4"),
    "La Marseillaise": (
        "G",
        "D4:1 D4:1 D4:1 G4 G4 A4 A4 D5:3 B4:1 G4:1 G4:1 B4:1 G4:1 E4 C5:4 A4:1 F#4:1 G4:4",
    ),
    "Sakura": ("A minor", "A4:4 A4:4 B4:8 A4:4 A4:4 B4:8 A4:4 B4:4 C5:4 B4:4 A4:4 B4 A4 F4:8"),
    "Loch Lomond": ("F", "C4 C4 F4:3 G4:1 A4 G4 F4 D4 C4:3 D4:1 F4 A4 C5:6"),
    "Surprise symphony": ("C", "C4 C4 E4 E4 G4 G4 E4:4 F4 F4 D4 D4 B3 B3 G3:4"),
    "Can-can": (
        "D",
        "D4:4 E4:1 G4:1 F#4:1 E4:1 A4 A4 A4:1 B4:1 F#4:1 G4:1 E4 E4 E4:1 G4:1 F#4:1 E4:1 "
        "D4 D5 C#5:1 B4:1",
    ),
}
"""Tunes to which nothing was fitted, guessed as well as those that something was."""

# Tunes whose key these openings leave open: the guess is wrong, and is said to be doubtful.
OPEN = ("Mozart, symphony in G minor", "Brahms, lullaby", "Pachelbel, canon")


def test_there_are_forty_tunes_and_more() -> None:
    assert len(KNOWN) - len(OPEN) >= 40


@pytest.mark.parametrize("name", [name for name in KNOWN if name not in OPEN])
def test_the_key_of_a_known_tune_is_heard_wherever_it_stands(name: str) -> None:
    key, text = KNOWN[name]
    tune, wanted = the_tune(text), the_key(key)
    for up in range(-5, 7):
        moved = Primer(tuple(replace(n, pitch=n.pitch + up) for n in tune.notes), tune.steps)
        assert tune_key(moved) == Key((wanted.tonic + up) % 12, wanted.mode)


@pytest.mark.parametrize("name", OPEN)
def test_a_guess_that_is_wrong_is_doubtful(name: str) -> None:
    key, text = KNOWN[name]
    guess = guess_key(the_tune(text))
    assert guess.key != the_key(key)
    assert guess.rival is not None


@pytest.mark.parametrize(
    "text",
    ["C5 - E5 - G5 - - - A5 - G5 - E5 - - -", "C5 - E5 - G5 - - - E5 - - -"],
)
def test_a_tune_that_ends_on_its_third_is_no_minor_tune(text: str) -> None:
    assert guess_key(primer_from_notes(text)).key == Key(0, "major")
    assert guess_key(primer_from_notes(text)).rival is None


# Three tones of five, and a scale without a tonic triad: both are said to be doubtful.
OPEN_HELD_OUT = ("Hot cross buns", "Sakura")


@pytest.mark.parametrize("name", HELD_OUT)
def test_the_key_of_a_tune_that_nobody_fitted_is_heard_or_doubted(name: str) -> None:
    key, text = HELD_OUT[name]
    guess, wanted = guess_key(the_tune(text)), the_key(key)
    if name in OPEN_HELD_OUT:
        assert guess.rival == wanted
    else:
        assert guess.key == wanted
