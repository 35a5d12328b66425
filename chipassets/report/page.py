"""The whole report: one self-contained HTML file, or several for many tracks."""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

from chipassets.bundle import write_file
from chipassets.errors import CheckError
from chipassets.report.card import Side, draw_card
from chipassets.report.compare import Difference, compare_tracks
from chipassets.report.html import Html, element
from chipassets.report.masthead import draw_filters, draw_masthead
from chipassets.report.midi_roll import RollNote
from chipassets.report.motif_map import draw_motif_map, motif_numbers
from chipassets.report.opened import OpenedBundle, OpenedTrack, with_bundle
from chipassets.report.origin import draw_origin
from chipassets.report.overview import Row, draw_overview
from chipassets.report.transport import draw_players, draw_transport

Result = TypeVar("Result")

_SCRIPT = "report/page.js"


TRACKS_A_PAGE = 24
"""A report on more tracks is split into pages: with its sound a track takes about 300 kB."""

_HOME = "All tracks"


def report(bundle: Path, before: Path | None = None) -> bytes:
    """Return the report on a bundle as one HTML page; with `before`, on the changes since then.

    Raises:
        CheckError: a bundle is missing, damaged, altered, or of a newer format.
    """
    return _with_bundles(bundle, before, _draw_whole)


def write_report(bundle: Path, output: Path, before: Path | None = None) -> list[Path]:
    """Write the report on a bundle, and return its files, the main one first.

    Up to TRACKS_A_PAGE tracks are one page. For more, `output` has the table of all tracks, and the
    folder beside it, with the suffix `-tracks`, has pages of that number of tracks; one page is in
    memory at a time. Errors as in `report`.
    """

    def write(new: OpenedBundle, old: OpenedBundle | None) -> list[Path]:
        names = _names(new, old)
        if len(names) <= TRACKS_A_PAGE:
            write_file(output, _draw_whole(new, old))
            return [output]
        return _write_pages(new, old, names, output)

    return _with_bundles(bundle, before, write)


def _with_bundles(
    bundle: Path, before: Path | None, use: Callable[[OpenedBundle, OpenedBundle | None], Result]
) -> Result:
    """Return what `use` makes of the bundle and, if there is one, the earlier one."""
    if before is None:
        return with_bundle(bundle, lambda new: use(new, None))
    return with_bundle(bundle, lambda new: with_bundle(before, lambda old: use(new, old)))


@dataclass(frozen=True, slots=True)
class _Pair:
    """A track and its earlier version, None if there is none, and their differences.

    shown: the one that the page describes, the newer if there is one. difference: None if nothing
    is compared.
    """

    shown: OpenedTrack
    old: OpenedTrack | None
    new: OpenedTrack | None
    difference: Difference | None

    @property
    def status(self) -> str | None:
        """The status compared with the earlier version, None if nothing is compared."""
        return self.difference.status if self.difference else None


def _names(bundle: OpenedBundle, before: OpenedBundle | None) -> list[str]:
    """Return the tracks of the report; removed ones come last."""
    return list(dict.fromkeys([*bundle.names, *(before.names if before else ())]))


def _pair(name: str, bundle: OpenedBundle, before: OpenedBundle | None) -> _Pair:
    """Return a track with its earlier version; at least one of the two bundles has it."""
    new, old = bundle.track(name), before.track(name) if before else None
    shown = new or old
    if shown is None:
        raise CheckError(f"the bundle has no track {name!r}")
    return _Pair(shown, old, new, compare_tracks(old, new) if before else None)


def _draw_whole(bundle: OpenedBundle, before: OpenedBundle | None) -> bytes:
    """Return everything on one page."""
    pairs = [_pair(name, bundle, before) for name in _names(bundle, before)]
    statuses = _count(pair.status for pair in pairs)
    entries = [track.entry for pair in pairs for track in (pair.old, pair.new) if track]
    shown = [pair.shown.entry for pair in pairs]
    motifs = motif_numbers(entries)
    sides = [_draw_sides(pair, _loudest_sample(pairs)) for pair in pairs]
    parts: list[Html | None] = [
        draw_masthead(bundle.index, before.index if before else None, statuses),
        draw_filters(entries, statuses),
        draw_overview(Row(pair.shown.entry, pair.status) for pair in pairs),
        draw_motif_map(shown, motifs),
        _draw_cards(pairs, sides, motifs, bundle, before),
        draw_origin(bundle, bundle.names),
        draw_transport(),
        draw_players(side for own in sides for side in own),
    ]
    return _page(_title(bundle, before), parts)


