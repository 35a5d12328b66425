"""Rerolls: composes a part of a take again, in some bars or all, and keeps it as a version."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from chipassets.compose.composer import Sketch, sketch
from chipassets.compose.material import propose
from chipassets.compose.reroll import REROLLED, TUNE, Reroll, sketch_again
from chipassets.decisions.auditions import Audition, TakeName, keep_version, take_of
from chipassets.errors import CheckError, UsageError
from chipassets.lock import LockedTake, Version, notes_sha256
from chipassets.music.notes import INNER, LEAD, Note, ordered
from chipassets.music.score import FURTHER_PARTS, Score
from chipassets.nearest import did_you_mean
from chipassets.plan.links import VARIANT
from chipassets.plan.trackplan import TrackPlan
from chipassets.production.casting import Candidate, as_candidate
from chipassets.shape import shape
from chipassets.stored.cache_keys import as_played

_ATTEMPTS = 8
"""The number of versions composed; the best is kept."""

_BARS = re.compile(r"bars?\s*:\s*([0-9]{1,9})\s*(?:-\s*([0-9]{1,9})\s*)?")
_WHOLE = frozenset(REROLLED)


@dataclass(frozen=True, slots=True)
class Wanted:
    """The parts and bars to compose again, and their description."""

    reroll: Reroll
    words: str


def read_words(text: str, score: Score) -> Wanted:
    """Return what words such as "B", "bars:7-8", "bass" or "drums,bars:1-4" ask for.

    Parts together with sections or bars mean those parts in those bars. UsageError for an unknown
    word.
    """
    parts: list[str] = []
    bars: set[int] = set()
    said: list[str] = []
    sections = list(dict.fromkeys(part.name for part in score.sections))
    whole_sections = True
    for word in dict.fromkeys(filter(None, (word.strip() for word in text.split(",")))):
        found = _BARS.fullmatch(word)
        if found:
            bars |= _span(word, found, score)
            whole_sections = False
            said.append(_bars_said(found))
        elif word in sections:
            for part in score.sections:
                if part.name == word:
                    bars |= set(range(part.start_bar, part.start_bar + part.bars))
            said.append(f"section {word}")
        elif word in _WHOLE:
            parts.append(word)
        else:
            known = did_you_mean(word, [*sections, *REROLLED], "sections and parts")
            are_bars = _BARS.fullmatch(f"bars:{word}")
            fix = f"write bars:{word}" if are_bars else f"{known}; write bars like bars:7-8"
            raise UsageError(
                f"--reroll {word[:60]!r} is not a section, part or range of bars; {fix}"
            )
    if not parts and not bars:
        raise UsageError("--reroll names nothing; write a section, bars:7-8, or a part like bass")
    chords = bool(bars) and whole_sections and not parts
    where = frozenset(bars) if bars else frozenset(range(score.bars))
    words = " in ".join(filter(None, (" and ".join(parts), " and ".join(said))))
    return Wanted(Reroll(frozenset(parts) or _WHOLE, where, chords), words)


def _span(word: str, found: re.Match[str], score: Score) -> set[int]:
    """Return the bars, from 0, that a word like 5-8 names; UsageError if the take lacks them."""
    first, last = int(found[1]), int(found[2] or found[1])
    if not 1 <= first <= last <= score.bars:
        raise UsageError(f"--reroll {word}: the take has bars 1 to {score.bars}")
    return set(range(first - 1, last))


def _bars_said(found: re.Match[str]) -> str:
    first, last = int(found[1]), int(found[2] or found[1])
    return f"bars {first} to {last}" if first < last else f"bar {first}"


def reroll_take(audition: Audition, text: str, take: TakeName | None = None) -> Version:
    """Compose anew what the words name, keep the best as a version, and return it.

    Everything else of the take (by default the one that a build would use) stays note for note. The
    new version is used only if somebody accepts it.

    Raises:
        UsageError: the words name nothing of the take, or there is no such take.
        CheckError: nothing different was composed, or the take's notes have no parts.
    """
    base = take_of(audition, take)
    if not base.score.is_voiced:
        raise CheckError(
            f"take {base.name} of {audition.track.name} does not say which voice plays which "
            "note, so no part of it can be composed anew; choose a take of this version of "
            "chipassets"
        )
    wanted = read_words(text, base.score)
    known = {notes_sha256(base.score), *(notes_sha256(one.score) for one in audition.versions)}
    tries = Tries(audition, base, wanted.reroll)
    first = len(audition.versions) * _ATTEMPTS
    for other in (False, True):
        # The new bars go on as their neighbours do; if that leaves nothing new, in another way.
        made = [tries.candidate(first + place, other=other) for place in range(_ATTEMPTS)]
        fresh = [item for item in made if notes_sha256(item.score) not in known]
        if fresh:
            break
    else:
        raise CheckError(
            f"nothing different was composed for {wanted.words} of take {base.name}: the manifest "
            "sets the notes there; name other bars or parts"
        )
    best = max(fresh, key=lambda item: (not item.rating.refused, round(item.rating.total, 6)))
    origin = f"take {base.name} with {wanted.words} composed anew"
    return keep_version(audition, base, best.score, origin)


_REROLLED = re.compile(r"take ([0-9.]{1,9}) with (.*) composed anew")
_EDITED = re.compile(r"take ([0-9.]{1,9}) edited in .*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Origin:
    """What a version was made of: a take by its name, and what `reroll_take` was asked for.

    text: None for an import.
    """

    base: str
    text: str | None


def leaves_original(audition: Audition, version: Version) -> str:
    """Return a line that a variant's tune is no longer that of its original in these bars, or "".

    Its bars stay as long, so a game still goes on in the same bar where it changes between the two.
    """
    track = audition.track
    if track.link is None or track.link.kind != VARIANT:
        return ""
    before = take_of(audition, version.number + 1).score.part(LEAD)
    if version.score.part(LEAD) == before:
        return ""
    return (
        f"\nits tune is then no longer that of {track.link.of}, whose variant {track.name} is; to "
        f"change both, compose those bars of {track.link.of} again"
    )


def read_origin(take: LockedTake) -> Origin | None:
    """Return what a version says of its origin; None for a take as composed."""
    if found := _REROLLED.fullmatch(take.origin):
        words = re.split(r" and | in ", found[2])
        return Origin(found[1], ",".join(map(_asked, words)))
    if found := _EDITED.fullmatch(take.origin):
        return Origin(found[1], None)
    return None


def _asked(words: str) -> str:
    """Return the word of `read_words` that is described like this."""
    words = words.removeprefix("section ")
    return re.sub(r"bars? ([0-9]+)(?: to ([0-9]+))?", _span_asked, words)


def _span_asked(found: re.Match[str]) -> str:
    return f"bars:{found[1]}-{found[2] or found[1]}"


@dataclass(frozen=True, slots=True)
class Rerolled:
    """An attempt at a reroll with the values that led to it; track: its base's plan."""

    track: TrackPlan
    wanted: Reroll
    made: Sketch


