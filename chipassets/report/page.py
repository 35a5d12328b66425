"""The whole page: one HTML file that needs nothing else."""

from __future__ import annotations

import base64
import hashlib
import json
from collections import Counter
from importlib.resources import files
from pathlib import Path
from typing import Any

from chipassets.bundle import TrackEntry
from chipassets.report.card import STATUS_WORDS, Side, draw_card, draw_change, say_time
from chipassets.report.compare import (
    Difference,
    bundle_bytes,
    compare_indices,
    compare_tracks,
    say_size,
)
from chipassets.report.html import Html, element, join
from chipassets.report.opened import OpenedBundle, OpenedTrack, open_bundle
from chipassets.report.roll import RollNote

_PLAYER_KEYS = {
    "name", "samples", "sample_rate_hz", "bars", "beats_per_bar", "tempo_bpm", "loop", "sections",
}  # fmt: skip


def report(bundle: Path, before: Path | None = None) -> bytes:
    """Return the report on a bundle as one HTML page; with `before`, on what changed since then.

    Raises:
        CheckError: a bundle is missing, damaged, altered, or of a newer format.
    """
    opened = open_bundle(bundle)
    earlier = open_bundle(before) if before else None
    return ("<!doctype html>\n" + _draw_page(opened, earlier) + "\n").encode()


def _draw_page(bundle: OpenedBundle, before: OpenedBundle | None) -> Html:
    pairs = _pair(bundle, before)
    cards = [_draw_pair(bundle, before, *pair) for pair in pairs]
    sides = [side for _, own, _ in cards for side in own]
    statuses = Counter(difference.status for _, _, difference in cards if difference)
    script = _read_script("runtime/web/chipassets.js") + _read_script("report/page.js")
    title = f"{bundle.index.game}: {'what changed' if before else 'music report'}"
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=_policy(script)),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("title", title),
        element("link", rel="icon", href="data:,"),
        element("style", Html(_read("report/page.css"))),
    )
    body = element(
        "body",
        element("a", "Skip to the tracks", href="#tracks", class_="skip"),
        _draw_masthead(bundle, before, statuses),
        _draw_filters([entry for pair in pairs for entry in _entries(pair)], statuses),
        element(
            "main",
            *(card for card, _, _ in cards),
            element("p", "No track fits these filters.", id="nothing", hidden=True),
            id="tracks",
            tabindex="-1",
        ),
        _draw_provenance(bundle),
        _draw_transport(),
        _draw_data(sides),
        element("script", Html(script)),
    )
    return element("html", head, body, lang="en")


Pair = tuple[OpenedTrack | None, OpenedTrack | None]


def _pair(bundle: OpenedBundle, before: OpenedBundle | None) -> list[Pair]:
    """Each track with its earlier self; those that are gone come last."""
    if before is None:
        return [(None, track) for track in bundle.tracks]
    pairs: list[Pair] = [(before.track(track.entry.name), track) for track in bundle.tracks]
    gone = (track for track in before.tracks if bundle.track(track.entry.name) is None)
    return pairs + [(track, None) for track in gone]


def _entries(pair: Pair) -> list[TrackEntry]:
    return [track.entry for track in pair if track]


def _draw_pair(
    bundle: OpenedBundle,
    before: OpenedBundle | None,
    old: OpenedTrack | None,
    new: OpenedTrack | None,
) -> tuple[Html, list[Side], Difference | None]:
    difference = compare_tracks(old, new) if before else None
    status = difference.status if difference else "same"
    sides: list[Side] = []
    full = _loudest_sample(bundle, before)
    if difference and old and status in ("changed", "removed"):
        sides.append(
            Side(f"before-{old.entry.name}", "Before", old, full, difference.gone, _notes(new))
        )
    if new:
        marked = difference.come if difference else ()
        sides.append(Side(f"after-{new.entry.name}", "After", new, full, marked, _notes(old)))
    source = bundle if new else before
    plan = source.provenance.get("plan") if source else None
    card = draw_card(sides, plan if isinstance(plan, dict) else {}, difference)
    return card, sides, difference


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


def _draw_masthead(
    bundle: OpenedBundle, before: OpenedBundle | None, statuses: Counter[str]
) -> Html:
    index = bundle.index
    seconds = sum(track.seconds for track in index.tracks)
    facts = [
        f"{len(index.tracks)} track{'' if len(index.tracks) == 1 else 's'}",
        say_time(seconds),
        say_size(bundle_bytes(index)),
        f"chip {index.chip}",
        f"model {index.model.name}",
        f"seed {index.seed}",
    ]
    changes = compare_indices(before.index, index) if before else ()
    summary = ", ".join(f"{statuses[name]} {STATUS_WORDS[name]}" for name in _ordered(statuses))
    return element(
        "header",
        element("p", "What changed" if before else "Music report", class_="kicker"),
        element("h1", index.game),
        element("ul", *(element("li", fact) for fact in facts), class_="facts"),
        element("p", summary, class_="summary") if before else None,
        element("ul", *map(draw_change, changes), class_="changes") if changes else None,
        class_="masthead",
    )


