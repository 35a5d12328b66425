"""Stores repetitions once: repeated parts of sequences become phrases that the sequences call."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass

Token = Hashable
"""A code of the stream; equal tokens play the same."""


@dataclass(frozen=True, slots=True)
class Call:
    """A token that plays a phrase and returns."""

    phrase: int


def with_phrases(
    sequence: Sequence[Token],
    cost: Callable[[Token], int],
    *,
    call: int,
    end: int,
    depth: int,
    anchors: Callable[[Token], bool],
) -> tuple[list[Token], list[list[Token]]]:
    """Return the sequence and the phrases that it calls, which together need fewer bytes.

    cost: bytes of a token; call and end: bytes of a call and of a phrase's end. depth: the most
    nested calls. anchors: tokens that no phrase may contain. The repetition that saves most becomes
    a phrase, again and again, until none saves anything.
    """
    texts: list[list[Token]] = [list(sequence)]
    while True:
        best = _best(texts, cost, call, end, depth, anchors)
        if best is None:
            return texts[0], texts[1:]
        phrase, uses = best
        number = len(texts) - 1
        texts.append(list(phrase))
        for text, starts in uses.items():
            for start in sorted(starts, reverse=True):
                texts[text][start : start + len(phrase)] = [Call(number)]
    return texts[0], texts[1:]


_Uses = dict[int, list[int]]
"""The positions of a phrase, by text."""


def _best(
    texts: Sequence[Sequence[Token]],
    cost: Callable[[Token], int],
    call: int,
    end: int,
    depth: int,
    anchors: Callable[[Token], bool],
) -> tuple[tuple[Token, ...], _Uses] | None:
    """Return the phrase that saves most bytes, and its uses; None if none saves any."""
    best: tuple[tuple[Token, ...], _Uses] | None = None
    most = 0
    for phrase, places in _repeats(texts, anchors):
        size = sum(map(cost, phrase))
        if (len(places) - 1) * size - len(places) * call - end <= most:
            continue
        uses = _apart(places, len(phrase))
        count = sum(map(len, uses.values()))
        saved = (count - 1) * size - count * call - end
        if saved > most and _fits(phrase, uses, texts, depth):
            most, best = saved, (phrase, uses)
    return best


def _fits(
    phrase: Sequence[Token], uses: _Uses, texts: Sequence[Sequence[Token]], depth: int
) -> bool:
    """Return whether a phrase can be used in these texts without calls nesting beyond `depth`."""
    inner = _below(phrase, texts)
    return all(_above(text, texts) + 1 + inner <= depth for text in uses)


def _below(tokens: Sequence[Token], texts: Sequence[Sequence[Token]]) -> int:
    """Return how deeply the calls among the tokens nest; 0 without calls."""
    calls = {token for token in tokens if isinstance(token, Call)}
    return max((1 + _below(texts[call.phrase + 1], texts) for call in calls), default=0)


def _above(text: int, texts: Sequence[Sequence[Token]]) -> int:
    """Return how many nested calls at most lead to a text, by its index; 0 for the song itself."""
    if text == 0:
        return 0
    callers = [other for other, tokens in enumerate(texts) if Call(text - 1) in tokens]
    return 1 + max((_above(other, texts) for other in callers), default=0)


def _apart(places: Sequence[tuple[int, int]], length: int) -> _Uses:
    """Return the starts of a phrase by text, without those that overlap the one before."""
    uses: _Uses = {}
    for text, start in sorted(places):
        if text not in uses or uses[text][-1] + length <= start:
            uses.setdefault(text, []).append(start)
    return uses


def _repeats(
    texts: Sequence[Sequence[Token]], anchors: Callable[[Token], bool]
) -> Iterator[tuple[tuple[Token, ...], list[tuple[int, int]]]]:
    """Return every maximal sequence of tokens that occurs at least twice, with its places."""
    numbers: dict[Token, int] = {}
    flat: list[int] = []
    home: list[tuple[int, int]] = []
    for text, tokens in enumerate(texts):
        for place, token in enumerate(tokens):
            # Unique numbers at anchors and between texts end every repetition.
            unique = -len(flat) - 1
            flat.append(unique if anchors(token) else numbers.setdefault(token, len(numbers)))
            home.append((text, place))
        flat.append(-len(flat) - 1)
        home.append((text, len(tokens)))
    order, shared = _suffixes(flat)
    stack: list[tuple[int, int]] = []
    for index in range(1, len(order) + 1):
        height = shared[index] if index < len(order) else 0
        left = index - 1
        while stack and stack[-1][0] > height:
            length, left = stack.pop()
            text, place = home[order[left]]
            places = [home[start] for start in order[left:index]]
            yield tuple(texts[text][place : place + length]), places
        if height and (not stack or stack[-1][0] < height):
            stack.append((height, left))


def _suffixes(flat: Sequence[int]) -> tuple[list[int], list[int]]:
    """Return the sorted suffixes, and the prefix length that each shares with the one before."""
    rank = {value: n for n, value in enumerate(sorted(set(flat)))}
    ranks = [rank[value] for value in flat]
    width = 1
    count = len(flat)
    while width < count and len(set(ranks)) < count:
        keys = [(ranks[n], ranks[n + width] if n + width < count else -1) for n in range(count)]
        places = {key: n for n, key in enumerate(sorted(set(keys)))}
        ranks = [places[key] for key in keys]
        width *= 2
    order = sorted(range(count), key=ranks.__getitem__)
    shared = [0] * count
    height = 0
    for start in range(count):
        if ranks[start] == 0:
            height = 0
            continue
        before = order[ranks[start] - 1]
        while (
            start + height < count
            and before + height < count
            and flat[start + height] == flat[before + height]
        ):
            height += 1
        shared[ranks[start]] = height
        height = max(0, height - 1)
    return order, shared
