"""Draws one track of a bundle as a picture, from the files in the bundle."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path

from chipassets.bundle import FileEntry, Index, TrackEntry, find_faults, read_consistent
from chipassets.chips.profiles import CHIPS
from chipassets.errors import CheckError, RenderError, UsageError
from chipassets.music.keys import Key, parse_key
from chipassets.music.score import Section
from chipassets.music.uses import PhraseUse, SectionUse
from chipassets.nearest import did_you_mean
from chipassets.render.loudness import Loudness
from chipassets.render.midi import DRUM_KEYS
from chipassets.render.pcm import Pcm
from chipassets.render.preview import Sheet, SheetNote, Sound, draw_sheet, picture_to_png
from chipassets.render.reopen import decode_samples
from chipassets.report.midi_roll import Roll, RollNote, read_roll
from chipassets.units import SAMPLE_RATE_HZ, bar_frames, steps_per_bar

_AUDIO = ("wav", "flac", "ogg")
_BARS = re.compile(r"([1-9][0-9]{0,3})(?:-([1-9][0-9]{0,3}))?")
# More beats per second than any music: a damaged index would draw an endless grid.
_LEAST_BEAT_SAMPLES = 100


@dataclass(frozen=True, slots=True)
class Shown:
    """A track's entry in the index, and its picture, as SVG or PNG."""

    entry: TrackEntry
    picture: bytes


def show(folder: Path, name: str, bars: str | None = None, *, as_png: bool = False) -> Shown:
    """Return a track of the bundle in a folder, drawn whole or in part, like "5-8" or "5".

    Notes come from the track's MIDI file, the sound from its audio if it has any.

    Raises:
        UsageError: the bundle has no such track, or the track no such bars, or more than a PNG can
            show.
        CheckError: there is no bundle, or the track's files are missing, altered or unreadable.
    """

    def draw(index: Index) -> Shown:
        return _draw(folder, index, name, bars, as_png=as_png)

    return read_consistent(folder, draw)


def _draw(folder: Path, index: Index, name: str, bars: str | None, *, as_png: bool) -> Shown:
    """Return the picture of a track, or of some of its bars, as SVG or PNG."""
    entry = next((track for track in index.tracks if track.name == name), None)
    if entry is None:
        fix = did_you_mean(name, [track.name for track in index.tracks], "tracks")
        raise UsageError(f"the bundle has no track {name!r}; {fix}")
    sheet = _sheet(folder, index, entry)
    first, last = _part(entry, bars, sheet.bars)
    picture = draw_sheet(replace(sheet, first_bar=first, bars=last - first))
    return Shown(entry, _png(picture, entry) if as_png else picture)


def _png(picture: bytes, entry: TrackEntry) -> bytes:
    try:
        return picture_to_png(picture)
    except RenderError as error:
        raise UsageError(f"{entry.name} has too many bars for a PNG: {error}") from error


def _part(entry: TrackEntry, bars: str | None, most: int) -> tuple[int, int]:
    """Return the first bar, from 0, and the one after the last."""
    if bars is None:
        return 0, most
    match = _BARS.fullmatch(bars)
    if match is None:
        raise UsageError(f"--bars {bars!r}: write a bar or a range of bars, like 5 or 5-8")
    first, last = int(match[1]), int(match[2] or match[1])
    if not first <= last <= most:
        raise UsageError(f"--bars {bars}: {entry.name} has the bars 1 to {most}")
    return first - 1, last


