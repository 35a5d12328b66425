"""What surrounds a track's bars: the bar of its pickup, its ending, and its final key."""

from __future__ import annotations

from dataclasses import replace

from chipassets.compose.melody import pickup_notes
from chipassets.manifest.settings import Settings
from chipassets.music.forms import INTRO
from chipassets.music.keys import Key
from chipassets.music.motifs import LITERAL
from chipassets.music.notes import Motif, Note, Primer
from chipassets.music.score import Section
from chipassets.plan.trackplan import Melody, TrackPlan
from chipassets.units import OCTAVE

PICKUP = "pickup"


def with_frame(settings: Settings, track: TrackPlan) -> TrackPlan:
    """Return the plan with its final key, and with an extra first bar if it has a pickup."""
    final = settings.final_key
    if isinstance(final, int):
        final = Key((track.key.tonic + final) % OCTAVE, track.key.mode)
    track = replace(track, final_key=final)
    pickup = settings.pickup or _opening_pickup(track)
    return track if pickup is None else _with_pickup(track, pickup)


def _opening_pickup(track: TrackPlan) -> Primer | None:
    """Return the pickup of the melody with which the track opens, at the pitches that sound."""
    melody = track.written_melody(track.form[0].name)
    if melody is None or melody.pickup is None:
        return None
    return replace(melody.pickup, notes=pickup_notes(melody, track, 0))


def _with_pickup(track: TrackPlan, pickup: Primer) -> TrackPlan:
    """Return the track one bar longer.

    The pickup ends the first bar, and the loop starts after it.
    """
    late = track.steps_per_bar - pickup.steps
    notes = tuple(
        Note(note.start_step + late, note.duration_steps, note.pitch) for note in pickup.notes
    )
    motif = Motif(PICKUP, notes, track.steps_per_bar, track.key, LITERAL)
    moved = tuple(
        Section(section.name, section.start_bar + 1, section.bars) for section in track.form
    )
    return replace(
        track,
        bars=track.bars + 1,
        form=(Section(INTRO, 0, 1), *moved),
        pickup=pickup,
        melodies=(Melody(INTRO, motif), *track.melodies),
    )
