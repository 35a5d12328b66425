"""Imports an edited MIDI file as the accepted take of a track.

What the file has in common with the take's own export stays as it is in the take, note for note:
the chip's octaves and the gaps of the export do not get into the music. Only differences are taken
over.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from chipassets.arrange import arrange
from chipassets.arrange.arpeggio import MOST_PITCHES
from chipassets.arrange.drum_voice import PRIORITY, covered_of, drum_word
from chipassets.arrange.voice_roles import assign_roles
from chipassets.chips.profiles import CHIPS, VoiceSpec
from chipassets.decisions.auditions import (
    Audition,
    TakeName,
    accept_take,
    as_take,
    keep_version,
    list_takes,
    reopen,
    take_of,
)
from chipassets.decisions.midi_voices import FileNotes, Stroke, read_voices
from chipassets.errors import CheckError
from chipassets.lock import LockedTake
from chipassets.music.keys import pitch_name, spelled_pitch
from chipassets.music.notes import BASS, INNER, LEAD, Note, ordered
from chipassets.music.score import DRUM_KINDS, FURTHER_PARTS, DrumStroke, Score
from chipassets.plan.trackplan import TrackPlan
from chipassets.render import encode_midi
from chipassets.stored.cache_keys import as_played
from chipassets.units import OCTAVE, amount_of

_MOST_FAULTS = 8
_ROLES = {LEAD: "lead", INNER: "inner", BASS: "bass", "harmony": "harmony", "figure": "echo"}
"""The chip's role of each part."""


def import_take(
    audition: Audition, path: Path, take: TakeName | None = None, content: bytes | None = None
) -> list[str]:
    """Make a MIDI file the accepted take of the track; return lines that say what was done.

    content: the file's bytes, if it is not on this machine's disk; `path` is then only its name.

    The file is compared with a take, by default the one from whose export it has the most notes:
    what is equal stays. The take that was accepted before is kept, and `undo` restores it.

    Raises:
        UsageError: the file is not a MIDI file with distinguishable voices.
        CheckError: the chip cannot play it, by bar and beat; or it equals the take.
    """
    source = path if content is None else content
    base = _exported(audition, source, str(path)) if take is None else take_of(audition, take)
    track = as_played(audition.track, base)
    found = read_voices(source, audition.plan.chip, base.score, track.swing, str(path))
    if not any(found.parts.values()) and not found.strokes:
        raise CheckError(f"{path} plays no note; nothing was changed")
    faults = _faults(found, base.score, track, audition.plan.chip)
    if faults:
        more = len(faults) - _MOST_FAULTS
        shown = [*faults[:_MOST_FAULTS], *([f"and {more} more"] if more > 0 else [])]
        raise CheckError(
            f"{path}: the {audition.plan.chip} cannot play this; nothing was changed:\n"
            + "\n".join(f"  {fault}" for fault in shown)
        )
    own = _own_export(base.score, track, audition.plan.chip)
    remarks = [*found.remarks, *_lost(found, own), *_unheard(found, audition.plan.chip)]
    merged = _merged(base.score, own, found)
    changes = _changes(base.score, merged)
    if not changes:
        raise CheckError(
            f"{path} plays take {base.name} of {audition.track.name} as it is: there is nothing "
            "to import" + "".join(f"; {remark}" for remark in remarks)
        )
    origin = f"take {base.name} edited in {path.name}: {changes}"
    version = keep_version(audition, base, merged, origin)
    fresh = reopen(audition)
    locked = accept_take(fresh, as_take(fresh, version))
    return [
        f"{audition.track.name}: take {locked.name} is accepted: {origin}",
        *(f"{path.name}: {remark}" for remark in remarks),
        "--undo restores the take that it replaced",
    ]


_IS_ITS_EXPORT = 0.9
"""The share of a file's notes and strokes from which it is taken for a take's export.

Takes of a track with a written tune may have most of their notes in common.
"""