def _write_pages(
    bundle: OpenedBundle, before: OpenedBundle | None, names: list[str], output: Path
) -> list[Path]:
    """Write the pages of tracks, then the main page that links to them."""
    motifs = motif_numbers([*bundle.index.tracks, *(before.index.tracks if before else ())])
    count = -(-len(names) // TRACKS_A_PAGE)
    folder = output.with_name(f"{output.stem}-tracks")
    pages = [folder / f"page-{number + 1:03}.html" for number in range(count)]
    rows: list[Row] = []
    for number, page in enumerate(pages):
        first = number * TRACKS_A_PAGE
        pairs = [_pair(n, bundle, before) for n in names[first : first + TRACKS_A_PAGE]]
        sides = [_draw_sides(pair, _loudest_sample(pairs)) for pair in pairs]
        parts = [
            _draw_way(output, pages, number),
            draw_filters([pair.shown.entry for pair in pairs], _count(p.status for p in pairs)),
            _draw_cards(pairs, sides, motifs, bundle, before),
            draw_origin(bundle, names[first : first + TRACKS_A_PAGE]),
            draw_transport(),
            draw_players(side for own in sides for side in own),
        ]
        folder.mkdir(parents=True, exist_ok=True)
        write_file(page, _page(f"{_title(bundle, before)}, page {number + 1} of {count}", parts))
        where = quote(f"{folder.name}/{page.name}")
        rows += [Row(pair.shown.entry, pair.status, where) for pair in pairs]
    statuses = _count(row.status for row in rows)
    homes = {row.entry.name: row.page for row in rows}
    shown = [row.entry for row in rows]
    top: list[Html | None] = [
        draw_masthead(bundle.index, before.index if before else None, statuses),
        draw_filters(shown, statuses),
        element("main", draw_overview(rows), _draw_nothing(), id="tracks", tabindex="-1"),
        draw_motif_map(shown, motifs, homes),
        draw_origin(bundle, ()),
        draw_transport(hidden=True),
        draw_players(()),
    ]
    write_file(output, _page(_title(bundle, before), top))
    return [output, *pages]


def _count(statuses: Iterable[str | None]) -> Counter[str]:
    """Count the statuses that are set."""
    return Counter(status for status in statuses if status)


def _title(bundle: OpenedBundle, before: OpenedBundle | None) -> str:
    """Return the title of a page."""
    return f"{bundle.index.game}: {'what changed' if before else 'music report'}"


def _page(title: str, parts: Sequence[Html | None]) -> bytes:
    """Return the self-contained page of these parts."""
    script = _read_script(_SCRIPT)
    skip = element("a", "Skip to the tracks", href="#tracks", class_="skip")
    body = element("body", skip, *parts, element("script", Html(script)))
    page = element("html", _draw_head(title, script), body, lang="en")
    return ("<!doctype html>\n" + page + "\n").encode()


def _draw_way(output: Path, pages: Sequence[Path], number: int) -> Html:
    """Return links to the table of all tracks, and to the previous and next page."""
    links = [element("a", _HOME, href=f"../{quote(output.name)}")]
    if number:
        links.append(element("a", "Previous page", href=pages[number - 1].name, rel="prev"))
    links.append(element("span", f"page {number + 1} of {len(pages)}"))
    if number + 1 < len(pages):
        links.append(element("a", "Next page", href=pages[number + 1].name, rel="next"))
    items = (element("li", link) for link in links)
    return element("nav", element("ul", *items), class_="pages", aria_label="Pages")


def _draw_cards(
    pairs: Sequence[_Pair],
    sides: Sequence[list[Side]],
    motifs: dict[str, int],
    bundle: OpenedBundle,
    before: OpenedBundle | None,
) -> Html:
    cards = (
        draw_card(own, _provenance(bundle if pair.new else before), motifs, pair.difference)
        for pair, own in zip(pairs, sides, strict=True)
    )
    return element("main", *cards, _draw_nothing(), id="tracks", tabindex="-1")


def _draw_nothing() -> Html:
    return element("p", "No track fits these filters.", id="nothing", hidden=True)


def _draw_head(title: str, script: str) -> Html:
    return element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=_policy(script)),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("title", title),
        element("link", rel="icon", href="data:,"),
        element("style", Html(_read("report/colours.css") + _read("report/page.css"))),
    )


def _draw_sides(pair: _Pair, full_scale: float) -> list[Side]:
    """Return the versions of a track to show: both if they differ."""
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
    """Return the notes of a track's MIDI file; none without one."""
    return track.roll.notes if track and track.roll else ()


def _loudest_sample(pairs: Iterable[_Pair]) -> float:
    """Return the highest amplitude of these tracks, so that waveforms have the same scale."""
    sounds = [track.sound for pair in pairs for track in (pair.old, pair.new) if track]
    peaks = [max(sound.highs.max(), -sound.lows.min()) for sound in sounds if sound]
    return float(max(peaks, default=0.0)) or 1.0


def _policy(script: str) -> str:
    """Return a policy that allows only this page's own script and no external resources."""
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode("ascii")
    return (
        f"default-src 'none'; script-src 'sha256-{digest}'; style-src 'unsafe-inline'; "
        "media-src data:; img-src data:; base-uri 'none'; form-action 'none'"
    )


def _read_script(name: str) -> str:
    """Return a script for embedding in a page: nothing in its comments ends the element early."""
    return _read(name).replace("</script", r"<\/script")


def _read(name: str) -> str:
    """Return a text file of the package."""
    return files("chipassets").joinpath(name).read_text(encoding="utf-8")
