"""A table of all tracks, one row each, with what a reviewer looks for first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from chipassets.bundle import TrackEntry
from chipassets.render.seam import WORST_RATIO
from chipassets.report.card import STATUS_WORDS, say_time
from chipassets.report.compare import say_size
from chipassets.report.html import Child, Html, card_id, element
from chipassets.units import amount_of

_COLUMNS = (
    "Track", "Scene", "Moods", "Key", "Tempo", "Length", "Loudness", "Seam", "Longest quote",
    "Size",
)  # fmt: skip
_NUMBERS = frozenset({"Tempo", "Length", "Loudness", "Longest quote", "Size"})
_MEANINGS = {
    "Seam": "where the loop's end meets its start",
    "Longest quote": "the longest run of notes that is in the training corpus too",
}
# A step at the seam that is smaller than the largest elsewhere is inaudible. The sound changes as
# on every first beat, often the track's strongest attack: there the render's own limit holds.
_CLEAN_STEP = 1.0


@dataclass(frozen=True, slots=True)
class Row:
    """A track of the page, and its status compared with an earlier bundle, if there is one.

    page: the file that describes it, "" for the same one.
    """

    entry: TrackEntry
    status: str | None
    page: str = ""


def draw_overview(rows: Iterable[Row]) -> Html:
    """Return the table; each name links to the track, and the filters apply to it too."""
    rows = list(rows)
    is_compared = any(row.status for row in rows)
    columns = (*_COLUMNS[:1], "Change", *_COLUMNS[1:]) if is_compared else _COLUMNS
    return element(
        "section",
        element("h2", "All tracks", id="overview-title"),
        element(
            "div",
            element(
                "table",
                element("thead", element("tr", *map(_draw_column, columns))),
                element("tbody", *map(_draw_row, rows)),
            ),
            class_="wide",
            tabindex="0",
            role="region",
            aria_label="All tracks, a table",
        ),
        class_="overview",
        aria_labelledby="overview-title",
    )


def _draw_column(name: str) -> Html:
    number = "number" if name in _NUMBERS else None
    return element("th", name, scope="col", class_=number, title=_MEANINGS.get(name))


def _draw_row(row: Row) -> Html:
    """Return a track's row in the table of all tracks."""
    entry = row.entry
    fits = {mood.mood: mood.fits for mood in entry.evidence}
    scene_fits = entry.scene_evidence is None or entry.scene_evidence.fits
    link = element("a", entry.name, href=f"{row.page}#{card_id(entry.name)}")
    status = row.status
    badge = element("span", STATUS_WORDS[status], class_=f"status {status}") if status else None
    return element(
        "tr",
        element("th", link, *_draw_warning(entry), scope="row"),
        element("td", badge) if badge else None,
        element("td", _draw_tag(entry.scene, fits=scene_fits)),
        element("td", *_join_tags(_draw_tag(m, fits=fits.get(m, True)) for m in entry.moods)),
        element("td", entry.key),
        element("td", f"{entry.tempo_bpm:.1f}", class_="number"),
        element("td", say_time(entry.music_seconds), class_="number"),
        element("td", _say_loudness(entry), class_="number"),
        _draw_seam(entry),
        element("td", _say_quotes(entry), class_="number"),
        element("td", say_size(sum(f.bytes for f in entry.all_files())), class_="number"),
        data_row=card_id(entry.name),
        data_scene=entry.scene,
        data_moods=" ".join(entry.moods),
        data_status=status,
    )


def _draw_warning(entry: TrackEntry) -> Iterable[Html]:
    """Yield a sign that tells a track's warnings, if it has any."""
    if entry.warnings:
        text = amount_of(len(entry.warnings), "warning")
        yield element("span", "△", title="; ".join(entry.warnings), role="img", aria_label=text,
                      class_="warned")  # fmt: skip


def _draw_tag(word: str, *, fits: bool) -> Html:
    if fits:
        return element("span", word)
    return element("span", f"{word} ✗", class_="missed", title="was measured, and does not fit")


def _join_tags(tags: Iterable[Html]) -> Iterable[Child]:
    for number, tag in enumerate(tags):
        yield ", " if number else None
        yield tag


def _say_loudness(entry: TrackEntry) -> str:
    return "" if entry.loudness_lufs is None else f"{entry.loudness_lufs:.1f} LUFS"


def _draw_seam(entry: TrackEntry) -> Html:
    """Return a table cell that says whether the loop's seam is clean."""
    if not entry.loop:
        return element("td", "plays once", class_="soft")
    if not entry.seam:
        return element("td", "not measured", class_="soft")
    clean = entry.seam.step_ratio <= _CLEAN_STEP and entry.seam.flux_ratio <= WORST_RATIO
    return element("td", "clean" if clean else "audible", class_="met" if clean else "missed")


def _say_quotes(entry: TrackEntry) -> str:
    """Return the longest run of notes that is in the corpus too.

    A run of n steps is n + 1 notes.
    """
    run = entry.metrics.get("longest_shared_run")
    if run is None:
        return ""
    return f"{run + 1:g} notes" if run else "none"