def _exported(audition: Audition, source: Path | bytes, name: str) -> LockedTake:
    """Return the take that the file was exported from, as its notes say.

    That is the take that a build would use, or a version, if one of them has nearly all of the
    file's notes. If none has, the track's other takes are composed too, and the take that has the
    most of them counts.
    """
    chosen = take_of(audition)
    known = [chosen, *(as_take(audition, version) for version in audition.versions)]
    shares = {_shared(audition, one, source, name): one for one in reversed(known)}
    if max(shares) < _IS_ITS_EXPORT:
        for candidate in list_takes(audition):
            one = take_of(audition, candidate.number + 1)
            # Of equal shares the earlier one stays: first of all what a build would use.
            shares.setdefault(_shared(audition, one, source, name), one)
    return shares[max(shares)]


def _shared(audition: Audition, take: LockedTake, source: Path | bytes, name: str) -> float:
    """Return the share of the file's notes and strokes that the take's own export has too."""
    track, chip = as_played(audition.track, take), audition.plan.chip
    if take.score.beats_per_bar != take_of(audition).score.beats_per_bar:
        return 0.0
    found = read_voices(source, chip, take.score, track.swing, name)
    own = _own_export(take.score, track, chip)
    there, had = _attacks(found), _attacks(own)
    return len(there & had) / len(there) if there else 0.0


def _own_export(score: Score, track: TrackPlan, chip: str) -> FileNotes:
    """Return what a take's own export holds, at the tempo that the track plays now.

    The tempo decides for how many frames a drum sounds, and so how loud it is.
    """
    song = arrange(replace(score, tempo_millibpm=track.tempo_millibpm), track, chip)
    return read_voices(encode_midi(song, track), chip, score, track.swing)


def _attacks(file: FileNotes) -> set[tuple[str, int, int | str]]:
    """Return part, step and pitch of each note, and those of the drums' strokes."""
    notes = {
        (part, note.start_step, note.pitch) for part, row in file.parts.items() for note in row
    }
    return notes | {("drums", stroke.step, stroke.kind) for stroke in file.strokes or ()}


def _place(step: int, score: Score, pulse_steps: int) -> str:
    """Return a step as bar and beat, both from 1, and 16ths after the beat."""
    bar, into = divmod(step, score.steps_per_bar)
    beat, rest = divmod(into, pulse_steps)
    late = f" and {amount_of(rest, '16th')}" if rest else ""
    return f"bar {bar + 1}, beat {beat + 1}{late}"


def _faults(found: FileNotes, score: Score, track: TrackPlan, chip: str) -> list[str]:
    """Return what the chip cannot play, or the take cannot hold, in order of time."""
    seats = {spec.role: spec for spec in assign_roles(CHIPS[chip], track.sound.leave).voices}
    faults: list[tuple[int, str]] = []
    for part, notes in found.parts.items():
        spec = seats.get(_ROLES[part])
        if spec is None:
            first = min(note.start_step for note in notes)
            why = f"the track leaves no voice for the part {part!r}"
            faults.append((first, f"{_place(first, score, track.pulse_steps)}: {why}"))
            continue
        chords = part == INNER and track.sound.arpeggio
        for step, why in _part_faults(notes, spec, score, chords=chords):
            faults.append((step, f"{_place(step, score, track.pulse_steps)}: {part}: {why}"))
    faults += [
        (stroke.step, _too_long(stroke.step, score, track.pulse_steps))
        for stroke in found.strokes or ()
        if stroke.step >= score.total_steps
    ]
    return [said for _, said in sorted(dict.fromkeys(faults))]


def _too_long(step: int, score: Score, pulse_steps: int) -> str:
    """Return the message of a file with notes after the take's end."""
    return (
        f"{_place(step, score, pulse_steps)}: the take ends with bar {score.bars}; cut the file "
        "there, or give the track another length and compose it"
    )


