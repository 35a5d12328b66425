"""Renders takes: files, a preview. Decides nothing."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from chipassets import __version__
from chipassets.bundle import TrackEntry, write_bundle, write_file
from chipassets.decisions.auditions import Audition, TakeName, take_of
from chipassets.errors import UsageError
from chipassets.lock import LockedTake
from chipassets.manifest.words import format_fault
from chipassets.plan.formats import FORMATS
from chipassets.plan.trackplan import BuildPlan, TrackPlan
from chipassets.production.produce import render_track
from chipassets.production.provenance import index_of
from chipassets.stored.cache_keys import as_played

_SUFFIX_FORMATS = {
    Path(form.path).suffix: name for name, form in FORMATS.items() if not form.has_parts
}
"""The format for each suffix of a file."""
_PREVIEW_FORMATS = ("ogg", "midi")


def export(audition: Audition, take: TakeName, path: Path) -> None:
    """Write a take to a file in the format of its suffix."""
    wanted = _SUFFIX_FORMATS.get(path.suffix.lower())
    if wanted is None:
        chip = audition.plan.chip
        ends = [end for end, form in _SUFFIX_FORMATS.items() if not format_fault(form, chip)]
        raise UsageError(f"{path} is not a format of takes; end it in {', '.join(ends)}")
    if why := format_fault(wanted, audition.plan.chip):
        raise UsageError(f"{path}: {why}")
    entry, files = render_take(audition, take, (wanted,))
    write_file(path, files[entry.files[wanted].path])


def preview(audition: Audition, take: TakeName, folder: Path) -> None:
    """Write a take as a bundle of this one track, for a game to play."""
    entry, files = render_take(audition, take, _PREVIEW_FORMATS, layered=True)
    found = {"generator": f"chipassets {__version__}", "take": take}
    provenance = (json.dumps(found) + "\n").encode()
    index, shared = index_of(audition.plan, audition.model, [entry], provenance)
    write_bundle(folder, index, files | shared)


def render_take(
    audition: Audition, take: TakeName, formats: tuple[str, ...], *, layered: bool = False
) -> tuple[TrackEntry, dict[str, bytes]]:
    """Return the index entry and the files, by path, of a take.

    layered: whether to include the files of the track's layers.
    """
    locked = take_of(audition, take)
    plan, track = playing(audition, locked, formats, layered=layered)
    return render_track(plan, track, locked, audition.grams, _silent)


def playing(
    audition: Audition, take: LockedTake, formats: tuple[str, ...], *, layered: bool = False
) -> tuple[BuildPlan, TrackPlan]:
    """Return the plans of game and track for playing a take as it is stored."""
    is_kept = take.as_version or (
        take is audition.before and (audition.is_held or audition.current is None)
    )
    played = as_played(audition.track, take) if is_kept else audition.track
    sound = played.sound if layered else replace(played.sound, layers=())
    return replace(audition.plan, formats=formats), replace(played, sound=sound)


def _silent(stage: str) -> None:
    """Ignore the stage: an audition shows none."""
