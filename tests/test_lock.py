"""The lock: what someone decided comes back, older files are read, damaged ones are refused."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from chipassets.errors import CheckError
from chipassets.keys import Key
from chipassets.lock import LockedTake, Rejection, TakeRow, lock_to_bytes, read_lock
from chipassets.score import Note, Score

SCORE = Score((Note(0, 4, 60), Note(4, 12, 67)), 1, 120_000, Key(0, "major"))
PLAIN = LockedTake("key", 3, 16, "why", SCORE)
DECIDED = replace(
    PLAIN,
    accepted=True,
    plan_key="plan",
    rejected=(Rejection(1, "aa"), Rejection(7, "bb")),
    rolled=16,
    table=(
        TakeRow(0, 0.813, "", (("scale", 0.98, 0.75), ("on beat", -1.5, 0.0))),
        TakeRow(1, 0.4, "refused: silent | for 17 steps; rejected", ()),
    ),
)


def written(folder: Path, takes: dict[str, LockedTake]) -> Path:
    path = folder / "game.lock"
    path.write_bytes(lock_to_bytes(takes))
    return path


def test_a_lock_comes_back_as_it_was(tmp_path: Path) -> None:
    takes = {"a": PLAIN, "b": DECIDED}
    assert read_lock(written(tmp_path, takes)) == takes


def test_a_take_that_nobody_decided_on_reads_as_before(tmp_path: Path) -> None:
    """The first version of the lock had these fields and no others."""
    entry = json.loads(lock_to_bytes({"a": PLAIN}))["tracks"]["a"]
    assert list(entry) == ["notes_key", "number", "of", "why", "score"]
    assert not read_lock(written(tmp_path, {"a": PLAIN}))["a"].accepted


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("accepted", "yes"),
        ("rejected", 3),
        ("rejected", [{"number": 1}]),
        ("rejected", ["x"]),
        ("rolled", "many"),
        ("rolled", None),
        ("number", []),
        ("score", []),
        ("score", ["chipassets score 1", "key H major"]),
    ],
)
def test_a_damaged_choice_is_refused(tmp_path: Path, name: str, value: object) -> None:
    path = written(tmp_path, {"b": DECIDED})
    lock = json.loads(path.read_text())
    lock["tracks"]["b"][name] = value
    path.write_text(json.dumps(lock))
    with pytest.raises(CheckError, match=r"game\.lock.*version control"):
        read_lock(path)