def _part_faults(
    notes: Sequence[Note], spec: VoiceSpec, score: Score, *, chords: bool
) -> Iterable[tuple[int, str]]:
    """Yield the step and the fault of each note that the voice cannot play."""
    most = MOST_PITCHES if chords else 1
    sounding: list[Note] = []
    for note in ordered(list(notes)):
        sounding = [other for other in sounding if other.end_step > note.start_step]
        sounding.append(note)
        if note.start_step >= score.total_steps:
            yield note.start_step, f"the take ends with bar {score.bars}; cut the file there"
        elif note.end_step > score.total_steps:
            yield note.start_step, f"the note lasts beyond bar {score.bars}, the last one"
        if not spec.lowest_pitch <= note.pitch <= spec.highest_pitch:
            yield (
                note.start_step,
                f"{spelled_pitch(note.pitch, score.key)} lies outside {spec.name}, which plays "
                f"{pitch_name(spec.lowest_pitch)} to {pitch_name(spec.highest_pitch)}",
            )
        if len({other.pitch for other in sounding}) > most:
            names = ", ".join(spelled_pitch(one.pitch, score.key) for one in sounding)
            can = f"{most} notes in turn" if most > 1 else "one note at a time"
            yield note.start_step, f"{names} sound together; {spec.name} plays {can}"


def _lost(found: FileNotes, own: FileNotes) -> list[str]:
    """Return a remark on edits of voices that follow others, whose notes are not stored."""
    edited = [name for name, notes in found.doubles.items() if notes != own.doubles.get(name)]
    said = f"not imported, as they double other voices: {', '.join(edited)}"
    return [said] if edited else []


def _merged(score: Score, own: FileNotes, found: FileNotes) -> Score:
    """Return the take with the differences between the file and the take's own export."""
    notes: list[Note] = []
    further: list[Note] = []
    for part in (LEAD, INNER, BASS, *FURTHER_PARTS):
        base = list(score.part(part))
        if part in found.parts or part in own.parts:
            base = _merged_part(base, own.parts.get(part, ()), found.parts.get(part, ()))
        (further if part in FURTHER_PARTS else notes).extend(base)
    notes += [note for note in score.notes if not note.part]
    drums = score.drums
    if found.strokes is not None and found.strokes != own.strokes:
        drums = _merged_drums(score, own.strokes or (), found.strokes)
    return replace(score, notes=ordered(notes), further=ordered(further), drums=drums)


def _merged_part(
    base: Sequence[Note], exported: Sequence[Note], edited: Sequence[Note]
) -> list[Note]:
    """Return a part: the take's notes where the file equals its export, else the file's.

    An edited note moves by the octaves between the take's line and its export.
    """
    by_start: dict[int, list[Note]] = {}
    for note in base:
        by_start.setdefault(note.start_step, []).append(note)
    twins: dict[Note, Note] = {}
    for note in exported:
        same = [one for one in by_start.get(note.start_step, ()) if one not in twins.values()]
        twin = next((one for one in same if (one.pitch - note.pitch) % OCTAVE == 0), None)
        if twin is not None:
            twins[note] = twin
    shifts = Counter(twin.pitch - note.pitch for note, twin in twins.items())
    shift = shifts.most_common(1)[0][0] if shifts else 0
    left = set(exported)
    merged = []
    for note in edited:
        if note in twins:
            merged.append(twins[note])
            left.discard(note)
            continue
        # A note with only another pitch keeps its length: the export has gaps.
        lengths = (
            twin.duration_steps
            for old, twin in twins.items()
            if (old.start_step, old.duration_steps) == (note.start_step, note.duration_steps)
        )
        moved = min(max(note.pitch + shift, 0), 127)
        steps = next(lengths, note.duration_steps)
        merged.append(replace(note, pitch=moved, duration_steps=steps))
    unheard = [note for note in base if note not in twins.values()]
    bars_free = {note.start_step for note in merged}
    if not left and len(merged) == len(exported):
        # Nothing was edited: notes that the chip could not play stay in the take.
        merged += [note for note in unheard if note.start_step not in bars_free]
    return merged


