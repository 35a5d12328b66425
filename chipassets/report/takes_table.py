"""The takes that a track was chosen from: points, measures, and what spoke against each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from chipassets.report.html import Html, element

_MOST_ROWS = 600


@dataclass(frozen=True, slots=True)
class Take:
    """A take as the provenance tells of it; features: name to measured value and points 0..1."""

    number: int
    is_chosen: bool
    points: float
    verdict: str
    features: Mapping[str, tuple[float, float]]


def read_takes(provenance: Mapping[str, Any], track: str) -> list[Take]:
    """Return the takes of a track, best first, [] where the bundle does not tell of them."""
    tracks = provenance.get("takes")
    rows = tracks.get(track) if isinstance(tracks, dict) else None
    listed = rows[:_MOST_ROWS] if isinstance(rows, list) else []
    found = [take for row in listed if (take := _read_take(row))]
    return sorted(found, key=lambda take: (not take.is_chosen, -take.points, take.number))


def _read_take(row: object) -> Take | None:
    """A row, None where it is none: nobody vouches for what a provenance holds."""
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
    """Return the table: a row a take, the chosen one first, a column a feature."""
    names = list(dict.fromkeys(name for take in takes for name in take.features))
    heads = ["take", "points", *names, "against it"]
    return element(
        "div",
        element(
            "table",
            element("caption", "Takes: what each measures, and its points of 1 as a bar"),
            element("thead", element("tr", *(element("th", head, scope="col") for head in heads))),
            element("tbody", *(_draw_take(take, names) for take in takes)),
            class_="takes",
        ),
        class_="rolling",
        tabindex="0",
        role="region",
        aria_label="Takes, a table",
    )


def _draw_take(take: Take, names: list[str]) -> Html:
    chosen = element("b", "chosen", class_="chosen") if take.is_chosen else None
    return element(
        "tr",
        element("th", f"{take.number} ", chosen, scope="row"),
        element("td", f"{take.points:.2f}", class_="number"),
        *(_draw_feature(take.features.get(name)) for name in names),
        element("td", take.verdict or "–", class_="soft"),
        class_="won" if take.is_chosen else None,
    )


def _draw_feature(found: tuple[float, float] | None) -> Html:
    if found is None:
        return element("td")
    value, points = found
    share = min(max(points, 0.0), 1.0)
    return element(
        "td",
        f"{value:g}",
        element("span", f", {points:g} of 1 points", class_="hidden"),
        class_="bar",
        style=f"--points:{share:g}",
    )
