"""The content of a preview, from a song that is being built or from a bundle."""

from __future__ import annotations

from dataclasses import dataclass

from chipassets.chips.chipsong import ChipNote, ChipSong
from chipassets.chips.profiles import CHIPS
from chipassets.music.keys import Key
from chipassets.music.score import Section
from chipassets.music.uses import SectionUse
from chipassets.render.loudness import Loudness
from chipassets.render.pcm import Pcm
from chipassets.units import STEPS_PER_BEAT


@dataclass(frozen=True, slots=True)
class SheetNote:
    """A note of voice number `voice`; start and end in bars, level 0..15.

    `sound` is the instrument's name if known; a `drum` has a lane instead of a pitch.
    """

    voice: int
    start: float
    end: float
    pitch: int
    level: int
    sound: str = ""
    drum: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Sound:
    """The samples, their number per bar, and their measures."""

    pcm: Pcm
    bar_samples: float
    loudness: Loudness


@dataclass(frozen=True, slots=True, eq=False)
class Sheet:
    """The content of a preview.

    `uses`: the phrases of each section and what its parts do, empty if they are not known.
    `chords` has the chords of each bar, separated by blanks, or is empty. `bars` are drawn from
    `first_bar` on, which is 0 unless the sheet shows a part; a track that rings on after its last
    bar has one more. `loop` is the first bar of the loop and the one after its last. `pulse_steps`:
    length of a felt beat in 16ths.
    """

    title: str
    game: str
    chip: str
    key: Key
    tempo_millibpm: int
    bars: int
    beats_per_bar: float
    voices: tuple[str, ...]
    notes: tuple[SheetNote, ...]
    sections: tuple[Section, ...] = ()
    uses: tuple[SectionUse, ...] = ()
    chords: tuple[str, ...] = ()
    loop: tuple[int, int] | None = None
    sound: Sound | None = None
    first_bar: int = 0
    pulse_steps: int = STEPS_PER_BEAT


def song_notes(song: ChipSong) -> tuple[SheetNote, ...]:
    """Return every note that a song's voices play; an arpeggio has one note for each pitch."""
    drums = {spec.name for spec in CHIPS[song.chip].voices if spec.role == "drums"}
    return tuple(
        _sheet_note(song, number, note, step, voice.name in drums)
        for number, voice in enumerate(song.voices)
        for note in voice.notes
        for step in _pitches(song, note, voice.name in drums)
    )


def _pitches(song: ChipSong, note: ChipNote, is_drum: bool) -> list[int]:
    macro = song.instrument(note.instrument).arpeggio
    return sorted(set(macro.values)) if macro.loop == 0 and not is_drum else [0]


def _sheet_note(song: ChipSong, number: int, note: ChipNote, step: int, is_drum: bool) -> SheetNote:
    """Return a chip note for the sheet, its place in bars; `step` transposes it."""
    return SheetNote(
        voice=number,
        start=note.start_frame / song.frames_per_bar,
        end=note.end_frame / song.frames_per_bar,
        pitch=note.pitch + step,
        level=note.level,
        sound=note.instrument,
        drum=note.instrument if is_drum else "",
    )
