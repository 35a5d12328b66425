"""What accepted takes replaced comes back, step by step, whatever was accepted before."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from chipassets.lock import LockedTake, Version, notes_sha256
from chipassets.music.keys import Key
from chipassets.music.score import Note, Score


def take(letter: str) -> LockedTake:
    score = Score((Note(0, 4, 60 + ord(letter) - ord("a")),), 1, 120_000, Key(0, "major"))
    return LockedTake("key", ord(letter) - ord("a"), 4, letter, score, accepted=True)


def version(letter: str) -> Version:
    return replace(take(letter).replaced(), version=1, origin=f"repaired {letter}", accepted=False)


@given(st.text("abcd", max_size=9), st.sets(st.sampled_from("bcd")))
def test_undo_goes_back_through_all_takes_once_the_latest_first(
    order: str, repaired: set[str]
) -> None:
    now = take("a")
    for letter in sorted(repaired):
        now = now.with_version(version(letter))
    row = ["a"]
    for letter in order:
        if letter == row[0]:
            continue
        now = replace(take(letter), versions=now.versions).replacing(now)
        row = [letter, *(other for other in row if other != letter)]
        assert now.replaced_row() == [notes_sha256(take(other).score) for other in row[1:]]
        kept = [now.version_of(sha) for sha in now.replaced_row()]
        assert all(one is not None and one.accepted for one in kept)
    for known in now.versions:
        letter = chr(ord("a") + known.number)
        is_repaired = letter in repaired
        assert (known.version, known.origin.startswith("repaired")) == (is_repaired, is_repaired)


def test_a_circle_in_an_edited_lock_ends() -> None:
    now = take("a").replacing(take("b"))
    (old,) = now.versions
    circle = replace(now, versions=(replace(old, before=notes_sha256(old.score)),))
    assert circle.replaced_row() == [notes_sha256(old.score)]