def tries_of(audition: Audition, base: LockedTake, text: str) -> Tries:
    """Return the attempts at a reroll; UsageError for words that name nothing of the base."""
    return Tries(audition, base, read_words(text, base.score).reroll)


class Tries:
    """The attempts at a reroll; each always composes the same."""

    def __init__(self, audition: Audition, base: LockedTake, wanted: Reroll) -> None:
        """Propose the material, and compose the take as its number is composed now."""
        self._audition, self._base, self._wanted = audition, base, wanted
        self._track = as_played(audition.track, base)
        self._material = propose(self._track, audition.model)
        self._own = sketch(self._track, self._material, base.number)

    def matching(self, score: Score, place: int) -> Iterator[Rerolled]:
        """Yield the attempts with the notes of a score; place: its number among the versions."""
        wanted = notes_sha256(score)
        for first in dict.fromkeys((place, *range(len(self._audition.versions) + 1))):
            for other in (False, True):
                for attempt in range(first * _ATTEMPTS, (first + 1) * _ATTEMPTS):
                    made = self.sketch(attempt, other=other)
                    if notes_sha256(self._whole(made)) == wanted:
                        yield Rerolled(self._track, self._wanted, made)

    def candidate(self, attempt: int, *, other: bool) -> Candidate:
        """Return an attempt as a rated take."""
        audition, base = self._audition, self._base
        whole = self._whole(self.sketch(attempt, other=other))
        return as_candidate(self._track, base.number, whole, audition.grams, audition.choices)

    def _whole(self, made: Sketch) -> Score:
        """Return the notes of an attempt, with all that was not asked for as in the base."""
        return _only(self._base.score, shape(made.score, self._track), self._wanted)

    def sketch(self, attempt: int, *, other: bool) -> Sketch:
        """Return an attempt with the values that led to it."""
        return sketch_again(
            self._track, self._material, self._base.score, self._base.number, self._wanted,
            attempt, other=other, own=self._own,
        )  # fmt: skip


def _only(base: Score, made: Score, wanted: Reroll) -> Score:
    """Return the new score, but with the base's notes wherever nothing should change."""
    names = {TUNE: LEAD}
    parts = {names.get(part, part) for part in wanted.parts}

    def is_new(note: Note) -> bool:
        """Return whether a note lies in the parts and bars that are composed anew."""
        part = INNER if note.part in FURTHER_PARTS else note.part
        return part in parts and not wanted.holds(note, base.steps_per_bar)

    def joined(stays: Sequence[Note], fresh: Sequence[Note]) -> tuple[Note, ...]:
        """Return the notes of the base outside, and the new ones inside, those parts and bars."""
        kept = [note for note in stays if not is_new(note)]
        return ordered([*kept, *(note for note in fresh if is_new(note))])

    return replace(
        made,
        notes=joined(base.notes, made.notes),
        further=joined(base.further, made.further),
        tempo_millibpm=base.tempo_millibpm,
        sections=base.sections,
        loop_start_bar=base.loop_start_bar,
        statements=base.statements,
    )
