"""The takes that a track was chosen from: points, measures, and reasons against each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from chipassets.report.html import Html, element, join
from chipassets.selection.features import FEATURES

_MOST_ROWS = 600


@dataclass(frozen=True, slots=True)
class Take:
    """A take from the provenance; features: measured value and points 0..1 by name."""

    number: int
    is_chosen: bool
    points: float
    verdict: str
    features: Mapping[str, tuple[float, float]]


def read_takes(provenance: Mapping[str, Any], track: str) -> list[Take]:
    """Return the takes of a track, best first, [] if the bundle does not have them."""
    tracks = provenance.get("takes")
    rows = tracks.get(track) if isinstance(tracks, dict) else None
    listed = rows[:_MOST_ROWS] if isinstance(rows, list) else []
    found = [take for row in listed if (take := _read_take(row))]
    return sorted(found, key=lambda take: (not take.is_chosen, -take.points, take.number))


def _read_take(row: object) -> Take | None:
    """Return a row, None if it is invalid: a provenance is not trusted."""
    if not isinstance(row, dict):
        return None
    features = row.get("features")
    try:
        return Take(
            number=int(row["take"]),
            is_chosen=bool(row["chosen"]),
            points=float(row["score"]),
            verdict=str(row["verdict"]),
            features={
                str(name): (float(found["value"]), float(found["points"]))
                for name, found in (features if isinstance(features, dict) else {}).items()
            },
        )
    except (KeyError, TypeError, ValueError, OverflowError):
        return None


def draw_takes(takes: list[Take]) -> Html:
    """Return the table: a row per take, the chosen one first, a column per feature; then a legend.

    If the window is too narrow for the columns, each take is shown as a block of named values; ARIA
    roles keep it a table for screen readers then.
    """
    found = {name for take in takes for name in take.features}
    names = [name for name in FEATURES if name in found] + sorted(found - FEATURES.keys())
    heads = [
        _head("take", ""),
        _head("points", "of 1"),
        *(_head(name, FEATURES.get(name, ("", ""))[0]) for name in names),
    ]
    rows = (row for take in takes for row in _draw_take(take, names))
    table = element(
        "table",
        element("caption", "Takes: what each measures, and as a bar its points of 1"),
        element("thead", element("tr", *heads, role="row"), role="rowgroup"),
        element("tbody", *rows, role="rowgroup"),
        class_="takes",
        role="table",
    )
    return join(element("div", table, class_="fitting"), _draw_legend(names))


def _head(name: str, unit: str) -> Html:
    """Return the head of a column: its name, and its unit if it has one."""
    said = element("span", unit, class_="unit") if unit else None
    return element("th", name, " " if unit else None, said, scope="col", role="columnheader")


def _draw_take(take: Take, names: list[str]) -> list[Html]:
    """Return a take's row, and a second one with what speaks against it."""
    chosen = element("b", "chosen", class_="chosen") if take.is_chosen else None
    won = "won" if take.is_chosen else None
    row = element(
        "tr",
        element("th", f"{take.number} ", chosen, scope="row", role="rowheader"),
        element("td", f"{take.points:.2f}", class_="number", role="cell", data_name="points"),
        *(_draw_feature(name, take.features.get(name)) for name in names),
        class_=won,
        role="row",
    )
    if not take.verdict:
        return [row]
    said = f"against take {take.number}: {take.verdict}"
    cell = element("td", said, colspan=len(names) + 2, class_="soft", role="cell")
    return [row, element("tr", cell, class_="against", role="row")]


def _draw_feature(name: str, found: tuple[float, float] | None) -> Html:
    """Return a feature's cell with a bar of its points."""
    if found is None:
        return element("td", role="cell")
    value, points = found
    share = min(max(points, 0.0), 1.0)
    return element(
        "td",
        f"{value:g}",
        element("span", f", {points:g} of 1 points", class_="hidden"),
        class_="bar",
        style=f"--points:{share:g}",
        role="cell",
        data_name=name,
    )


def _draw_legend(names: list[str]) -> Html | None:
    """Return the meaning of each column."""
    known = [(name, *FEATURES[name]) for name in names if name in FEATURES]
    if not known:
        return None
    pairs = (
        part
        for name, unit, meaning in known
        for part in (element("dt", name), element("dd", f"{meaning} ({unit})"))
    )
    return element("dl", *pairs, class_="columns")
