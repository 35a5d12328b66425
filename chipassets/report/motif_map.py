"""The motif map: where each track quotes which motif, and how it was changed to fit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from chipassets.bundle import StatementEntry, TrackEntry
from chipassets.report.html import Html, card_id, element, join
from chipassets.report.midi_roll import track_steps
from chipassets.report.pitches import say_pitch
from chipassets.units import steps_per_bar

MOTIF_COLOURS = 6


def motif_numbers(tracks: Iterable[TrackEntry]) -> dict[str, int]:
    """Return the number of each motif's colour, the same on the whole page."""
    names = dict.fromkeys(said.motif for track in tracks for said in track.statements)
    return {name: number % MOTIF_COLOURS for number, name in enumerate(names)}


def draw_motif_map(
    tracks: Sequence[TrackEntry], numbers: dict[str, int], pages: Mapping[str, str] | None = None
) -> Html | None:
    """Return a row per track with its statements on the bars; None if no track quotes a motif.

    pages: the file that describes a track, by name, if it is another one.
    """
    pages = pages or {}
    stating = [track for track in tracks if track.statements]
    if not stating:
        return None
    legend = (
        element("li", element("span", class_=f"swatch m{n}", aria_hidden="true"), name)
        for name, n in numbers.items()
    )
    return element(
        "section",
        element("h2", "Motif map", id="motifs-title"),
        element("ul", *legend, class_="legend", aria_label="Motifs"),
        element(
            "dl",
            *(
                join(
                    element("dt", _draw_link(track, pages.get(track.name, ""))),
                    element("dd", draw_lane(track, numbers)),
                )
                for track in stating
            ),
            class_="motif-map",
        ),
        class_="motifs",
        aria_labelledby="motifs-title",
    )


def _draw_link(track: TrackEntry, page: str) -> Html:
    return element("a", track.name, href=f"{page}#{card_id(track.name)}")


def draw_lane(track: TrackEntry, numbers: dict[str, int]) -> Html:
    """Return a list of the track's statements, positioned by their start and length."""
    return element(
        "ul",
        *(_draw_statement(said, track, numbers.get(said.motif, 0)) for said in track.statements),
        class_="lane",
        aria_label=f"Motifs in {track.name}",
    )


def _draw_statement(said: StatementEntry, track: TrackEntry, number: int) -> Html:
    """Return a statement of a motif, placed by its start and length."""
    steps = track_steps(track)
    start = said.start_bar * steps_per_bar(track.beats_per_bar) + said.start_step
    return element(
        "li",
        element("span", _label(said), aria_hidden="true"),
        element("span", say_statement(said, track.key), class_="hidden"),
        class_=f"m{number}" + ("" if said.whole else " broken"),
        style=f"left:{100 * start / steps:.3f}%;width:{100 * said.steps / steps:.3f}%",
        title=say_statement(said, track.key),
    )


def _label(said: StatementEntry) -> str:
    """Return a statement's motif with its transposition in semitones and its stretch."""
    shift = f" {said.transposition:+d}" if said.transposition else ""
    return f"{said.motif}{shift}" + (f" ×{said.stretch:g}" if said.stretch != 1 else "")


def say_statement(said: StatementEntry, key: str) -> str:
    """Return a phrase with a statement's motif, place and changes; key: the track's, in words."""
    return f"{said.motif} in {_say_place(said)}: {', '.join(say_changes(said, key))}"


def _say_place(said: StatementEntry) -> str:
    step = f" from step {said.start_step + 1}" if said.start_step else ""
    section = f" ({said.section})" if said.section else ""
    return f"bar {said.start_bar + 1}{section}{step}"


def say_changes(said: StatementEntry, key: str) -> list[str]:
    """Return the changes of a motif, one phrase each; the pitch is always included.

    key: the track's key in words, by which pitches are spelled.
    """
    shift = said.transposition
    way = "up" if shift > 0 else "down"
    changes = [f"{way} {abs(shift)} semitones" if shift else "at its own pitch"]
    changes[0] += f" from {said.motif_key}"
    if said.stretch != 1:
        changes.append(f"note values times {said.stretch:g}")
    changes.append(f"{say_pitch(said.lowest, key)} to {say_pitch(said.highest, key)}")
    if said.returned:
        changes.append("returns with its section")
    if not said.whole:
        changes.append("not every note is in the top line")
    return changes


def statement_rows(track: TrackEntry) -> list[tuple[str, str, str]]:
    """Return the motif, place and changes of each statement."""
    return [
        (said.motif, _say_place(said), ", ".join(say_changes(said, track.key)))
        for said in track.statements
    ]
