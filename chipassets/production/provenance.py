"""The provenance of a bundle: what is needed to build it again, and why the notes were chosen."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from chipassets import __version__
from chipassets.bundle import ATTRIBUTES_PATH, FORMAT, Index, ModelEntry, TrackEntry, file_entry
from chipassets.compose.model import Model
from chipassets.lock import LockedTake, TakeRow
from chipassets.plan.trackplan import BuildPlan
from chipassets.resolve.plan_json import plan_to_json

PROVENANCE_PATH = "provenance.json"

_JSON = json.JSONEncoder(ensure_ascii=False)
_OPEN_LEVELS = 4
"""The nesting depth that is written on separate lines: a field of a track or take is one line."""


def provenance(plan: BuildPlan, model: Model, takes: Mapping[str, LockedTake]) -> bytes:
    """Return the plan, the model's description and, by track, the takes that were compared."""
    account = {
        "generator": f"chipassets {__version__}",
        "model": {"name": model.name, "sha256": model.sha256, "training": model.training},
        # The file name, not the path: a bundle must not depend on where its model was.
        "plan": plan_to_json(plan) | {"model": model.name},
        "takes": {track.name: _takes_json(takes[track.name]) for track in plan.tracks},
    }
    return (_outline(account, _OPEN_LEVELS) + "\n").encode()


_ATTRIBUTES = b"""\
# Every byte counts here: bundle.json has the checksums of the files. Git for Windows would write
# other line ends into text.
* -text
"""


def index_of(
    plan: BuildPlan,
    model: Model,
    entries: Sequence[TrackEntry],
    account: bytes,
    album: Mapping[str, tuple[str, bytes]] | None = None,
    *,
    attributes: bool = True,
) -> tuple[Index, dict[str, bytes]]:
    """Return the index of a bundle, and the files that belong to no single track, by path.

    account: the provenance. album: path and content, by format, of the files with all tracks.
    attributes: whether to write a .gitattributes that keeps git from converting the files.
    """
    shared = {PROVENANCE_PATH: account, **dict((album or {}).values())}
    if attributes:
        shared[ATTRIBUTES_PATH] = _ATTRIBUTES
    index = Index(
        format=FORMAT,
        generator=f"chipassets {__version__}",
        game=plan.game,
        chip=plan.chip,
        seed=plan.seed,
        model=ModelEntry(name=model.name, sha256=model.sha256),
        provenance=file_entry(PROVENANCE_PATH, account),
        album={kind: file_entry(*file) for kind, file in (album or {}).items()},
        attributes=file_entry(ATTRIBUTES_PATH, _ATTRIBUTES) if attributes else None,
        tracks=list(entries),
    )
    return index, shared


def _takes_json(take: LockedTake) -> list[dict[str, Any]]:
    return [_row_json(row, chosen=row.number == take.number) for row in take.table]


def _row_json(row: TakeRow, *, chosen: bool) -> dict[str, Any]:
    """Return the row as JSON values; take numbers start at 1 in text for people."""
    return {
        "take": row.number + 1,
        "chosen": chosen,
        "score": row.total,
        "verdict": row.verdict,
        "features": {
            name: {"value": value, "points": points} for name, value, points in row.features
        },
    }


def _outline(value: Any, levels: int, indent: str = "") -> str:
    """Return JSON with the first `levels` levels of nesting on separate lines, the rest inline."""
    if levels == 0 or not isinstance(value, (dict, list, tuple)) or not value:
        return _JSON.encode(value)
    inner = indent + "  "
    if isinstance(value, dict):
        parts = [
            f"{_JSON.encode(str(name))}: {_outline(item, levels - 1, inner)}"
            for name, item in value.items()
        ]
        return "{\n" + ",\n".join(inner + part for part in parts) + f"\n{indent}}}"
    parts = [_outline(item, levels - 1, inner) for item in value]
    return "[\n" + ",\n".join(inner + part for part in parts) + f"\n{indent}]"
