"""The head of the page: the bundle's facts, and the filters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from chipassets.bundle import Index, TrackEntry
from chipassets.chipfiles import FRAME_CLOCKS
from chipassets.production.cartridge import cartridge_clocks, cartridge_parts
from chipassets.report.card import STATUS_WORDS, draw_change, say_time
from chipassets.report.compare import bundle_bytes, compare_indices, say_size
from chipassets.report.html import Html, element
from chipassets.units import amount_of


def draw_masthead(index: Index, before: Index | None, statuses: Counter[str]) -> Html:
    """Return the game's name and figures, and the overall changes since an earlier bundle."""
    changes = compare_indices(before, index) if before else ()
    summary = ", ".join(f"{statuses[name]} {STATUS_WORDS[name]}" for name in _ordered(statuses))
    return element(
        "header",
        element("p", "What changed" if before else "Music report", class_="kicker"),
        element("h1", index.game),
        element("ul", *(element("li", fact) for fact in _facts(index)), class_="facts"),
        element("p", summary, class_="summary") if before else None,
        element("ul", *map(draw_change, changes), class_="changes") if changes else None,
        class_="masthead",
    )


def _facts(index: Index) -> Iterable[str]:
    """Yield the facts about the bundle that stand below its name."""
    yield amount_of(len(index.tracks), "track")
    yield say_time(sum(track.music_seconds for track in index.tracks))
    yield say_size(bundle_bytes(index))
    if parts := cartridge_parts(index.chip, index):
        player, total = parts["the player"], sum(parts.values())
        yield f"{total:,} bytes on a cartridge, {player:,} of them the player"
        if most := cartridge_clocks(index):
            clocks, name = most
            yield (
                f"the player takes at most {clocks:,} of a frame's {FRAME_CLOCKS[index.chip]:,} "
                f"clocks, in {name}"
            )
    yield f"chip {index.chip}"
    yield f"model {index.model.name}"
    yield f"seed {index.seed}"


def _ordered(statuses: Counter[str]) -> list[str]:
    """Return the statuses that occur, in the order of their table."""
    return [name for name in STATUS_WORDS if statuses[name]]


def draw_filters(entries: Iterable[TrackEntry], statuses: Counter[str]) -> Html:
    """Return a group of buttons for each property that tracks can be filtered by."""
    entries = list(entries)
    groups = [
        ("Show", "status", _ordered(statuses)),
        ("Scene", "scene", list(dict.fromkeys(entry.scene for entry in entries))),
        ("Mood", "mood", list(dict.fromkeys(mood for entry in entries for mood in entry.moods))),
    ]
    return element(
        "nav",
        *(_draw_filter(label, kind, words) for label, kind, words in groups if words),
        element(
            "p",
            element("span", "", id="count", role="status", aria_live="polite"),
            element("button", "Show all", type="button", class_="quiet", id="clear", hidden=True),
            class_="count",
        ),
        aria_label="Filters",
        class_="filters",
    )


def _draw_filter(label: str, kind: str, words: list[str]) -> Html:
    """Return a group of buttons that show only tracks of one scene, mood or status."""
    name = f"filter-{kind}"
    # If something changed, only changed tracks are shown first.
    chosen = [w for w in words if kind == "status" and w != "same" and "same" in words]
    buttons = (
        element(
            "button",
            STATUS_WORDS[word] if kind == "status" else word,
            type="button",
            class_="chip",
            aria_pressed="true" if word in chosen else "false",
            data_filter=kind,
            data_value=word,
        )
        for word in words
    )
    return element(
        "div",
        element("span", label, class_="label", id=name),
        *buttons,
        role="group",
        aria_labelledby=name,
    )
