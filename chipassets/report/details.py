"""The details of a track, collapsed below its score: evidence, sound, files, origin."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from chipassets.bundle import CartridgeEntry, FileEntry, PhraseEntry, TrackEntry
from chipassets.music.uses import CADENCES, say_parts
from chipassets.report.compare import say_size
from chipassets.report.evidence import (
    FIGURES,
    Evidence,
    TagEvidence,
    gather_evidence,
    gather_tags,
)
from chipassets.report.html import Child, Html, element, join
from chipassets.report.motif_map import statement_rows
from chipassets.report.opened import OpenedTrack
from chipassets.report.takes_table import draw_takes, read_takes
from chipassets.report.waveform import Sound

_MARKS = {True: ("yes", "met"), False: ("no", "missed"), None: ("", "set")}


def draw_details(track: OpenedTrack, provenance: Mapping[str, Any]) -> Html:
    """Return the collapsible sections of a track; `provenance`: the bundle's build account."""
    entry = track.entry
    found = provenance.get("plan")
    plan = found if isinstance(found, dict) else {}
    takes = read_takes(provenance, entry.name)
    tags = gather_tags(entry)
    asked = gather_evidence(entry, plan)
    return element(
        "div",
        _draw_form(entry),
        _fold(
            "Moods and evidence",
            _draw_tags(tags),
            _draw_asked(asked) if asked else None,
            _draw_figures(entry),
        ),
        _fold(f"Takes: why number {entry.take.name}", draw_takes(takes)) if takes else None,
        _draw_motifs(entry),
        _fold("Loop and level", _draw_facts(_sound_facts(entry, track.sound))),
        _draw_originality(entry),
        _fold("Files and origin", _draw_files(entry), _draw_facts(_origin(entry))),
        class_="details",
    )


def _draw_form(entry: TrackEntry) -> Html | None:
    """Return the sections with their phrases and what the parts do; None in older bundles."""
    rows = [
        element(
            "tr",
            element("th", part.name, scope="row"),
            element("td", _bars(part.start_bar, part.bars)),
            element("td", "; ".join(_phrase(phrase) for phrase in part.phrases)),
            element("td", "; ".join(say_parts(part.parts.items()))),
        )
        for part in entry.sections
        if part.phrases or part.parts
    ]
    if not rows:
        return None
    heads = ("", "bars", "phrases, and how they close", "parts")
    table = _draw_table("Read from the notes and chords of this take", heads, rows)
    return _fold("Form and parts", element("div", table, class_="rolling"))


def _bars(start: int, bars: int) -> str:
    return str(start + 1) if bars == 1 else f"{start + 1} to {start + bars}"


def _phrase(phrase: PhraseEntry) -> str:
    """Return a phrase in words: its bars, its cadence, and what that means."""
    means = CADENCES.get(phrase.cadence)
    closes = f"{phrase.cadence} ({means})" if means else phrase.cadence
    return f"{_bars(phrase.start_bar, phrase.bars)} {closes}".rstrip()


def _fold(title: str, *content: Child) -> Html:
    """Return a heading that unfolds its content."""
    return element("details", element("summary", title), *content)


def _draw_tags(tags: list[TagEvidence]) -> Html | None:
    """Return one table: the measurements, and beside them the ranges of the scene and moods."""
    if not tags:
        return None
    found = {row.name: row.found for tag in tags for row in tag.rows}
    heads = ("", "measured", *(f"{tag.kind.lower()} {tag.tag}" for tag in tags))
    wanted = [{row.name: row for row in tag.rows} for tag in tags]
    rows = [
        element(
            "tr",
            element("th", name, scope="row"),
            element("td", said),
            *(_draw_wish(wishes.get(name)) for wishes in wanted),
        )
        for name, said in found.items()
    ]
    verdicts = (
        element(
            "td",
            f"{'yes' if tag.fits else 'no'}, {tag.score:.2f} of 1{tag.remark}",
            class_="met" if tag.fits else "missed",
        )
        for tag in tags
    )
    last = element("tr", element("th", "Fits", scope="row"), element("td"), *verdicts)
    table = _draw_table("Scene and moods, as measured", heads, [*rows, last])
    return element("div", table, class_="rolling")


def _draw_wish(wish: Evidence | None) -> Html:
    """Return a table cell with a tag's range of a feature, and whether the track is in it."""
    if wish is None:
        return element("td")
    mark, says = ("✓", "met") if wish.agrees else ("✗", "missed")
    return element(
        "td",
        f"{wish.asked} ",
        element("span", mark, aria_label=says, role="img"),
        class_="met" if wish.agrees else "missed",
    )


def _draw_asked(asked: list[Evidence]) -> Html:
    return _draw_table("What was asked for", ("", "asked", "measured", "met"), _draw_rows(asked))


def _draw_rows(rows: list[Evidence]) -> list[Html]:
    return [
        element(
            "tr",
            element("th", row.name, scope="row"),
            element("td", row.asked),
            element("td", row.found),
            element("td", _MARKS[row.agrees][0], class_=_MARKS[row.agrees][1]),
        )
        for row in rows
    ]


def _draw_figures(entry: TrackEntry) -> Html:
    rows = [
        element(
            "tr",
            element("th", name, scope="row"),
            element("td", f"{entry.metrics[metric]:.4g}"),
            element("td", meaning, class_="soft"),
        )
        for metric, name, meaning in FIGURES
        if metric in entry.metrics
    ]
    return _draw_table("Measured", ("", "value", "meaning"), rows)


