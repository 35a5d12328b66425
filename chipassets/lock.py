"""The lock: the composed notes of every track, in text, beside the manifest and committed with it.

A build whose plan still asks for the same notes takes them from here instead of composing: on
another machine, where floating-point sums may differ in the last bit, the music stays the same.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chipassets.errors import CheckError
from chipassets.score import Score
from chipassets.score_text import score_from_lines, score_to_lines

VERSION = 1
_MAX_BYTES = 64 << 20


@dataclass(frozen=True, slots=True)
class Rejection:
    """A take that someone does not want: its number then, and the hash of its notes."""

    number: int
    notes_sha256: str


@dataclass(frozen=True, slots=True)
class TakeRow:
    """A take that was looked at when one was chosen: its number, its points from 0 to 1, what
    spoke against it, if anything, and of each feature name, measured value and points.
    """

    number: int
    total: float
    verdict: str
    features: tuple[tuple[str, float, float], ...]


@dataclass(frozen=True, slots=True)
class LockedTake:
    """The chosen take of a track: its notes, what they were composed from, and why it won.

    accepted: someone chose it, so it stays when its plan changes; plan_key: the hash of the plan
    it followed, without versions and model. rejected: takes that are never chosen again. rolled:
    how many takes were asked for beyond the plan's. table: all takes of which it was chosen; empty
    in the lock of an older chipassets.
    """

    notes_key: str
    number: int
    of: int
    why: str
    score: Score
    accepted: bool = False
    plan_key: str = ""
    rejected: tuple[Rejection, ...] = ()
    rolled: int = 0
    table: tuple[TakeRow, ...] = ()


def lock_path(manifest: Path) -> Path:
    """Return where the lock of a manifest lies: `game.yaml` has `game.lock`."""
    return manifest.with_suffix(".lock")


def read_lock(path: Path) -> dict[str, LockedTake]:
    """Return the locked takes by track name; empty without a file.

    Raises:
        CheckError: the file is no lock, or of a newer version. Nothing is thrown away silently:
            it may hold takes that someone chose.
    """
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise CheckError(f"{path} is larger than 64 MiB, so it is not a lock; {_ADVICE}")
        found = json.loads(path.read_bytes())
        if found["lock"] != VERSION:
            raise CheckError(
                f"{path} is a lock of version {found['lock']!r}; this chipassets reads {VERSION}: "
                "update chipassets, or remove the file to compose again"
            )
        return {name: _take_from_json(entry) for name, entry in found["tracks"].items()}
    except FileNotFoundError:
        return {}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, OSError) as error:
        reason = f"no {error}" if isinstance(error, KeyError) else error
        raise CheckError(f"{path} is not a readable lock ({reason}); {_ADVICE}") from error


_ADVICE = "restore it from version control, or remove it to compose again"


def lock_to_bytes(takes: dict[str, LockedTake]) -> bytes:
    """Return the lock file: JSON, tracks by name, one line of text for each bar of music."""
    tracks = {name: _take_to_json(takes[name]) for name in sorted(takes)}
    text = json.dumps({"lock": VERSION, "tracks": tracks}, indent=1, ensure_ascii=False)
    return (text + "\n").encode()


def take_to_text(take: LockedTake) -> str:
    """Return one take as text that `take_from_text` reads."""
    return json.dumps(_take_to_json(take), ensure_ascii=False)


def take_from_text(text: str) -> LockedTake:
    """Return the take; ValueError or CheckError for any other text."""
    try:
        return _take_from_json(json.loads(text))
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"not a take: {error}") from error


def _take_to_json(take: LockedTake) -> dict[str, Any]:
    """Return what an older chipassets can read, and only the choices that someone has made."""
    choices: dict[str, Any] = {}
    if take.accepted:
        choices |= {"accepted": True, "plan_key": take.plan_key}
    if take.rejected:
        choices["rejected"] = [
            {"number": item.number, "notes_sha256": item.notes_sha256} for item in take.rejected
        ]
    if take.rolled:
        choices["rolled"] = take.rolled
    if take.table:
        choices["table"] = [_row_to_line(row) for row in take.table]
    return {
        "notes_key": take.notes_key,
        "number": take.number,
        "of": take.of,
        "why": take.why,
        **choices,
        "score": score_to_lines(take.score),
    }


def _take_from_json(entry: dict[str, Any]) -> LockedTake:
    accepted = entry.get("accepted", False)
    if not isinstance(accepted, bool):
        raise TypeError(f"accepted is {accepted!r} instead of true or false")
    rejected = [
        Rejection(int(item["number"]), str(item["notes_sha256"]))
        for item in entry.get("rejected", [])
    ]
    return LockedTake(
        notes_key=str(entry["notes_key"]),
        number=int(entry["number"]),
        of=int(entry["of"]),
        why=str(entry["why"]),
        score=score_from_lines(entry["score"]),
        accepted=accepted,
        plan_key=str(entry.get("plan_key", "")),
        rejected=tuple(rejected),
        rolled=int(entry.get("rolled", 0)),
        table=tuple(_row_from_line(line) for line in entry.get("table", [])),
    )


def _row_to_line(row: TakeRow) -> str:
    """One line a take, so that a lock stays short: "0 | 0.81 | scale 0.98 0.92; ... | refused"."""
    features = "; ".join(f"{name} {value:g} {points:g}" for name, value, points in row.features)
    return f"{row.number} | {row.total:g} | {features} | {row.verdict}"


def _row_from_line(line: str) -> TakeRow:
    number, total, features, verdict = line.split(" | ", 3)
    rows = [feature.rsplit(" ", 2) for feature in features.split("; ") if feature]
    return TakeRow(
        int(number),
        float(total),
        verdict,
        tuple((name, float(value), float(points)) for name, value, points in rows),
    )
