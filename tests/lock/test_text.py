"""The lock as text: what was decided comes back, older files too; the rest is refused by line."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from chipassets.errors import CheckError
from chipassets.lock import Lock, Rejection, take_from_text, take_to_text
from chipassets.lock.lock_text import lock_from_text, lock_to_text
from tests.lock.material import DECIDED, PLAIN, lock_of

PATH = Path("game.lock")


def test_a_lock_comes_back_as_it_was() -> None:
    lock = lock_of(a=PLAIN, b=DECIDED)
    assert lock_from_text(lock_to_text(lock), PATH) == lock
    assert take_from_text(take_to_text(DECIDED)) == DECIDED


def test_takes_count_from_1_in_the_file() -> None:
    entry = json.loads(lock_to_text(lock_of(b=DECIDED)))["tracks"]["b"]
    assert entry["number"] == 4
    assert [item["number"] for item in entry["rejected"]] == [2, 8]
    assert [row.split(" | ")[0] for row in entry["table"]] == ["1", "2"]


def test_a_lock_of_version_1_is_read_which_counted_from_0() -> None:
    old = {
        "lock": 1,
        "tracks": {
            "a": {
                "notes_key": "key",
                "number": 0,
                "of": 2,
                "why": "why",
                "accepted": True,
                "plan_key": "plan",
                "rejected": [{"number": 1, "notes_sha256": "aa"}],
                "table": ["0 | 0.5 | scale 1 1 | "],
                "score": json.loads(lock_to_text(lock_of(a=PLAIN)))["tracks"]["a"]["score"],
            }
        },
    }
    lock = lock_from_text(json.dumps(old), PATH)
    take = lock.takes["a"]
    assert (take.number, take.of, take.accepted, take.plan_key) == (0, 2, True, "plan")
    assert take.rejected == (Rejection(1, "aa"),)
    assert take.table[0].number == 0
    assert lock.manifest == ""
    assert lock_from_text(lock_to_text(lock), PATH) == lock


def test_a_take_that_nobody_decided_on_says_no_more_than_it_has_to() -> None:
    entry = json.loads(lock_to_text(lock_of(a=PLAIN)))["tracks"]["a"]
    assert list(entry) == ["notes_key", "number", "of", "why", "score"]


def edited(old: str, new: str) -> tuple[str, int]:
    """The text of a lock with one place changed, and the line of that place."""
    text = lock_to_text(lock_of(a=PLAIN, b=DECIDED))
    start = text.index('"b"')
    at = text.index(old, start)
    return text[:at] + new + text[at + len(old) :], text[:at].count("\n") + 1


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"number": 4', '"number": 1e999', "number is inf"),
        ('"number": 4', '"number": -5', "number is -5"),
        ('"number": 4', '"number": 0', "number is 0"),
        ('"number": 4', '"number": 17', "instead of a number 1 to 16"),
        ('"number": 4', '"number": true', "number is True"),
        ('"number": 4', '"number": []', "number is"),
        ('"of": 16', '"of": 0', "of is 0"),
        ('"of": 16', '"of": 99999999', "of is 99999999"),
        ('"why": "accepted; why"', '"why": "\\ud800"', "why has a lone surrogate"),
        ('"why": "accepted; why"', '"why": 3', "why is not a text"),
        ('"accepted": true', '"accepted": "yes"', "neither true nor false"),
        ('"rolled": 16', '"rolled": null', "rolled is missing"),
        ('"rolled": 16', '"rolled": "many"', "rolled is 'many'"),
        ('"rejected": [', '"rejected": 3, "versions": [', "rejected is not a list"),
        ('"number": 2', '"number": -2', "number is -2"),
        ('"1 | 0.813', '"1 | 1e999', "an invalid take number"),
        ('"1 | 0.813', '"x | 0.813', "not the row of a take"),
        ('"2 | 0.4', '"999999 | 0.4', "an invalid take number"),
        ('"key C major"', '"key H major"', "is not a key"),
        ('"tempo 120000"', '"tempo 0"', "a tempo of 0"),
        ('"tempo 120000"', '"tempo 99999999999"', "a tempo of 99999999999"),
        ('"tempo 120000"', '"tempo fast"', "its score is refused"),
        ('"beats 4"', '"beats 0"', "refused|0 beats a bar"),
        ('"beats 4"', '"beats 4000"', "4000 beats a bar"),
        ('"bars 1"', '"bars 99999999"', "99999999 bars"),
        ('"bars 1"', '"bars -1"', "-1 bars"),
        ('"loop 0"', '"loop 77"', "loops from bar 77 of 1"),
        ('"loop 0"', '"section -5 0 A",\n    "loop 0"', "bars -5 to -5 of 1"),
        ('"loop 0"', '"section 0 9 A",\n    "loop 0"', "bars 0 to 9 of 1"),
        ('"loop 0"', '"chords Xyz",\n    "loop 0"', "Xyz"),
        ('"loop 0"', '"chords C; F",\n    "loop 0"', "chords for 2 bars of 1"),
        ('"loop 0"', '"motif 0 4 2 999 hero",\n    "loop 0"', "motif 'hero'"),
        ("0:C4+4", "0:C4+99999999", "a note of 99999999 steps"),
        ("0:C4+4", "0:C99+4", "its score is refused"),
        ("0:C4+4", "99:C4+4", "refused|outside"),
    ],
)
def test_an_edited_value_is_refused_by_its_line(old: str, new: str, said: str) -> None:
    text, line = edited(old, new)
    with pytest.raises(CheckError) as refused:
        lock_from_text(text, PATH)
    message = str(refused.value)
    assert re.search(said, message), message
    assert "track 'b'" in message
    assert "version control" in message
    place = re.match(r"game\.lock:(\d+): ", message)
    assert place, message
    if old == '"number": 2':
        line -= 2  # of a list of mappings the line on which it starts
    if "score is refused" not in message:  # nor has a fault of the whole score a line of its own
        assert int(place[1]) == line, message


@pytest.mark.parametrize(
    "text",
    ["", "{}", "[]", "null", "3", '{"lock": 2}', '{"lock": 2, "tracks": []}', "[" * 100_000,
     '{"lock": 9, "tracks": {}}', '{"lock": true, "tracks": {}}', '{"lock": 1e999, "tracks": {}}',
     '{"lock": 2, "tracks": {"a": 3}}', '{"lock": 2, "tracks": {"a": {}}}',
     '{"lock": 2, "tracks": {"../a": {}}}', '{"lock": 2, "tracks": {"\\ud800": {}}}',
     '{"lock": 2, "tracks": {}, "manifest": 3}', "\0"],
)  # fmt: skip
def test_what_is_no_lock_is_refused(text: str) -> None:
    with pytest.raises(CheckError, match=r"game\.lock"):
        lock_from_text(text, PATH)


def test_entries_move_to_new_names_unless_something_is_there() -> None:
    lock = lock_of(desert=DECIDED, town=PLAIN)
    assert lock.renamed({"oasis": "desert", "town": None}).takes == {
        "town": PLAIN, "oasis": DECIDED,
    }  # fmt: skip
    decided = lock_of(desert=DECIDED, town=DECIDED)
    assert decided.renamed({"town": "desert"}) == decided
    assert lock.renamed({"oasis": "desert", "desert": None}) == lock
    assert lock.renamed({"oasis": "nowhere"}) == lock
    assert Lock().renamed({"a": "b"}) == Lock()
    # Built under the new name before anybody said the old one: what was decided comes back.
    both = Lock({"desert": DECIDED, "oasis": PLAIN})
    assert both.renamed({"oasis": "desert"}).takes == {"oasis": DECIDED}
    for other in (
        Lock({"desert": PLAIN, "oasis": PLAIN}),
        Lock({"desert": DECIDED, "oasis": DECIDED}),
    ):
        assert other.renamed({"oasis": "desert"}) == other


def test_a_track_that_one_branch_renamed_and_another_repaired_is_one() -> None:
    renamed = replace(PLAIN, accepted=True)
    score = replace(PLAIN.score, notes=PLAIN.score.notes[1:])
    repaired = replace(renamed, score=score).replacing(renamed)
    names = {"oasis": "desert"}
    merged = Lock({"desert": repaired, "oasis": renamed})
    assert merged.renamed(names).takes == {"oasis": repaired}
    assert merged.rivals(names) == {}
    # The other way round the repaired one stays where it is.
    turned = Lock({"desert": renamed, "oasis": repaired})
    assert turned.renamed(names).takes["oasis"] == repaired
    assert turned.rivals(names) == {}
    # Both repaired it: a person has to say which.
    other = replace(PLAIN.score, notes=PLAIN.score.notes[:-1])
    both = Lock({"desert": repaired, "oasis": replace(renamed, score=other).replacing(renamed)})
    assert both.renamed(names) == both
    assert both.rivals(names) == {"oasis": "desert"}


def test_numbers_of_takes_reach_into_every_row() -> None:
    text, _ = edited('"2 | 0.4', '"0 | 0.4')
    with pytest.raises(CheckError, match="an invalid take number"):
        lock_from_text(text, PATH)
    assert replace(DECIDED, accepted=False).is_decided
    assert not PLAIN.is_decided


@pytest.mark.parametrize(
    ("where", "place"),
    [
        ((), ""),
        (("tracks", "town"), "track 'town': "),
        (("tracks", "town", "versions", 0), "track 'town': "),
    ],
)
def test_a_key_of_a_newer_version_is_refused_as_writing_would_lose_it(
    where: tuple[str | int, ...], place: str
) -> None:
    take = DECIDED.with_version(DECIDED.replaced())
    whole = json.loads(lock_to_text(lock_of(town=take)))
    part = whole
    for step in where:
        part = part[step]
    part["added_later"] = 1
    text = json.dumps(whole, indent=1)
    with pytest.raises(CheckError, match=f"{place}'added_later' is a key .*update chipassets"):
        lock_from_text(text, PATH)
