"""What the page shows, as JSON: the game with its tracks, a track with its takes."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from chipassets.compose.reroll import REROLLED
from chipassets.decisions.auditions import (
    Audition,
    chosen_number,
    list_takes,
    list_versions,
)
from chipassets.decisions.listing import is_listed, take_state, version_state
from chipassets.decisions.whole_tracks import TrackState, list_tracks
from chipassets.errors import ChipassetsError, ManifestError, Problem
from chipassets.lock import LockedTake
from chipassets.manifest.loader import parse_manifest
from chipassets.manifest.yaml_reader import read_document
from chipassets.production.casting import Candidate
from chipassets.resolve.build_plan import resolve
from chipassets.selection.features import FEATURES
from chipassets.studio.fields import GAME_KEYS, TRACK_KEYS, fields, game_is, said, track_is

LOCKED = "locked"
"""The page's name for the take in the lock if it has no number among the present takes."""


def problem_json(problem: Problem) -> dict[str, Any]:
    """Return a problem with its line and column as numbers; 1 if it has none."""
    *_, line, column = (
        int(word) if word.isdecimal() else 1 for word in f"::{problem.where}".split(":")
    )
    return {
        "line": line,
        "column": column,
        "found": problem.found,
        "why": problem.why,
        "fix": problem.fix,
        "text": str(problem),
    }


def text_hash(data: bytes) -> str:
    """Return the hash by which the page says which version of the text it read."""
    return hashlib.sha256(data).hexdigest()


def game_json(manifest: Path) -> dict[str, Any]:
    """Return the manifest's text with its problems, or with its tracks if there are none."""
    try:
        data = manifest.read_bytes()
    except OSError as error:
        return _broken(manifest, b"", [f"{manifest} cannot be read: {error.strerror or error}"])
    try:
        loaded = parse_manifest(data, manifest)
        plan = resolve(loaded)
        states = list_tracks(manifest)
    except ManifestError as error:
        return _broken(manifest, data, [], [problem_json(one) for one in error.problems])
    except ChipassetsError as error:
        return _broken(manifest, data, [str(error)])
    values: dict[str, Any] = read_document(data, str(manifest))[0].values
    planned = {track.name: track for track in plan.tracks}
    return _broken(manifest, data, []) | {
        "game": plan.game,
        "fields": fields(values),
        "said": said(values, GAME_KEYS),
        "is": game_is(plan),
        "parts": list(REROLLED),
        "tracks": [
            _track_json(state)
            | {
                "said": said(values["tracks"].get(state.name), TRACK_KEYS),
                "is": track_is(planned[state.name]),
            }
            for state in states
            if state.name in planned
        ],
        "absent": [_track_json(state) for state in states if state.is_absent],
    }


def _broken(
    manifest: Path, data: bytes, faults: list[str], problems: list[dict[str, Any]] | None = None
) -> dict[str, Any]:
    """Return what the page shows of a game that has faults."""
    return {
        "manifest": manifest.name,
        "text": data.decode("utf-8-sig", errors="replace"),
        "hash": text_hash(data),
        "faults": faults,
        "problems": problems or [],
    }


def _track_json(state: TrackState) -> dict[str, Any]:
    take = state.take
    return {
        "name": state.name,
        "state": state.words,
        "take": take.name if take else "",
        "of": take.of if take else 0,
        "rejected": len(take.rejected) if take else 0,
        "stale": state.stale,
    }


def takes_json(audition: Audition) -> dict[str, Any]:
    """Return the takes of a track that are already composed.

    is_whole: whether these are all. chosen: the name of the take that plays in the game.
    """
    count = audition.track.takes + audition.choices.rolled
    if audition.current and not audition.is_held:
        count = max(count, audition.current.of)
    is_whole = len(audition.composed) >= count
    candidates = list_takes(audition) if is_whole else ()
    number = chosen_number(audition, candidates) if is_whole else None
    rows = [
        _row(str(item.number + 1), item, take_state(audition, item, number), "")
        for item in candidates
    ]
    versions = [one for one in list_versions(audition) if is_listed(one[0], candidates)]
    rows += [
        _row(version.name, item, version_state(audition, item), version.origin)
        for version, item in versions
    ]
    before = audition.before
    chosen = next((row["take"] for row in rows if row["state"] in ("chosen", "accepted")), "")
    if before is not None and not chosen:
        rows.insert(0, _locked_row(audition, before))
        chosen = LOCKED if audition.current else ""
    return {
        "track": audition.track.name,
        "takes": rows,
        "count": count,
        "is_whole": is_whole,
        "chosen": chosen,
        "is_accepted": before is not None and before.accepted,
        "is_frozen": audition.track.frozen,
        "loops": audition.track.loops,
        "sections": _sections(audition),
    }


def _sections(audition: Audition) -> list[dict[str, Any]]:
    score = audition.before.score if audition.before else None
    sections = score.sections if score else audition.track.form
    return [
        {"name": part.name, "start_bar": part.start_bar, "bars": part.bars} for part in sections
    ]


def _row(name: str, item: Candidate, state: str, origin: str) -> dict[str, Any]:
    """Return a take's row for the page."""
    return {
        "take": name,
        "label": name,
        "state": state,
        "origin": origin,
        "points": round(item.rating.total, 3),
        "against": [*filter(None, [item.rating.refused]), *item.complaints],
        "bars": item.score.bars,
        "features": [
            _feature(feature.name, feature.value, feature.points)
            for feature in item.rating.features
        ],
    }


def _feature(name: str, value: float, points: float) -> list[Any]:
    """Return a feature's name, value and points, with its unit and its meaning."""
    unit, meaning = FEATURES.get(name, ("", ""))
    return [name, round(float(value), 3), round(float(points), 3), unit, meaning]


def _locked_row(audition: Audition, take: LockedTake) -> dict[str, Any]:
    """Return the row of a locked take that is not among the present takes."""
    own = next((row for row in take.table if row.number == take.number), None)
    kept = "accepted" if audition.is_held else "chosen" if audition.current else "kept"
    return {
        "take": LOCKED,
        "label": take.name,
        "state": kept,
        "origin": take.origin or ("" if audition.current else "from an older plan or composer"),
        "points": round(own.total, 3) if own else None,
        "against": [own.verdict] if own and own.verdict else [],
        "bars": take.score.bars,
        "features": [_feature(*feature) for feature in own.features] if own else [],
    }
