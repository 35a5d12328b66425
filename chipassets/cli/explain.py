"""Prints how a bar of a take was composed."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from chipassets.cli.output import print_json, print_table, print_text

if TYPE_CHECKING:
    from chipassets.compose.explain import BarExplained
    from chipassets.decisions.stored_bar import BarStored


def print_bar(track: str, found: BarExplained | BarStored, *, as_json: bool) -> None:
    """Print the bar's place in the plan, the source of its tune, its costs and its notes.

    Of a take that cannot be composed again print what is stored, and what cannot be known any more.
    """
    if as_json:
        print_json(asdict(found) | {"track": track})
        return
    from chipassets.decisions.stored_bar import BarStored

    if isinstance(found, BarStored):
        _print_stored(track, found)
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


def _print_stored(track: str, found: BarStored) -> None:
    said = [f"{track}, take {found.version}, bar {found.bar}, section {found.section}"]
    said += [f"it is {found.origin}"] * bool(found.origin)
    said += [f"chords {found.chords}"] * bool(found.chords)
    said += [f"the motif {' and '.join(found.motifs)} stands here"] * bool(found.motifs)
    print_text("; ".join(said))
    why = "; ".join(found.changed) or "the lock does not say from what it was composed"
    print_text(
        f"the take cannot be composed again: {why}. How its tune was developed, what the search "
        "charged for it, and what its parts were planned to do, was not stored and cannot be known "
        "any more. This is what its notes and the lock say:"
    )
    print_table(
        "the parts: step:pitch+steps",
        ["part", "it", "notes"],
        [[part, found.relations[part], notes or "-"] for part, notes in found.notes.items()],
    )
    if found.plan:
        print_table(
            "what it was composed from",
            ["what", "value"],
            [[name.replace("_", " "), text] for name, text in found.plan.items()],
        )
    if found.hashed:
        print_text(f"it also had {', '.join(found.hashed)}, of which the lock has only a hash")
    if found.measures:
        print_table(
            "what the whole take measures now",
            ["measure", "value"],
            [[name, f"{value:g}"] for name, value in found.measures.items()],
        )
    print_text(f"why it is the track's take: {found.chosen}")


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
