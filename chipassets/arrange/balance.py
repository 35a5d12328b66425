"""The balance of a track: scales the levels of each part relative to the tune.

Levels alone do not determine loudness: instruments decay, low notes are heard less, a chip's voices
differ in strength. So each part's power is computed (`note_loudness`), and its levels are scaled
until it is as far below the tune as the table says. The tune itself uses the full level.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

from chipassets.arrange.note_loudness import note_power
from chipassets.chips.chipsong import ChipNote, Instrument
from chipassets.chips.profiles import Chip, VoiceSpec

TARGETS_DB: Mapping[str, float] = {
    "inner": -6.0,
    "bass": -2.0,
    "drums": -4.5,
    "harmony": -8.5,
    "figure": -8.5,
    "echo": -13.0,
    "chorus": -12.0,
    "double": -11.0,
}
"""Each role's loudness while it plays, in dB relative to the tune while it plays."""

_OTHER_DB = -9.0

_STROKE_FRAMES = 24
"""The frames over which the energy of a stroke counts: a block of 400 ms, as BS.1770 measures."""

_GAP_FRAMES = 12
"""The frames after a note that still count as its part playing: half of such a block."""
FULL = 15
"""The full level of a note, and the full volume of an instrument."""

NO_VOLUME = "triangle"
"""The kind of voice that has no volume control."""

LEAD, ECHO = "lead", "echo"
ECHO_SUFFIX = " echo"

Voices = Mapping[str, Sequence[ChipNote]]


def balance(
    voices: Voices,
    chip: Chip,
    instruments: Mapping[str, Instrument],
    groove_db: float = 0.0,
) -> dict[str, tuple[ChipNote, ...]]:
    """Return the voices, by role, with levels that put them where the table says.

    The loudest note of the tune gets the full level. `groove_db` is added to the drums' target. A
    voice that plays both its own part and an echo of the tune has a target for each. Without a tune
    the levels stay as they are.
    """
    voice_of = {spec.role: spec for spec in chip.voices}
    lead = [note for note in voices.get(LEAD, ()) if LEAD in voice_of]
    if not lead:
        return {role: tuple(notes) for role, notes in voices.items()}
    lead = at_full_level(lead)
    tune = part_power(lead, chip, voice_of[LEAD], instruments)
    found = {LEAD: tuple(lead)}
    for role, notes in voices.items():
        if role == LEAD or role not in voice_of or voice_of[role].kind == NO_VOLUME:
            continue
        shifted = groove_db if role == "drums" else 0.0
        # The notes of an echo's voice that are not echoes were composed as a figure.
        place = "figure" if role == ECHO else role
        own = [note for note in notes if not note.instrument.endswith(ECHO_SUFFIX)]
        echo = [note for note in notes if note.instrument.endswith(ECHO_SUFFIX)]
        placed = [
            *_placed(own, TARGETS_DB.get(place, _OTHER_DB) + shifted, tune, chip, voice_of[role],
                     instruments),
            *_placed(echo, TARGETS_DB[ECHO], tune, chip, voice_of[role], instruments),
        ]  # fmt: skip
        found[role] = tuple(sorted(placed, key=lambda note: note.start_frame))
    return {role: found.get(role, tuple(notes)) for role, notes in voices.items()}


def _placed(
    notes: Sequence[ChipNote],
    target_db: float,
    tune: float,
    chip: Chip,
    spec: VoiceSpec,
    instruments: Mapping[str, Instrument],
) -> list[ChipNote]:
    """Return the notes with levels scaled to `target_db` relative to the tune."""
    power = part_power(notes, chip, spec, instruments) if notes else 0.0
    if not power or not tune:
        return list(notes)
    factor = math.sqrt(tune / power) * math.pow(10.0, target_db / 20)
    levels = sorted(note.level for note in notes)
    # Up to half of the notes may be limited at the full level, so that some contrast remains.
    return _scaled(notes, min(factor, FULL / levels[len(levels) // 2]))


def at_full_level(notes: Sequence[ChipNote]) -> list[ChipNote]:
    """Return the notes with their levels scaled so that the loudest one gets the full level."""
    return _scaled(notes, FULL / max(note.level for note in notes))


def _scaled(notes: Sequence[ChipNote], factor: float) -> list[ChipNote]:
    """Return the notes with their levels times a factor, rounded, from 1 to full."""
    return [
        replace(note, level=min(max(math.floor(note.level * factor + 0.5), 1), FULL))
        for note in notes
    ]


def part_power(
    notes: Sequence[ChipNote],
    chip: Chip,
    spec: VoiceSpec,
    instruments: Mapping[str, Instrument],
) -> float:
    """Return the mean power over the frames in which the part plays."""
    frames = _playing_frames(notes, is_drums=spec.role == "drums")
    total = sum(
        note_power(note, instruments[note.instrument], chip, spec) * note.duration_frames
        for note in notes
    )
    return total / frames if frames else 0.0


def _playing_frames(notes: Sequence[ChipNote], is_drums: bool) -> int:
    """Return the number of frames in which a part plays: its notes, and gaps too short to be rests.

    A drum's note lasts until the next one, even if its sound has decayed before.
    """
    following = [note.start_frame for note in notes[1:]]
    ends = [
        note.start_frame + _STROKE_FRAMES if is_drums else note.end_frame + _GAP_FRAMES
        for note in notes
    ]
    return sum(
        min(end, start) - note.start_frame
        for note, end, start in zip(notes, ends, [*following, *ends[-1:]], strict=True)
    )
