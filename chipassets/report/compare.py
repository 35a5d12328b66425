"""Compares two bundles track by track, in a reviewer's terms."""

from __future__ import annotations

from dataclasses import dataclass

from chipassets.bundle import Index, TrackEntry
from chipassets.report.midi_roll import RollNote
from chipassets.report.motif_map import say_statement
from chipassets.report.opened import OpenedTrack


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that has changed."""

    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Difference:
    """The differences of a track: status is same, changed, added or removed.

    gone and come are the notes that only the old or only the new track has; a note with only
    another loudness is in both. `aspects` are the filters that match: notes, sound, tags, size.
    """

    status: str
    changes: tuple[Change, ...] = ()
    gone: frozenset[RollNote] = frozenset()
    come: frozenset[RollNote] = frozenset()
    aspects: tuple[str, ...] = ()


def compare_tracks(before: OpenedTrack | None, after: OpenedTrack | None) -> Difference:
    """Return the changes from a track of one bundle to the track of the same name in another."""
    if before is None or after is None:
        return Difference("added" if before is None else "removed")
    old, new = before.entry, after.entry
    gone, come = _notes(before) - _notes(after), _notes(after) - _notes(before)
    tags = [change for change in _tag_changes(old, new) if change.before != change.after]
    rest = [change for change in _other_changes(old, new) if change.before != change.after]
    sizes = _size_changes(old, new)
    notes_differ = bool(gone or come) or old.keys.notes != new.keys.notes
    sound_differs = _audio_hashes(old) != _audio_hashes(new)
    found = [
        ("notes", notes_differ, [_note_change(gone, come)] if gone or come else []),
        ("sound", sound_differs, [Change("Sound", "", "the audio is different")]),
        ("tags", bool(tags), tags),
        ("size", bool(sizes), sizes),
    ]
    aspects = tuple(name for name, differs, _ in found if differs)
    changes = [change for _, differs, lines in found if differs for change in lines]
    status = "changed" if aspects or rest else "same"
    return Difference(status, (*changes, *rest), gone, come, aspects)


def compare_indices(before: Index, after: Index) -> tuple[Change, ...]:
    """Return the changes of the bundle as a whole."""
    pairs = (
        ("Game", before.game, after.game),
        ("Chip", before.chip, after.chip),
        ("Seed", str(before.seed), str(after.seed)),
        ("Made by", before.generator, after.generator),
        ("Model", f"{before.model.name} {before.model.sha256[:12]}",
         f"{after.model.name} {after.model.sha256[:12]}"),
        ("Size", say_size(bundle_bytes(before)), say_size(bundle_bytes(after))),
    )  # fmt: skip
    return tuple(Change(*pair) for pair in pairs if pair[1] != pair[2])


def bundle_bytes(index: Index) -> int:
    """Return the size of all files that the index lists."""
    return sum(entry.bytes for entry in index.files())


def say_size(size: int) -> str:
    """Return a size for people, in kB or MB of 1000."""
    number, unit = (size / 1e6, "MB") if size >= 1_000_000 else (size / 1000, "kB")
    return f"{number:.{2 if unit == 'MB' else 1}f}\N{NO-BREAK SPACE}{unit}"


def _notes(track: OpenedTrack) -> frozenset[RollNote]:
    """Return the notes of a track's MIDI file; none without one."""
    return frozenset(track.roll.notes) if track.roll else frozenset()


def _note_change(gone: frozenset[RollNote], come: frozenset[RollNote]) -> Change:
    """Return how many notes are gone and new, and in which voices."""
    voices = sorted({note.voice for note in gone | come})
    where = ", ".join(voice or "unnamed voice" for voice in voices)
    return Change("Notes", "", f"{len(gone)} gone, {len(come)} new ({where})")


def _audio_hashes(track: TrackEntry) -> dict[str, str]:
    return {kind: file.sha256 for kind, file in track.files.items() if kind != "midi"}


def _tag_changes(old: TrackEntry, new: TrackEntry) -> list[Change]:
    return [
        Change("Scene", old.scene, new.scene),
        Change("Moods", " ".join(old.moods) or "none", " ".join(new.moods) or "none"),
    ]


def _other_changes(old: TrackEntry, new: TrackEntry) -> list[Change]:
    return [
        Change("Key", old.key, new.key),
        Change("Tempo", f"{old.tempo_bpm:.1f} bpm", f"{new.tempo_bpm:.1f} bpm"),
        Change("Metre", old.metre, new.metre),
        Change("Bars", str(old.bars), str(new.bars)),
        Change("Length", f"{old.seconds:.1f} s", f"{new.seconds:.1f} s"),
        Change("Loop", _say_loop(old), _say_loop(new)),
        Change("Form", _say_form(old), _say_form(new)),
        Change("Loudness", _say_loudness(old), _say_loudness(new)),
        Change("Chords", " ".join(old.chords) or "none", " ".join(new.chords) or "none"),
        Change("Motifs", _say_motifs(old), _say_motifs(new)),
        Change("Layers", _say_layers(old), _say_layers(new)),
        Change("Warnings", "; ".join(old.warnings) or "none", "; ".join(new.warnings) or "none"),
        Change("Voices", ", ".join(old.voices), ", ".join(new.voices)),
        Change("Take", _say_take(old), _say_take(new)),
        Change("Seed", str(old.seed), str(new.seed)),
        Change("Files", ", ".join(old.files), ", ".join(new.files)),
    ]


def _size_changes(old: TrackEntry, new: TrackEntry) -> list[Change]:
    """Return the changed sizes of files that both versions have."""
    # A preview is not part of the game: its size does not matter.
    both = ((kind, file.bytes, new.files[kind].bytes)
            for kind, file in old.files.items()
            if kind in new.files and kind != "preview")  # fmt: skip
    return [_size_change(kind, *sizes) for kind, *sizes in both if sizes[0] != sizes[1]]


def _size_change(kind: str, old: int, new: int) -> Change:
    """Return the change of a size; in bytes if it would read the same otherwise."""
    before, after = say_size(old), say_size(new)
    if before == after:
        before, after = f"{old} bytes", f"{new} bytes"
    return Change(f"{kind.upper()} size", before, after)


def _say_loop(track: TrackEntry) -> str:
    loop = track.loop
    return f"{loop.start_sample} + {loop.length_samples} samples" if loop else "plays once"


def _say_form(track: TrackEntry) -> str:
    return " ".join(f"{part.name} ({part.bars})" for part in track.sections)


def _say_loudness(track: TrackEntry) -> str:
    return "not measured" if track.loudness_lufs is None else f"{track.loudness_lufs:.1f} LUFS"


def _say_motifs(track: TrackEntry) -> str:
    return "; ".join(say_statement(said, track.key) for said in track.statements) or "none"


def _say_layers(track: TrackEntry) -> str:
    return ", ".join(layer.name for layer in track.layers) or "none"


def _say_take(track: TrackEntry) -> str:
    return f"{track.take.name} of {track.take.of}"