_LEVELS = 127


def _merged_drums(
    score: Score, exported: Sequence[Stroke], edited: Sequence[Stroke]
) -> tuple[DrumStroke, ...]:
    """Return the drum strokes: the take's where they are unchanged in the file, else the file's.

    A file from the export has one stroke a step, that which the chip plays. What the take has under
    it stays, as long as it stays unheard; where the file has such a stroke too, it is no change.
    """
    known = set(exported)
    was_heard = {(stroke.step, stroke.kind) for stroke in exported}
    in_take, in_file = _by_step(score.drums or ()), _by_step(edited)
    drums: dict[tuple[int, str], DrumStroke] = {}
    for step, hits in in_file.items():
        taken = in_take.get(step, [])
        heard = min(hits, key=lambda hit: PRIORITY.index(hit.kind))
        below = {
            one.kind: one
            for one in taken
            if (step, one.kind) not in was_heard and _is_under(one.kind, heard.kind)
        }
        for hit in hits:
            fresh = DrumStroke(step, hit.kind, min(max(hit.velocity, 1), _LEVELS))
            same = [one for one in taken if one.kind == hit.kind and hit in known]
            drums[step, hit.kind] = next(iter(same), below.get(hit.kind, fresh))
        for kind, one in below.items():
            drums.setdefault((step, kind), one)
    return tuple(sorted(drums.values(), key=lambda s: (s.step, DRUM_KINDS.index(s.kind))))


_Hit = TypeVar("_Hit", Stroke, DrumStroke)


def _by_step(strokes: Iterable[_Hit]) -> dict[int, list[_Hit]]:
    """Return strokes by their step."""
    found: dict[int, list[_Hit]] = {}
    for stroke in strokes:
        found.setdefault(stroke.step, []).append(stroke)
    return found


def _is_under(kind: str, heard: str) -> bool:
    """Return whether a drum does not sound at a step at which another one is struck."""
    return PRIORITY.index(kind) > PRIORITY.index(heard)


def _unheard(found: FileNotes, chip: str) -> list[str]:
    """Return a remark on the strokes of a file that the chip will not play."""
    strokes = (DrumStroke(one.step, one.kind, one.velocity) for one in found.strokes or ())
    covered = covered_of(strokes)
    if not covered:
        return []
    said = ", ".join(
        f"{hidden} of the {count} strokes of {drum_word(kind)}"
        for kind, (hidden, count) in covered.items()
    )
    return [f"the {chip} plays one drum at a time, so {said} will not be heard"]


def _changes(before: Score, after: Score) -> str:
    """Return which parts differ in which bars, in words; "" if none do."""
    bars: dict[str, set[int]] = {part: set() for part in (*_ROLES, "notes", "drums")}
    old = {*before.notes, *before.further}
    for note in old ^ {*after.notes, *after.further}:
        bars[note.part or "notes"].add(note.start_step // before.steps_per_bar)
    for stroke in set(before.drums or ()) ^ set(after.drums or ()):
        bars["drums"].add(stroke.step // before.steps_per_bar)
    return ", ".join(f"{part} in {_spans(found)}" for part, found in bars.items() if found)


def _spans(bars: Iterable[int]) -> str:
    """Return bars, from 0, as words: "bars 1 to 4, 7"."""
    runs: list[list[int]] = []
    for bar in sorted(bars):
        if runs and runs[-1][1] == bar:
            runs[-1][1] = bar + 1
        else:
            runs.append([bar + 1, bar + 1])
    words = [f"{a}" if a == b else f"{a} to {b}" for a, b in runs]
    return f"{'bars' if len(words) > 1 or 'to' in words[0] else 'bar'} {', '.join(words)}"
