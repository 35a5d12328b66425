"""Tunes in ABC notation: one voice, read onto the grid of 16ths, with key and metre.

Read are the fields M, L and K, notes with accidentals, octaves and lengths, rests, ties, dotted
pairs, bar lines, and repeats with their endings. Ignored are marks for the eye or the player:
titles, slurs, grace notes, chord symbols, decorations. Chords, tuplets and a second voice are
refused. Source: the ABC music standard 2.1.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from fractions import Fraction

from chipassets.manifest.refusal import Fault, Refusal
from chipassets.music.keys import Key, parse_key
from chipassets.music.notes import Note, Primer
from chipassets.units import OCTAVE, WHOLE_NOTE_STEPS

MAX_CHARACTERS = 20_000
ABC_SUFFIX = ".abc"
_MOST_STEPS = 8192
_FIELD = re.compile(r"\s*([A-Za-z]):(?![:|])(.*)")
_FRACTION = re.compile(r"[0-9]{1,3}(?:\s*/\s*[0-9]{1,3})?")
_INLINE = re.compile(r"\[([A-Za-z]):([^\]]*)\]")
_SKIPPED = re.compile(r'\s+|"[^"]*"|![^!\n]*!|\+[a-z]+\+|\{[^}]*\}|[().~HLMOPSTuvy`\\]|%[^\n]*')
_NOTE = re.compile(r"(\^\^|\^|__|_|=)?([A-Ga-g])([,']*)([0-9]*(?:/+[0-9]*)?)")
_REST = re.compile(r"([zxZ])([0-9]*(?:/+[0-9]*)?)")
_MOST_DIGITS = 4
_BAR = re.compile(r":+\|[|\]]*:*|\|+[\]:]*|\[\||::")
_ENDING = re.compile(r"\[?([1-9])(?![0-9/])")
_STEPS_OF = dict(zip("CDEFGAB", (0, 2, 4, 5, 7, 9, 11), strict=True))
_SIGNS = {"^^": 2, "^": 1, "=": 0, "_": -1, "__": -2}
_SHARPS = "FCGDAEB"
_MODES = {
    "": "major", "maj": "major", "ion": "major", "m": "minor", "min": "minor", "aeo": "minor",
    "mix": "mixolydian", "dor": "dorian", "phr": "phrygian", "lyd": "lydian", "loc": "locrian",
}  # fmt: skip
_FIFTHS_BELOW_MAJOR = {
    "major": 0, "mixolydian": 1, "dorian": 2, "minor": 3, "phrygian": 4, "locrian": 5, "lydian": -1,
}  # fmt: skip
_KEY_FIELD = re.compile(r"\s*([A-G])([#b]?)\s*([A-Za-z]*)")
_FIFTHS = {name: place - 1 for place, name in enumerate("FCGDAEB")}


@dataclass(frozen=True, slots=True)
class AbcTune:
    """A tune of one voice: its notes, and the key and metre (`"6/8"`) from its fields.

    pickup_steps: how many of its steps come before the first whole bar. is_swung: whether its 8ths
    were played in the swing of triplets, and are written straight here. others: other tracks of its
    file that a lead voice can play, in words.
    """

    tune: Primer
    key: Key | None
    metre: str | None
    pickup_steps: int = 0
    is_swung: bool = False
    others: tuple[str, ...] = ()


def is_abc(text: str) -> bool:
    """Return whether a text begins with an ABC field such as `X:1` or `K:G`."""
    return bool(re.match(r"\s*(%[^\n]*\n\s*)*[A-Za-z]:", text))


def read_abc(text: str) -> AbcTune:
    """Return the tune of an ABC text; Refusal, with the offset, if it has not exactly one voice."""
    if len(text) > MAX_CHARACTERS:
        raise _refused(0, f"the tune has more than {MAX_CHARACTERS:,} characters", "shorten it")
    reader = _Reader(text)
    reader.read()
    if not reader.notes:
        raise _refused(0, "a tune holds at least one note", "write notes behind K:, like G2 A2 B4")
    tune = Primer(tuple(reader.notes), reader.step)
    return AbcTune(tune, reader.key, reader.metre, reader.pickup_steps)


def _refused(at: int, why: str, fix: str, found: str | None = None) -> Refusal:
    return Refusal(Fault(why, fix, offset=at, found=found))


@dataclass
class _Reader:
    """Reads a tune from the first character to the last; repeats are written out."""

    text: str
    notes: list[Note] = field(default_factory=list)
    step: int = 0
    key: Key | None = None
    metre: str | None = None
    _unit: Fraction | None = None
    _signature: dict[str, int] = field(default_factory=dict)
    _in_bar: dict[str, int] = field(default_factory=dict)
    _owed: Fraction | None = None
    _dotted_at: int = 0
    _tied: bool = False
    _last_place: tuple[str, int] | None = None
    _last_altered: int = 0
    _last_steps: int = 0
    _repeat_from: tuple[int, int] = (0, 0)
    _ending_from: tuple[int, int] | None = None
    _first_bar: int = 0

    @property
    def pickup_steps(self) -> int:
        """The steps before the first bar line, if they are less than a bar and more follows."""
        # Without M: the metre is free, and no bar is short.
        bar = 0 if self.metre in (None, "none") else Fraction(self.metre) * WHOLE_NOTE_STEPS
        return self._first_bar if self._first_bar < min(bar, self.step) else 0

    def read(self) -> None:
        """Read the whole text: fields, and lines of music."""
        at = 0
        while at < len(self.text):
            line_end = self.text.find("\n", at)
            line_end = len(self.text) if line_end < 0 else line_end
            found = _FIELD.fullmatch(self.text[at:line_end])
            if found and found[1] not in "sw":
                self._field(found[1], found[2].partition("%")[0].strip(), at)
            elif not found:
                self._line(at, line_end)
            at = line_end + 1
        if self._owed is not None:
            raise self._dots_nothing(self._dotted_at)

    def _field(self, name: str, value: str, at: int) -> None:
        """Apply a field at offset `at`; Refusal for one that a melody cannot have."""
        if name == "L":
            self._unit = self._fraction(value, at, "a unit length", "L:1/8")
        elif name == "M":
            metre = {"C": "4/4", "C|": "2/2"}.get(value, value.replace(" ", ""))
            if metre != "none":
                self._fraction(metre, at, "a metre", "M:4/4")
            if self.notes and metre != (self.metre or metre):
                why = f"the metre changes from {self.metre}, and a track has one"
                raise _refused(at, why, "write the tune in one metre", f"M:{value[:20]}")
            self.metre = metre
        elif name == "K":
            self._key(value, at)
        elif name == "V" and self.notes:
            raise _refused(at, "a melody has one voice", "keep the voice that is the tune", "V:")
        elif name == "X" and self.notes:
            raise _refused(
                at, "a second tune begins", "keep one tune of the file", f"X:{value[:20]}"
            )

    def _fraction(self, value: str, at: int, what: str, like: str) -> Fraction:
        """Return a fraction like 1/8; Refusal, which calls it `what`, for other text."""
        found = Fraction(0)
        above, _, below = value.partition("/")
        if _FRACTION.fullmatch(value) and int(below or 1):
            found = Fraction(int(above), int(below or 1))
        if not 0 < found <= 4:
            raise _refused(at, f"it is no {what[2:]}", f"write it like {like}")
        return found

    def _key(self, value: str, at: int) -> None:
        """Set the accidentals of a key; the first key is the tune's."""
        found = _KEY_FIELD.match(value)
        word = found[3].lower() if found else "?"
        mode = _MODES.get(word if word in ("", "m") else word[:3])
        if value.lower() in ("none", ""):
            self._signature = {}
            return
        if not found or mode is None:
            raise _refused(at, "it is no key", "write it like K:G, K:Am or K:Ddor", value[:20])
        # A change of key within the tune changes its accidentals; the tune's key is the first.
        self.key = self.key or parse_key(f"{found[1]}{found[2]} {mode}")
        fifths = _FIFTHS[found[1]] + 7 * {"#": 1, "b": -1, "": 0}[found[2]]
        fifths -= _FIFTHS_BELOW_MAJOR[mode]
        raised = _SHARPS[: max(0, fifths)]
        lowered = _SHARPS[::-1][: max(0, -fifths)]
        self._signature = dict.fromkeys(raised, 1) | dict.fromkeys(lowered, -1)

    def _line(self, at: int, end: int) -> None:
        """Read a line of music between two offsets, symbol by symbol."""
        while at < end:
            for pattern, take in (
                (_INLINE, self._take_inline),
                (_BAR, self._take_bar),
                (_ENDING, self._take_ending),
                (_SKIPPED, None),
                (_NOTE, self._take_note),
                (_REST, self._take_rest),
            ):
                found = pattern.match(self.text, at, end)
                if found and found.end() > at:
                    if take is not None:
                        take(found, at)
                    elif found[0] == "(" and found.end() < end and self.text[at + 1].isdigit():
                        why = "a tuplet lies between the 16ths"
                        raise _refused(at, why, "write it in 16ths, 8ths or longer notes",
                                       f"'{self.text[at : at + 2]}'")  # fmt: skip
                    at = found.end()
                    break
            else:
                at = self._sign(at)

    def _sign(self, at: int) -> int:
        """Read a tie or dots at an offset; return the offset after it. Refusal for other signs."""
        sign = self.text[at]
        if sign == "-":
            self._tied = bool(self.notes)
            return at + 1
        if sign in "<>":
            count = len(self.text[at:]) - len(self.text[at:].lstrip(sign))
            self._dotted(at, sign, min(count, _MOST_DIGITS))
            return at + count
        if sign in "[&":
            why = "notes at once are a chord, and a melody is one voice"
            raise _refused(at, why, "keep its highest note", f"'{self.text[at : at + 8]}'")
        raise _refused(at, "it stands for nothing in ABC", "delete it", f"'{sign}'")

    def _take_inline(self, found: re.Match[str], at: int) -> None:
        """Read a field within the notes, such as [K:G]."""
        self._field(found[1], found[2].strip(), at)

    def _dotted(self, at: int, sign: str, count: int) -> None:
        """Lengthen or shorten the note before a `>` or `<`, and the next note the opposite way.

        One sign moves half of the note's length, two signs three quarters, three seven eighths.
        """
        if self._owed is not None or not self.notes or self.notes[-1].end_step != self.step:
            raise self._dots_nothing(at)
        short = Fraction(1, 2**count)
        factor = 2 - short if sign == ">" else short
        steps = self._last_steps * factor
        if steps.denominator != 1:
            raise self._off_grid(at)
        last = self.notes[-1]
        longer = int(steps) - self._last_steps
        self.notes[-1] = replace(last, duration_steps=last.duration_steps + longer)
        self.step = self.notes[-1].end_step
        self._owed, self._dotted_at = 2 - factor, at

    def _dots_nothing(self, at: int) -> Refusal:
        sign = self.text[at]
        return _refused(at, "it has no note to dot", "write it between two notes", f"'{sign}'")

    def _steps(self, length: str, at: int) -> int:
        """Return a note length like 2, 3/2 or /2 in 16ths; Refusal if it is off the grid."""
        amount = Fraction(1)
        if length:
            above, slash, below = length.partition("/")
            halves = len(slash + below) - len((slash + below).lstrip("/"))
            digits = below.lstrip("/")
            if max(len(above), len(digits)) > _MOST_DIGITS or (digits and not int(digits)):
                why = "the length is out of range"
                raise _refused(at, why, "write a length like 2, 3/2 or /2", f"'{length[:20]}'")
            amount = Fraction(int(above or 1))
            if halves:
                amount /= int(digits) if digits else 2**halves
        default = Fraction(1, 8)
        if self._unit is None and self.metre not in (None, "none"):
            default = Fraction(1, 8) if Fraction(self.metre) >= Fraction(3, 4) else Fraction(1, 16)
        steps = amount * (self._unit or default) * WHOLE_NOTE_STEPS * (self._owed or 1)
        self._owed = None
        if steps.denominator != 1 or steps < 1:
            raise self._off_grid(at)
        self._check_end(self.step + int(steps), at)
        return int(steps)

    def _check_end(self, step: int, at: int) -> None:
        if step > _MOST_STEPS:
            raise _refused(at, f"a tune has at most {_MOST_STEPS} steps", "shorten it")

    def _off_grid(self, at: int) -> Refusal:
        why = "the note begins or ends between two 16ths"
        return _refused(at, why, "write it in 16ths or longer", f"'{self.text[at : at + 6]}'")

    def _take_note(self, found: re.Match[str], at: int) -> None:
        """Add a note, with the accidentals that hold here; tied notes are joined."""
        sign, letter, marks, length = found.groups()
        octave = 5 + letter.islower() + marks.count("'") - marks.count(",")
        place = letter.upper(), octave
        if sign:  # an accidental holds in all octaves to the end of the bar
            self._in_bar[place[0]] = _SIGNS[sign]
        altered = self._in_bar.get(place[0], self._signature.get(place[0], 0))
        if self._tied and not sign and place == self._last_place:
            altered = self._last_altered  # an accidental holds through a tie over the bar line
        pitch = OCTAVE * octave + _STEPS_OF[place[0]] + altered
        if not 0 <= pitch <= 127:
            raise _refused(at, "the note is out of range", "write fewer , or '", f"'{found[0]}'")
        steps = self._steps(length, at)
        last = self.notes[-1] if self.notes else None
        if self._tied and last and last.pitch == pitch and last.end_step == self.step:
            self.notes[-1] = replace(last, duration_steps=last.duration_steps + steps)
        else:
            self.notes.append(Note(self.step, steps, pitch))
        self._tied = False
        self._last_place, self._last_altered, self._last_steps = place, altered, steps
        self.step += steps

    def _take_rest(self, found: re.Match[str], at: int) -> None:
        """Advance by a rest, or by whole bars of rest."""
        self._tied = False
        if found[1] == "Z":
            if self.metre == "none" or "/" in found[2] or len(found[2]) > _MOST_DIGITS:
                why = "a rest of whole bars needs their number, and a metre in M:"
                raise _refused(at, why, "write z and a length", f"'{found[0][:20]}'")
            steps = Fraction(self.metre or "4/4") * WHOLE_NOTE_STEPS * int(found[2] or 1)
            if steps.denominator != 1:
                raise self._off_grid(at)
            self._check_end(self.step + int(steps), at)
            self.step += int(steps)
            return
        self.step += self._steps(found[2], at)

    def _take_bar(self, found: re.Match[str], at: int) -> None:
        """Apply a bar line; at the end of a repeat, the repeated notes are added again."""
        self._in_bar.clear()
        self._first_bar = self._first_bar or self.step
        mark = found[0]
        ends, begins = mark.startswith(":"), mark.endswith(":")
        if ends:
            start, first = self._repeat_from
            until = self._ending_from or (self.step, len(self.notes))
            again = self.notes[first : until[1]]
            shift = self.step - start
            self.notes += [replace(n, start_step=n.start_step + shift) for n in again]
            self.step += until[0] - start
            self._check_end(self.step, at)
        if ends or begins:
            self._repeat_from = self.step, len(self.notes)
            self._ending_from = None

    def _take_ending(self, found: re.Match[str], at: int) -> None:
        """Note where a first ending begins, or refuse a third one."""
        if found[1] == "1":
            self._ending_from = self.step, len(self.notes)
        elif found[1] != "2":
            raise _refused(at, "a repeat has two endings", "write the third out", found[0])
