"""Reads FamiStudio's text and plays it, frame by frame, as FamiStudio's documentation describes.

What a line may hold, how a groove waits, how envelopes loop and are released: the parts of
FamiStudio that our text uses, written apart from the encoder.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

_ATTRIBUTE = re.compile(r'([^"=\s]+)="((?:""|[^"])+)"')
_NAMES = ["C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B"]
_VIBRATO_FRAMES = [0, 64, 32, 21, 16, 13, 11, 9, 8, 7, 6, 5, 4]
Line = dict[str, str]


@dataclass
class Envelope:
    values: list[int]
    loop: int
    release: int


@dataclass
class Pattern:
    rows: int
    note_length: int
    groove: list[int]


@dataclass
class Project:
    """What a text holds: instruments' envelopes, the song's patterns, and the notes by channel."""

    head: Line
    song: Line
    instruments: dict[str, dict[str, Envelope]] = field(default_factory=dict)
    mappings: list[Line] = field(default_factory=list)
    samples: dict[str, bytes] = field(default_factory=dict)
    patterns: list[Pattern] = field(default_factory=list)
    notes: dict[str, list[dict[int, Line]]] = field(default_factory=dict)


def read(text: str) -> Project:
    """Read the text; AssertionError for a line that FamiStudio would not understand."""
    found = Project({}, {})
    named: dict[str, dict[int, Line]] = {}
    channel = pattern = instrument = ""
    for number, raw in enumerate(text.splitlines()):
        kind, _, rest = raw.strip().partition(" ")
        said = {key: value.replace('""', '"') for key, value in _ATTRIBUTE.findall(rest)}
        assert not _ATTRIBUTE.sub("", rest).strip(), raw
        assert (kind == "Project") == (number == 0)
        if kind == "Project":
            found.head = said
        elif kind == "DPCMSample":
            found.samples[said["Name"]] = bytes.fromhex(said["Data"])
        elif kind == "Instrument":
            instrument = said["Name"]
            assert instrument not in found.instruments
            found.instruments[instrument] = {}
        elif kind == "DPCMMapping":
            found.mappings.append(said)
        elif kind == "Envelope":
            values = [int(value) for value in said["Values"].split(",")]
            assert len(values) == int(said["Length"]) <= 256
            assert all(-128 <= value <= 127 for value in values)
            loop, release = int(said.get("Loop", -1)), int(said.get("Release", -1))
            assert release < 0 or 0 <= loop < release < len(values)
            found.instruments[instrument][said["Type"]] = Envelope(values, loop, release)
        elif kind == "Song":
            found.song = said
            length, count = int(said["NoteLength"]), int(said["PatternLength"])
            assert length * count <= 2048 // length, "the reader refuses the song's tempo"
            valid_groove(said)
        elif kind == "PatternCustomSettings":
            assert int(said["Time"]) == len(found.patterns)
            groove = valid_groove(said)
            found.patterns.append(Pattern(int(said["Length"]), int(said["NoteLength"]), groove))
        elif kind == "Channel":
            channel, named = said["Type"], {}
            found.notes[channel] = [{} for _ in found.patterns]
        elif kind == "Pattern":
            pattern = said["Name"]
            assert pattern not in named
            named[pattern] = {}
        elif kind == "Note":
            assert int(said["Time"]) not in named[pattern]
            named[pattern][int(said["Time"])] = said
            assert said.get("Instrument", instrument) in found.instruments
        else:
            assert kind == "PatternInstance", raw
            found.notes[channel][int(said["Time"])] = named[said["Pattern"]]
    assert len(found.patterns) == int(found.song["Length"]) <= 256
    return found


def valid_groove(said: Line) -> list[int]:
    groove = [int(value) for value in said["Groove"].split("-")]
    assert min(groove) == int(said["NoteLength"])
    assert max(groove) <= 18
    assert len(groove) == 1 if min(groove) == max(groove) else len(groove) <= 8
    assert max(groove) - min(groove) <= 1
    assert said["GroovePaddingMode"] == "End"
    return groove


def ticks(project: Project) -> Iterator[tuple[int, int | None]]:
    """Yield, for every frame, the pattern and the place in it; None where a groove waits."""
    for number, pattern in enumerate(project.patterns):
        for row in range(pattern.rows):
            length = pattern.groove[row % len(pattern.groove)]
            for frame in range(length):
                place = row * pattern.note_length + frame
                yield number, place if frame < pattern.note_length else None


@dataclass
class Heard:
    """A channel in one frame: note counted from 1 at C0 with its arpeggio, bend, volume, duty."""

    note: int = 0
    bend: int = 0
    volume: int = 0
    duty: int = 0


def play(project: Project, channel: str) -> list[Heard]:
    """Play the song once and return every frame."""
    out: list[Heard] = []
    envelopes: dict[str, Envelope] = {}
    at: dict[str, int] = {}
    note, volume, stop, release, vibrato, since = 0, 15, -1, -1, 0, 0
    now = 0
    for pattern, place in ticks(project):
        if place is not None:
            said = project.notes[channel][pattern].get(place, {})
            if now == release and "Value" not in said:
                at["Volume"] = envelopes["Volume"].release
            if now == stop and "Value" not in said:
                note = 0
            if "VibratoDepth" in said:
                vibrato, since = int(said["VibratoDepth"]) and int(said["VibratoSpeed"]), 0
            if said.get("Value") == "Stop":
                note = 0
            elif "Value" in said:
                note = _NAMES.index(said["Value"][:-1]) + 12 * int(said["Value"][-1]) + 1
                envelopes = project.instruments[said["Instrument"]]
                at = dict.fromkeys(envelopes, 0)
                stop = now + int(said["Duration"])
                release = now + int(said["Release"]) if "Release" in said else -1
            volume = int(said.get("Volume", volume))
            now += 1
        values = {"Volume": 15, "Arpeggio": 0, "Pitch": 0, "DutyCycle": 0}
        for kind, envelope in envelopes.items():
            values[kind] = envelope.values[at[kind]]
            following = at[kind] + 1
            if envelope.release >= 0 and following == envelope.release:
                following = envelope.loop
            elif following >= len(envelope.values):
                loops = envelope.loop >= 0 and envelope.release < 0
                following = envelope.loop if loops else len(envelope.values) - 1
            at[kind] = following
        loud = round(volume / 15 * values["Volume"] / 15 * 15) if note else 0
        if note and volume and values["Volume"] and not loud:
            loud = 1
        bend = values["Pitch"]
        if vibrato:
            bend = 1_000 + since % _VIBRATO_FRAMES[vibrato]
            since += 1
        out.append(Heard(note + values["Arpeggio"], bend, loud, values["DutyCycle"]))
    return out
