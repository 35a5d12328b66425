"""Merging takes: whatever two did to a lock at once, no decision gets lost."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from chipassets.lock import LockedTake, Rejection, merge_locks, merge_takes
from chipassets.music.score import Note
from tests.lock.material import PLAIN, SCORE, lock_of

SCORES = [SCORE, *(SCORE.with_notes([Note(0, 4, 60 + n)]) for n in range(3))]
takes = st.builds(
    replace,
    st.just(PLAIN),
    number=st.integers(0, 3),
    score=st.sampled_from(SCORES),
    accepted=st.booleans(),
    rejected=st.lists(st.sampled_from([Rejection(n, f"{n}") for n in range(4)]), unique=True).map(
        tuple
    ),
    rolled=st.integers(0, 3),
)
maybe = st.none() | takes


@given(maybe, maybe, maybe)
def test_merging_takes_each_sides_change_and_loses_no_decision(
    base: LockedTake | None, ours: LockedTake | None, theirs: LockedTake | None
) -> None:
    merged = merge_takes(base, ours, theirs)
    assert merge_takes(base, ours, base) == ours
    assert merge_takes(base, base, theirs) == theirs
    assert merge_takes(base, ours, ours) == ours
    if ours is None or theirs is None or base in (ours, theirs):
        return
    assert merged is not None
    assert merged.accepted == (ours.accepted or theirs.accepted)
    assert merged.score in (ours.score, theirs.score)
    if ours.accepted != theirs.accepted:
        assert merged.score == (ours if ours.accepted else theirs).score
    before = set(base.rejected) if base else set()
    both = {*ours.rejected, *theirs.rejected}
    for item in both - before:
        assert item in merged.rejected
    for item in before:
        assert (item in merged.rejected) == (item in ours.rejected and item in theirs.rejected)
    assert merged.rolled == max(ours.rolled, theirs.rolled)


def test_only_two_accepted_takes_of_other_notes_are_a_conflict() -> None:
    yes = replace(PLAIN, accepted=True)
    other = replace(yes, score=SCORES[1])
    base = lock_of(a=PLAIN, b=PLAIN, c=yes, d=PLAIN)
    ours = lock_of(a=yes, b=yes, c=PLAIN, d=replace(PLAIN, score=SCORES[2]))
    theirs = lock_of(a=other, b=PLAIN, c=yes, d=other)
    merged, conflicts = merge_locks(base, ours, theirs)
    assert conflicts == ["a"]
    assert merged.takes == {"a": yes, "b": yes, "c": PLAIN, "d": other}
