"""Prints how a bar of a take was composed."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from chipassets.cli.output import print_json, print_table, print_text

if TYPE_CHECKING:
    from chipassets.compose.explain import BarExplained


def print_bar(track: str, found: BarExplained, *, as_json: bool) -> None:
    """Print the bar's place in the plan, the source of its tune, its costs and its notes."""
    if as_json:
        print_json(asdict(found) | {"track": track})
        return
    from chipassets.compose.fit import COSTS
    from chipassets.compose.ideas import BASS_ROLES, IDEAS, INNER_ROLES

    says_of = {**COSTS, "avoided": "what the manifest asks the track to avoid"}
    print_text(_heading(track, found))
    print_text(f"the piece {IDEAS[found.idea].says}")
    print_text(f"the tune is {found.tune}" + (f" (cell {found.cell})" if found.cell else ""))
    if found.costs:
        print_table(
            "what the bar costs in the search, in points; the piece with the lowest total wins",
            ["cost", "points", "for"],
            [[name, f"{points:+.2f}", says_of[name]] for name, points in found.costs.items()],
        )
    if found.likeness:
        print_table(
            "what the take measures, and the file that it is to be like",
            ["measure", "take", "file"],
            [[name, f"{own:g}", f"{file:g}"] for name, (own, file) in found.likeness.items()],
        )
    says = {**INNER_ROLES, **BASS_ROLES, "tune": "sings"}
    print_table(
        "the parts: step:pitch+steps",
        ["part", "it", "notes"],
        [
            [part, says[found.roles.get(part, "tune")], notes or "-"]
            for part, notes in found.notes.items()
        ],
    )


def _heading(track: str, found: BarExplained) -> str:
    said = [
        f"{track}, take {found.version or found.take}, bar {found.bar}, section {found.section}"
    ]
    if found.origin:
        said.append(f"it is {found.origin}")
    if found.chords:
        said.append(f"chords {found.chords}")
    if found.cadence:
        said.append(f"the phrase closes: {found.cadence}")
    if found.motifs:
        said.append(f"the motif {' and '.join(found.motifs)} stands here")
    if found.returns_from is not None:
        said.append(f"the form brings back bar {found.returns_from}")
    return "; ".join(said)