def _ordered(statuses: Counter[str]) -> list[str]:
    return [name for name in STATUS_WORDS if statuses[name]]


def _draw_filters(entries: list[TrackEntry], statuses: Counter[str]) -> Html:
    scenes = dict.fromkeys(entry.scene for entry in entries)
    moods = dict.fromkeys(mood for entry in entries for mood in entry.moods)
    groups = [
        ("Show", "status", _ordered(statuses)),
        ("Scene", "scene", list(scenes)),
        ("Mood", "mood", list(moods)),
    ]
    return element(
        "nav",
        *(_draw_filter(label, kind, words) for label, kind, words in groups if words),
        element(
            "p",
            element("span", "", id="count", role="status", aria_live="polite"),
            element("button", "Show all", type="button", class_="quiet", id="clear", hidden=True),
            class_="count",
        ),
        aria_label="Filters",
        class_="filters",
    )


def _draw_filter(label: str, kind: str, words: list[str]) -> Html:
    buttons = (
        element(
            "button",
            STATUS_WORDS[word] if kind == "status" else word,
            type="button",
            class_="chip",
            # A reviewer wants to see what changed first, when something did.
            aria_pressed="true" if kind == "status" and _is_news(word, words) else "false",
            data_filter=kind,
            data_value=word,
        )
        for word in words
    )
    name = f"filter-{kind}"
    return element(
        "div",
        element("span", label, class_="label", id=name),
        *buttons,
        role="group",
        aria_labelledby=name,
    )


def _is_news(status: str, statuses: list[str]) -> bool:
    return status != "same" and "same" in statuses


def _draw_provenance(bundle: OpenedBundle) -> Html:
    index = bundle.index
    model = bundle.provenance.get("model")
    training = model.get("training") if isinstance(model, dict) else None
    dataset = training.get("dataset") if isinstance(training, dict) else None
    facts = [
        ("Made by", index.generator),
        ("Seed", str(index.seed)),
        ("Model", index.model.name),
        ("Model file", index.model.sha256),
        *_training_facts(training if isinstance(training, dict) else {}),
        *_dataset_facts(dataset if isinstance(dataset, dict) else {}),
    ]
    everything = json.dumps(bundle.provenance, indent=2, ensure_ascii=False)
    return element(
        "footer",
        element("h2", "Where it comes from"),
        element("dl", *(join(element("dt", k), element("dd", v)) for k, v in facts)),
        element(
            "details",
            element("summary", "The plan and the model's own account"),
            element("pre", everything, tabindex="0"),
        ),
        class_="provenance",
    )


def _training_facts(training: dict[str, Any]) -> list[tuple[str, str]]:
    known = [("Trained", "date"), ("Updates", "updates"), ("Epochs", "epochs")]
    return [(label, str(training[key])) for label, key in known if key in training]


def _dataset_facts(dataset: dict[str, Any]) -> list[tuple[str, str]]:
    known = [("Corpus licences", "licences"), ("Corpus sources", "sources")]
    facts = [("Pieces", str(dataset["pieces"]))] if "pieces" in dataset else []
    for label, key in known:
        counts = dataset.get(key)
        if isinstance(counts, dict):
            said = (f"{name}: {count}" for name, count in counts.items())
            facts.append((label, ", ".join(said)))
    return facts


def _draw_transport() -> Html:
    return element(
        "section",
        element(
            "button",
            element("span", class_="icon", aria_hidden="true"),
            type="button",
            class_="play",
            id="toggle",
            aria_label="Play",
            aria_pressed="false",
        ),
        element(
            "div",
            element("strong", "Nothing plays", id="now"),
            element("span", "Space plays, arrows move", id="where"),
            class_="now",
        ),
        element(
            "label",
            element("span", "Volume"),
            element("input", type="range", id="volume", min="0", max="100", value="80", step="1"),
            class_="volume",
        ),
        element("p", "", id="said", class_="hidden", role="status", aria_live="polite"),
        class_="transport",
        aria_label="Player",
    )


def _draw_data(sides: list[Side]) -> Html:
    players = {
        side.player: {
            **side.track.entry.model_dump(mode="json", include=_PLAYER_KEYS),
            "label": side.label,
        }
        for side in sides
        if side.track.audio is not None
    }
    # "<" could end the element early; as an escape it is the same JSON.
    text = json.dumps(players, ensure_ascii=False).replace("<", "\\u003c")
    return element("script", Html(text), type="application/json", id="players")


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