def _draw_motifs(entry: TrackEntry) -> Html | None:
    if not entry.statements:
        return None
    rows = [
        element(
            "tr",
            element("th", motif, scope="row"),
            element("td", place),
            element("td", changes),
        )
        for motif, place, changes in statement_rows(entry)
    ]
    return _fold("Motifs", _draw_table("Stated", ("motif", "where", "how"), rows))


def _draw_originality(entry: TrackEntry) -> Html | None:
    """Return what the top line shares with the corpus; None if the build had no index."""
    run = entry.metrics.get("longest_shared_run")
    if run is None:
        return None
    longest = f"{run + 1:g} notes in a row" if run else "none of seven notes or more"
    shares = sorted(
        (int(name.split("_")[1]), share)
        for name, share in entry.metrics.items()
        if re.fullmatch(r"shared_\d+_grams", name)
    )
    facts = [("Longest quotation", longest)]
    facts += [(f"Runs of {n + 1} notes", f"{share:.1%} are in a training piece too")
              for n, share in shares]  # fmt: skip
    return _fold("Originality", _draw_facts(facts))


def _draw_table(caption: str, columns: tuple[str, ...], rows: list[Html]) -> Html:
    head = (element("th", name, scope="col") if name else element("td") for name in columns)
    return element(
        "table",
        element("caption", caption),
        element("thead", element("tr", *head)),
        element("tbody", *rows),
    )


def _sound_facts(entry: TrackEntry, sound: Sound | None) -> list[tuple[str, str]]:
    return [("Length", entry.length), *_loop_facts(entry, sound), *_level_facts(entry, sound)]


def _loop_facts(entry: TrackEntry, sound: Sound | None) -> list[tuple[str, str]]:
    """Return where the loop lies and how its seam measures, as rows of names and values."""
    loop = entry.loop
    if not loop:
        return [("Loop", "none: plays once")]
    interval = f"the top line moves {entry.metrics.get('seam_interval', 0):g} semitones"
    gap = f"rest of {entry.metrics.get('seam_gap_steps', 0):g} sixteenths"
    facts = [
        ("Loop", f"{loop.start_sample} + {loop.length_samples} samples of the file"),
        ("Seam in the notes", f"{interval}, {gap}"),
    ]
    if entry.seam:
        step = f"step {entry.seam.step_ratio:.2f} and flux {entry.seam.flux_ratio:.2f}"
        facts.append(("Seam in the sound", f"{step} of the largest elsewhere"))
    if sound and sound.seam_step is not None:
        usual = f"99 % of all steps are below {sound.usual_step:.4f}"
        facts.append(("Seam in the file", f"step of {sound.seam_step:.4f}; {usual}"))
    return facts


def _level_facts(entry: TrackEntry, sound: Sound | None) -> list[tuple[str, str]]:
    """Return the loudness and peaks, as rows of names and values."""
    facts = []
    if entry.true_peak_dbtp is not None:
        facts.append(("True peak", f"{entry.true_peak_dbtp:.1f} dBTP"))
    if sound:
        loudness = sound.loudness_lufs
        said = "too quiet to measure" if loudness is None else f"{loudness:.1f} LUFS"
        facts += [
            ("Loudness", said),
            ("RMS", f"{sound.rms_dbfs:.1f} dBFS"),
            ("Peak", f"{sound.peak_dbfs:.1f} dBFS"),
        ]
    return facts


def _draw_files(entry: TrackEntry) -> Html:
    layers = {layer.path: f" ({layer.name}: {', '.join(layer.voices)})" for layer in entry.layers}
    rows = [_draw_file(file, layers.get(file.path, "")) for file in entry.all_files()]
    return _draw_table("Files", ("file", "size", "SHA-256"), rows)


def _draw_file(file: FileEntry, remark: str) -> Html:
    return element(
        "tr",
        element("th", file.path + remark, scope="row"),
        element("td", say_size(file.bytes)),
        element("td", element("code", file.sha256)),
    )


def _origin(entry: TrackEntry) -> list[tuple[str, str]]:
    """Return how a track was made, as rows of names and values."""
    dropped = [f"{item.count} ({item.reason})" for item in entry.dropped]
    adapted = [f"{item.count} ({item.reason})" for item in entry.adapted]
    covered = [f"{item.strokes} of {item.of} ({item.drum})" for item in entry.covered_strokes]
    return [
        ("Take", f"{entry.take.name} of {entry.take.of}"),
        ("Seed", str(entry.seed)),
        ("Sample rate", f"{entry.sample_rate_hz} Hz, {entry.samples} samples"),
        ("Notes that no voice plays", ", ".join(dropped) or "none"),
        ("Notes that are adapted", ", ".join(adapted) or "none"),
        ("Drum strokes that another drum covers", ", ".join(covered) or "none"),
        *_cartridge_facts(entry.cartridge),
        ("Key of the notes", entry.keys.notes),
        ("Key of the files", entry.keys.audio),
    ]


def _cartridge_facts(found: CartridgeEntry | None) -> list[tuple[str, str]]:
    if found is None:
        return []
    said = f"{found.bytes:,} bytes"
    if found.clocks_mean is not None and found.clocks_most is not None:
        said += f", the player takes {found.clocks_mean:,} clocks a frame on average"
        said += f" and at most {found.clocks_most:,}"
    return [("On a cartridge", said)]


def _draw_facts(facts: list[tuple[str, str]]) -> Html:
    pairs = (join(element("dt", name), element("dd", value)) for name, value in facts)
    return element("dl", *pairs)