def _sheet(folder: Path, index: Index, entry: TrackEntry) -> Sheet:
    """Return the content of a preview, read from the bundle's files."""
    _check_size(index, entry)
    roll = read_roll(_read(folder, entry, ("midi",), "midi"), entry)
    steps = steps_per_bar(entry.beats_per_bar)
    numbers = {voice: number for number, voice in enumerate(roll.voices)}
    loop = (entry.bars - entry.loop.bars, entry.bars) if entry.loop else None
    end = max((float(note.end_step) for note in roll.notes), default=0.0) / steps
    return Sheet(
        title=entry.name,
        game=index.game,
        chip=index.chip,
        key=_key(entry),
        tempo_millibpm=round(entry.tempo_bpm * 1000),
        bars=max(entry.bars, min(-int(-end // 1), entry.bars + 1)),
        beats_per_bar=entry.beats_per_bar,
        pulse_steps=entry.pulse_steps,
        voices=roll.voices,
        notes=_notes(roll, numbers, steps),
        sections=tuple(Section(part.name, part.start_bar, part.bars) for part in entry.sections),
        uses=_uses(entry),
        chords=tuple(entry.chords),
        loop=loop,
        sound=_sound(folder, index, entry),
    )


def _uses(entry: TrackEntry) -> tuple[SectionUse, ...]:
    """Return what the index says of sections; nothing of a bundle of an older version."""
    if not any(part.phrases or part.parts for part in entry.sections):
        return ()
    return tuple(
        SectionUse(
            Section(part.name, part.start_bar, part.bars),
            tuple(PhraseUse(one.start_bar, one.bars, one.cadence) for one in part.phrases),
            tuple(part.parts.items()),
        )
        for part in entry.sections
    )


def _check_size(index: Index, entry: TrackEntry) -> None:
    """Raise CheckError for an unknown chip, or bars that cannot fit the samples."""
    if index.chip not in CHIPS:
        raise CheckError(f"the bundle is for a chip {index.chip!r} that this chipassets lacks")
    if entry.bars * entry.beats_per_bar * _LEAST_BEAT_SAMPLES > entry.samples:
        raise CheckError(
            f"track {entry.name!r} cannot have {entry.bars} bars of {entry.beats_per_bar} beats in "
            f"{entry.samples} samples; build the bundle again"
        )


def _notes(roll: Roll, numbers: dict[str, int], steps: int) -> tuple[SheetNote, ...]:
    """Return the notes, with voices in the order of the chip's table."""
    drums = {key: drum for drum, key in DRUM_KEYS.items()}

    def sheet_note(note: RollNote) -> SheetNote:
        """Return a note of the MIDI file for the sheet."""
        return SheetNote(
            voice=numbers[note.voice],
            start=float(note.start_step / steps),
            end=float(note.end_step / steps),
            pitch=note.pitch,
            level=min(max(note.velocity - 7, 0) // 8, 15),
            drum=drums.get(note.pitch, "drum") if note.is_drum else "",
        )

    ordered = sorted(roll.notes, key=lambda note: (numbers[note.voice], note.start_step))
    return tuple(map(sheet_note, ordered))


def _key(entry: TrackEntry) -> Key:
    """Return the key of an index entry; CheckError if it cannot be read."""
    try:
        return parse_key(entry.key)
    except ValueError as error:
        raise CheckError(f"the key of track {entry.name!r}: {error}") from error


def _sound(folder: Path, index: Index, entry: TrackEntry) -> Sound | None:
    """Return the audio of the track, in the most exact format that there is."""
    kinds = tuple(kind for kind in _AUDIO if kind in entry.files)
    if not kinds:
        return None
    try:
        samples, rate_hz = decode_samples(_read(folder, entry, kinds, "ogg"))
    except RenderError as error:
        raise CheckError(f"the audio of track {entry.name!r}: {error}") from error
    frame_rate_hz = CHIPS[index.chip].frame_rate_hz
    frames = bar_frames(round(entry.tempo_bpm * 1000), entry.beats_per_bar, frame_rate_hz)
    return Sound(
        Pcm(samples, rate_hz, None),
        float(frames * SAMPLE_RATE_HZ / frame_rate_hz),
        Loudness(entry.loudness_lufs, entry.true_peak_dbtp),
    )


def _read(folder: Path, entry: TrackEntry, kinds: tuple[str, ...], ask_for: str) -> bytes:
    """Return the content of the first of these kinds of file that the track has."""
    file: FileEntry | None = next(
        (entry.files[kind] for kind in kinds if kind in entry.files), None
    )
    if file is None:
        raise CheckError(
            f"the bundle has no {ask_for} of track {entry.name!r} to show; add {ask_for} to the "
            "formats and build it again"
        )
    if faults := find_faults(folder, [file]):
        raise CheckError(f"{folder}: {faults[0]}; build it again")
    return (folder / file.path).read_bytes()
