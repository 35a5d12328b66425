"""Prints what pulled in a bar."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from chipassets.cli.output import print_json, print_table, print_text
from chipassets.keys import pitch_name

if TYPE_CHECKING:
    from chipassets.audition import BarExplained
    from chipassets.compose.explain import Pulled

_MOST_PULLS = 4
_LEAST_PULL = 0.05
"""Nats below which a pull is not worth a word: it changes a probability by a twentieth."""


def print_bar(track: str, found: BarExplained, *, as_json: bool) -> None:
    """Print the bar's circumstances, each term's pulls in sum, and every event that was chosen."""
    if as_json:
        print_json(asdict(found) | {"track": track, "sums": _sums(found.events)})
        return
    print_text(_heading(track, found))
    from chipassets.compose.guidance.registry import TERMS

    if not found.events:
        print_text("nothing was left to choose: the script settles the bar")
        return
    print_table(
        "each term, over the notes that start or hold and the steps that close (nats)",
        ["term", "in all", "for", "against", "wants"],
        [
            [name, *_signed(sums), found.aims.get(name) or TERMS[name].says]
            for name, sums in _sums(found.events).items()
        ],
    )
    print_table(
        "every choice: what the model alone gave it, what guidance made of it, and why",
        ["step", "event", "alone", "guided", "pulled by"],
        [_row(event, found.steps_per_bar) for event in found.events],
    )


def _heading(track: str, found: BarExplained) -> str:
    said = [f"{track}, take {found.take}, bar {found.bar}, section {found.section}"]
    if found.chords:
        said.append(f"chords {found.chords}")
    if found.motifs:
        said.append(f"the motif {' and '.join(found.motifs)} stands here")
    if found.returns_from is not None:
        said.append(f"the form brings back bar {found.returns_from}")
    return "; ".join(said)


def _sums(events: tuple[Pulled, ...]) -> dict[str, dict[str, float]]:
    """Each term's pulls in sum, those of the strongest effect first."""
    pulls: dict[str, list[float]] = {}
    for event in events:
        for name, pull in event.pulls.items():
            pulls.setdefault(name, []).append(pull)
    sums = {
        name: {
            "all": round(sum(values), 3),
            "for": round(sum(value for value in values if value > 0), 3),
            "against": round(sum(value for value in values if value < 0), 3),
        }
        for name, values in pulls.items()
    }
    return dict(sorted(sums.items(), key=lambda item: item[1]["against"] - item[1]["for"]))


def _signed(sums: dict[str, float]) -> list[str]:
    return [f"{sums[part]:+.2f}" for part in ("all", "for", "against")]


def _row(event: Pulled, steps_per_bar: int) -> list[str]:
    pulls = sorted(event.pulls.items(), key=lambda item: -abs(item[1]))[:_MOST_PULLS]
    why = ", ".join(f"{name} {pull:+.1f}" for name, pull in pulls if abs(pull) >= _LEAST_PULL)
    name = event.what if event.pitch is None else f"{pitch_name(event.pitch)} {event.what}"
    step = str(event.step % steps_per_bar + 1)
    return [step, name, f"{event.alone:.3f}", f"{event.guided:.3f}", why]
