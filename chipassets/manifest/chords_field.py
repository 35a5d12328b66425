"""The chords of a manifest: bars between bar lines, for the track or by section."""

from __future__ import annotations

import re
from typing import Annotated, Any

from chipassets.manifest.reads import Context, Reads
from chipassets.manifest.refusal import Fault, Refusal, refuse
from chipassets.music.chords import EXAMPLES, parse_chord
from chipassets.music.keys import UNICODE_ACCIDENTALS, Key
from chipassets.plan.trackplan import Progression

_MAX_BARS = 512
_MAX_IN_BAR = 4
_AGAIN = "%"
SECTION = re.compile(r"[A-Z]'{0,3}|intro|outro")
_ANY_KEY = Key(0, "major")
_EXAMPLE = 'write them like "Dm | Bb | F C | A7" or "i | VI | III VII | V7"'


def read_chords(value: Any, _: Context) -> tuple[Progression, ...]:
    """Return the progressions of a text, or of a mapping of sections to texts.

    Refusal, with the offset of the chord, for anything else.
    """
    if isinstance(value, str):
        return (Progression("", _bars(value, ())),)
    if not isinstance(value, dict) or not value:
        raise refuse("chords are a line of bars, or one for each section", _EXAMPLE)
    found: list[Progression] = []
    faults: list[Fault] = []
    for section, text in value.items():
        try:
            found.append(_of_section(section, text))
        except Refusal as refusal:
            faults += refusal.faults
    if faults:
        raise Refusal(*faults)
    return tuple(found)


def _of_section(section: str, text: Any) -> Progression:
    """Return the progression of a section; Refusal for anything but a line of bars."""
    if not SECTION.fullmatch(section):
        raise Refusal(
            Fault(
                "chords belong to a section of the form",
                "write it like A: or B':",
                (section,),
                on_key=True,
            )
        )
    if not isinstance(text, str):
        raise Refusal(Fault("chords are a line of bars", _EXAMPLE, (section,)))
    return Progression(section, _bars(text, (section,)))


def _bars(text: str, at: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    """Return the chords of each bar of a line; Refusal with the offsets of all faults."""
    bars: list[tuple[str, ...]] = []
    faults: list[Fault] = []
    offset = 0
    for part in text.split("|"):
        bar, wrong = _bar(part, offset, at, bars)
        faults += wrong
        if bar or part.strip():
            bars.append(bar)
        elif offset > 0 and offset + len(part) < len(text):
            faults.append(
                Fault(
                    "a bar has no chord",
                    "write % to repeat the previous bar",
                    at,
                    offset,
                    found="two bar lines with nothing between",
                )
            )
        offset += len(part) + 1
    if not bars and not faults:
        faults = [Fault("chords are a line of bars", _EXAMPLE, at)]
    if len(bars) > _MAX_BARS:
        faults = [Fault(f"chords are at most {_MAX_BARS} bars", "shorten them", at)]
    if faults:
        raise Refusal(*faults)
    return tuple(bars)


def _bar(
    part: str, start: int, at: tuple[str, ...], before: list[tuple[str, ...]]
) -> tuple[tuple[str, ...], list[Fault]]:
    """Return the chords of one bar, and its faults; `%` repeats the last bar of `before`.

    Accidentals are # and b, however they were written.
    """
    words = [(match.group(), start + match.start()) for match in re.finditer(r"\S+", part)]
    if [word for word, _ in words] == [_AGAIN] and before:
        return before[-1], []
    faults = [fault for word, offset in words if (fault := _chord_fault(word, offset, at))]
    if len(words) > _MAX_IN_BAR:
        faults.append(
            Fault(
                f"a bar has at most {_MAX_IN_BAR} chords",
                "put a | between bars",
                at,
                words[_MAX_IN_BAR][1],
                found=f"{len(words)} chords in a bar",
            )
        )
    return tuple(word.translate(UNICODE_ACCIDENTALS) for word, _ in words), faults


def _chord_fault(word: str, offset: int, at: tuple[str, ...]) -> Fault | None:
    """Return the fault of a word that is no chord, with its offset; None for a chord."""
    try:
        parse_chord(word.translate(UNICODE_ACCIDENTALS), _ANY_KEY)
    except ValueError:
        found = f"'{word[:20]}'"
        return Fault("there is no such chord", f"write {EXAMPLES}", at, offset, found=found)
    return None


LINE_SCHEMA = {
    "type": "string",
    "pattern": r"[^\s|]",
    "examples": ["Dm | Bb | F C | A7", "i | VI | III VII | V7"],
    "description": "Bars between |, chords in a bar between blanks: names or Roman numerals.",
}

ChordsField = Annotated[
    tuple[Progression, ...],
    Reads(
        read_chords,
        {
            "anyOf": [
                LINE_SCHEMA,
                {
                    "type": "object",
                    "minProperties": 1,
                    "additionalProperties": LINE_SCHEMA,
                    "propertyNames": {"pattern": f"^({SECTION.pattern})$"},
                },
            ],
            "description": "The harmony, for the track (each section begins it anew, unless it is "
            "as long as the track) or by section. Default: drawn by mode and seed.",
        },
    ),
]
