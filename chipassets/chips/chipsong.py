"""The ChipSong: notes by chip voice, in frames, with the instruments that play them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from chipassets.chips.dmcbank import Clip, clips
from chipassets.chips.recording import Recording


@dataclass(frozen=True, slots=True)
class Macro:
    """The values of one parameter, one per frame.

    After the last value the macro continues at index `loop`; without a loop it holds the last
    value. When the note ends it continues at index `release`; without one the note is cut.
    """

    values: tuple[int, ...]
    loop: int | None = None
    release: int | None = None

    def at(self, frame: int) -> int:
        """Return the value `frame` frames after the note's start; the release is not entered."""
        end = len(self.values) if self.release is None else self.release
        if frame < end:
            return self.values[frame]
        if self.loop is None:
            return self.values[end - 1]
        return self.values[self.loop + (frame - self.loop) % (end - self.loop)]

    def released(self, frame: int) -> int | None:
        """Return the value `frame` frames after the note's end; None when it is silent."""
        if self.release is None or self.release + frame >= len(self.values):
            return None
        return self.values[self.release + frame]


@dataclass(frozen=True, slots=True)
class Instrument:
    """A sound as macros: volume 0..15, duty, arpeggio in semitones, pitch in timer units.

    `vibrato_delay_frames` None means no vibrato. `sample` names the clip, of the bank or of the
    song, that a chip with a sample channel plays together with the noise. `recording` is what the
    SNES plays instead of a source of its bank, and what such a clip of the song was made from.
    """

    name: str
    volume: Macro = Macro((15,))
    duty: Macro = Macro((2,))
    arpeggio: Macro = Macro((0,))
    pitch: Macro = Macro((0,))
    vibrato_delay_frames: int | None = None
    vibrato_depth_cents: int = 0
    vibrato_period_frames: int = 1
    sample: str | None = None
    recording: Recording | None = None


@dataclass(frozen=True, slots=True)
class ChipNote:
    """A note of one voice: pitch is MIDI for tones and the period index for noise; level 0..15."""

    start_frame: int
    duration_frames: int
    pitch: int
    level: int
    instrument: str

    @property
    def end_frame(self) -> int:
        """The first frame at which the note is no longer held."""
        return self.start_frame + self.duration_frames


@dataclass(frozen=True, slots=True)
class ChipVoice:
    """One voice of the chip with its notes in order; no two overlap."""

    name: str
    notes: tuple[ChipNote, ...]


HOME, CONTRAST, RETURN = "home", "contrast", "return"
"""What a section is in its song: of the first one's kind, another, or one that was heard before."""


@dataclass(frozen=True, slots=True)
class FormPart:
    """A section of a song: the frame in which it begins, and what it is in the form."""

    start_frame: int
    kind: str


@dataclass(frozen=True, slots=True)
class Dropped:
    """Notes of the score that no voice plays, or plays differently, counted by reason."""

    reason: str
    count: int


def counted(counts: Iterable[tuple[str, int]]) -> tuple[Dropped, ...]:
    """Return reasons with their counts as entries, in order, without those of no note."""
    return tuple(Dropped(reason, count) for reason, count in counts if count)


@dataclass(frozen=True, slots=True)
class ChipSong:
    """What each voice of a chip plays, in frames; `loop_start_frame` None plays once.

    `adapted` counts notes that sound different from the score; `room` names the echo of a chip that
    has one, "" is the default; `form` has the sections in order, none for a song of one. `clips`
    are the game's own drum samples, also those that only its other songs play: so the memory of
    clips is the same for all songs of a game.
    """

    chip: str
    voices: tuple[ChipVoice, ...]
    instruments: tuple[Instrument, ...]
    frames: int
    frames_per_bar: int
    loop_start_frame: int | None
    dropped: tuple[Dropped, ...] = ()
    adapted: tuple[Dropped, ...] = ()
    room: str = ""
    form: tuple[FormPart, ...] = ()
    clips: tuple[Clip, ...] = ()

    @property
    def samples(self) -> dict[str, Clip]:
        """The clips in memory by name, in order: the bank's, then the game's own."""
        return clips() | {clip.name: clip for clip in self.clips}

    def part_at(self, frame: int) -> FormPart:
        """The section that the frame is in; the whole song, of the home kind, without sections."""
        begun = [part for part in self.form if part.start_frame <= frame]
        return begun[-1] if begun else FormPart(0, HOME)

    def left(self, frame: int) -> int:
        """Return the frames from this one to the loop's seam or the end; at least 0."""
        seams = (self.loop_start_frame or 0, self.frames)
        return max(0, min((seam for seam in seams if seam > frame), default=frame) - frame)

    def voice(self, name: str) -> ChipVoice:
        """Return the voice of this name; a silent one if there is none."""
        return next((one for one in self.voices if one.name == name), ChipVoice(name, ()))

    def instrument(self, name: str) -> Instrument:
        """Return the instrument of this name; KeyError if there is none."""
        return next(item for item in self.instruments if item.name == name)
