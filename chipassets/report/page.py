"""The whole page: one HTML file that needs nothing else."""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from chipassets.report.card import Side, draw_card
from chipassets.report.compare import Difference, compare_tracks
from chipassets.report.html import Html, element
from chipassets.report.masthead import draw_filters, draw_masthead
from chipassets.report.midi_roll import RollNote
from chipassets.report.motif_map import draw_motif_map, motif_numbers
from chipassets.report.opened import OpenedBundle, OpenedTrack, open_bundle
from chipassets.report.origin import draw_origin
from chipassets.report.overview import Row, draw_overview
from chipassets.report.transport import draw_players, draw_transport

_SCRIPT = "report/page.js"


def report(bundle: Path, before: Path | None = None) -> bytes:
    """Return the report on a bundle as one HTML page; with `before`, on what changed since then.

    Raises:
        CheckError: a bundle is missing, damaged, altered, or of a newer format.
    """
    opened = open_bundle(bundle)
    earlier = open_bundle(before) if before else None
    return ("<!doctype html>\n" + _draw_page(opened, earlier) + "\n").encode()


@dataclass(frozen=True, slots=True)
class _Pair:
    """A track and its earlier self, None where there is no such one, and what differs.

    shown: the one that the page describes, the newer where there is one. difference: None where
    nothing is compared.
    """

    shown: OpenedTrack
    old: OpenedTrack | None
    new: OpenedTrack | None
    difference: Difference | None


def _pair(bundle: OpenedBundle, before: OpenedBundle | None) -> list[_Pair]:
    """Each track with its earlier self; those that are gone come last."""
    if before is None:
        return [_Pair(track, None, track, None) for track in bundle.tracks]
    both = [(before.track(track.entry.name), track) for track in bundle.tracks]
    gone = (track for track in before.tracks if bundle.track(track.entry.name) is None)
    return [_Pair(new, old, new, compare_tracks(old, new)) for old, new in both] + [
        _Pair(track, track, None, compare_tracks(track, None)) for track in gone
    ]


def _draw_page(bundle: OpenedBundle, before: OpenedBundle | None) -> Html:
    pairs = _pair(bundle, before)
    statuses = Counter(pair.difference.status for pair in pairs if pair.difference)
    entries = [track.entry for pair in pairs for track in (pair.old, pair.new) if track]
    shown = [pair.shown.entry for pair in pairs]
    motifs = motif_numbers(entries)
    full = _loudest_sample(bundle, before)
    sides = [_draw_sides(pair, full) for pair in pairs]
    script = _read_script(_SCRIPT)
    body = element(
        "body",
        element("a", "Skip to the tracks", href="#tracks", class_="skip"),
        draw_masthead(bundle.index, before.index if before else None, statuses),
        draw_filters(entries, statuses),
        draw_overview(
            Row(pair.shown.entry, pair.difference.status if pair.difference else None)
            for pair in pairs
        ),
        draw_motif_map(shown, motifs),
        element(
            "main",
            *(
                draw_card(own, _provenance(bundle if pair.new else before), motifs, pair.difference)
                for pair, own in zip(pairs, sides, strict=True)
            ),
            element("p", "No track fits these filters.", id="nothing", hidden=True),
            id="tracks",
            tabindex="-1",
        ),
        draw_origin(bundle),
        draw_transport(),
        draw_players(side for own in sides for side in own),
        element("script", Html(script)),
    )
    title = f"{bundle.index.game}: {'what changed' if before else 'music report'}"
    return element("html", _draw_head(title, script), body, lang="en")


def _draw_head(title: str, script: str) -> Html:
    return element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=_policy(script)),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("title", title),
        element("link", rel="icon", href="data:,"),
        element("style", Html(_read("report/page.css"))),
    )


def _draw_sides(pair: _Pair, full_scale: float) -> list[Side]:
    """The versions of a track that are worth showing: both where they differ."""
    old, new, difference = pair.old, pair.new, pair.difference
    sides: list[Side] = []
    if difference and old and difference.status in ("changed", "removed"):
        name = f"before-{old.entry.name}"
        sides.append(Side(name, "Before", old, full_scale, difference.gone, _notes(new)))
    if new:
        marked = difference.come if difference else ()
        name = f"after-{new.entry.name}"
        sides.append(Side(name, "After", new, full_scale, marked, _notes(old)))
    return sides


def _provenance(bundle: OpenedBundle | None) -> dict[str, Any]:
    return bundle.provenance if bundle else {}


def _notes(track: OpenedTrack | None) -> tuple[RollNote, ...]:
    return track.roll.notes if track and track.roll else ()


def _loudest_sample(*bundles: OpenedBundle | None) -> float:
    """The highest amplitude of all tracks, so that waves on one page can be compared by eye."""
    peaks = [
        max(track.sound.highs.max(), -track.sound.lows.min())
        for bundle in bundles
        if bundle
        for track in bundle.tracks
        if track.sound
    ]
    return float(max(peaks, default=0.0)) or 1.0


def _policy(script: str) -> str:
    """Only this page's own script runs, and nothing is ever loaded from elsewhere."""
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode("ascii")
    return (
        f"default-src 'none'; script-src 'sha256-{digest}'; style-src 'unsafe-inline'; "
        "media-src data:; img-src data:; base-uri 'none'; form-action 'none'"
    )


def _read_script(name: str) -> str:
    """A script fit to stand inside a page: nothing in its comments ends the element early."""
    return _read(name).replace("</script", r"<\/script")


def _read(name: str) -> str:
    return files("chipassets").joinpath(name).read_text(encoding="utf-8")
