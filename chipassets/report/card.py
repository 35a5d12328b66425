"""One track on the page: its heading, the score with its player, and its details."""

from __future__ import annotations

import base64
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from chipassets.bundle import TrackEntry
from chipassets.music.uses import say_parts
from chipassets.report.compare import Change, Difference
from chipassets.report.details import draw_details
from chipassets.report.html import Html, card_id, element, join
from chipassets.report.midi_roll import VOICE_COLOURS, RollNote, draw_roll, track_steps
from chipassets.report.motif_map import draw_lane
from chipassets.report.opened import OpenedTrack
from chipassets.report.waveform import draw_wave
from chipassets.units import amount_of, steps_per_bar

STATUS_WORDS = {"changed": "changed", "added": "new", "removed": "removed", "same": "unchanged"}


@dataclass(frozen=True, slots=True)
class Side:
    """A version of a track on the page: its player's id, its label, the notes to mark.

    full_scale: the amplitude that fills the height of the waveform, the same for the whole page.
    beside: the notes of the other version, if there are two.
    """

    player: str
    label: str
    track: OpenedTrack
    full_scale: float
    marked: Collection[RollNote] = ()
    beside: Collection[RollNote] = ()


def draw_card(
    sides: list[Side],
    provenance: Mapping[str, Any],
    motifs: dict[str, int],
    difference: Difference | None = None,
) -> Html:
    """Return the article of a track: one side, or two to compare; details are of the last one.

    provenance: the bundle's account of how it was built. motifs: their colours.
    """
    track = sides[-1].track
    entry = track.entry
    title = f"title-{sides[-1].player}"
    return element(
        "article",
        _draw_head(entry, title, difference),
        _draw_changes(difference) if difference else None,
        _draw_warnings(entry),
        element(
            "div",
            *(_draw_side(side, motifs, compared=len(sides) > 1) for side in sides),
            class_="sides two" if len(sides) > 1 else "sides",
        ),
        element("p", f"Take {entry.take.name} of {entry.take.of}: {entry.take.why}", class_="why"),
        draw_details(track, provenance),
        class_="track",
        id=card_id(entry.name),
        aria_labelledby=title,
        data_scene=entry.scene,
        data_moods=" ".join(entry.moods),
        data_status=difference.status if difference else None,
    )


def _draw_head(entry: TrackEntry, title: str, difference: Difference | None) -> Html:
    """Return a card's heading: name, status, scene and moods as tags, facts."""
    moods = (element("li", mood, class_="tag") for mood in entry.moods)
    status = STATUS_WORDS[difference.status] if difference else None
    facts = [
        entry.key,
        f"{entry.tempo_bpm:.1f} bpm",
        entry.metre,
        amount_of(entry.bars, "bar"),
        say_time(entry.music_seconds),
        "loops" if entry.loop else "plays once",
    ]
    return element(
        "header",
        element(
            "div",
            element("h2", entry.name, id=title),
            element("span", status, class_=f"status {difference.status}") if difference else None,
            element(
                "ul",
                element("li", entry.scene, class_="tag scene"),
                *moods,
                class_="tags",
                aria_label="Scene and moods",
            ),
            class_="name",
        ),
        element("ul", *(element("li", fact) for fact in facts), class_="facts"),
    )


def _draw_changes(difference: Difference) -> Html | None:
    if not difference.changes:
        return None
    return element("ul", *map(draw_change, difference.changes), class_="changes")


def _draw_warnings(entry: TrackEntry) -> Html | None:
    if not entry.warnings:
        return None
    lines = (element("li", warning) for warning in entry.warnings)
    return element("ul", *lines, class_="warnings", aria_label="Warnings")


def draw_change(change: Change) -> Html:
    """Return a list item that says what something was and what it is."""
    return element(
        "li",
        element("b", change.name),
        " ",
        element("del", change.before) if change.before else None,
        " → " if change.before else None,
        element("ins", change.after),
    )


def _draw_side(side: Side, motifs: dict[str, int], *, compared: bool) -> Html:
    """Return the player, the score and the motifs of one version of a track."""
    track = side.track
    label = f"{track.entry.name}, {side.label.lower()}" if compared else track.entry.name
    return element(
        "div",
        _draw_controls(side, label, compared=compared),
        element(
            "div",
            element(
                "div",
                _draw_score(side, label),
                draw_lane(track.entry, motifs) if track.entry.statements else None,
                class_="sheet",
                style=f"--bars:{track.entry.bars}",
            ),
            class_="scroll",
        ),
        _draw_fallback(side, label),
        class_="side",
        data_player=side.player,
    )


def _draw_controls(side: Side, label: str, *, compared: bool) -> Html:
    """Return the controls of a side: play, voices, and for a loop a button that plays its seam."""
    has_audio = side.track.audio is not None
    play = element(
        "button",
        element("span", class_="icon", aria_hidden="true"),
        type="button",
        class_="play",
        aria_label=f"Play {label}",
        aria_pressed="false",
        disabled=not has_audio,
    )
    seam = element(
        "button",
        "Hear the seam",
        type="button",
        class_="quiet seam",
        aria_label=f"Hear the loop seam of {label}",
    )
    voices = side.track.roll.voices if side.track.roll else ()
    return element(
        "div",
        play,
        element("span", side.label, class_="side-label") if compared else None,
        element("ul", *_draw_legend(voices), class_="legend", aria_label="Voices"),
        seam if has_audio and side.track.entry.loop else None,
        class_="controls",
    )


def _draw_legend(voices: Iterable[str]) -> Iterable[Html]:
    """Yield a button for each voice that shows or hides it."""
    for number, voice in enumerate(voices):
        toggle = element(
            "button",
            element("span", class_=f"swatch v{number % VOICE_COLOURS}", aria_hidden="true"),
            voice,
            type="button",
            class_="voice",
            aria_pressed="true",
            data_voice=voice,
            title=f"Show or hide {voice} in the piano roll",
        )
        yield element("li", toggle)


def _draw_score(side: Side, label: str) -> Html:
    """Return the ruler, the roll and the wave; it is the slider of the playing position."""
    track, entry = side.track, side.track.entry
    return element(
        "div",
        _draw_ruler(entry),
        draw_roll(track.roll, entry, side.marked, side.beside) if track.roll else None,
        draw_wave(track.sound, side.full_scale) if track.sound else None,
        _draw_intro(entry),
        element("div", class_="playhead", aria_hidden="true"),
        class_="score",
        role="slider",
        tabindex="0",
        aria_label=f"Position in {label}",
        aria_valuemin="1",
        aria_valuemax=entry.bars,
        aria_valuenow="1",
        aria_valuetext="bar 1",
    )


def _draw_ruler(entry: TrackEntry) -> Html:
    """Return the names of the sections, the phrases, and the numbers of the bars.

    A phrase is a bracket with its cadence; what the parts do in a section stands in its tooltip,
    and both in words below. What sounds after the last bar gets room without a number.
    """
    bars = [
        element("span", str(bar + 1), class_="far" if bar % 4 else None)
        for bar in range(entry.bars)
    ]
    over = track_steps(entry) / steps_per_bar(entry.beats_per_bar) - entry.bars
    rest = element("span", style=f"flex:{over:g}") if over > 0 else None
    sections = [
        element(
            "span",
            part.name,
            style=f"flex:{part.bars}",
            title="; ".join(say_parts(part.parts.items())) or None,
        )
        for part in entry.sections
    ]
    phrases = [
        element(
            "span",
            phrase.cadence,
            style=f"flex:{phrase.bars}",
            title=f"a phrase that closes {phrase.cadence}" if phrase.cadence else None,
        )
        for part in entry.sections
        for phrase in part.phrases
    ]
    return join(
        element("div", *sections, rest, class_="sections"),
        element("div", *phrases, rest, class_="phrases") if phrases else None,
        element("div", *bars, rest, class_="ruler"),
    )


def _draw_intro(entry: TrackEntry) -> Html | None:
    """Return the part of the score before the loop; None without one."""
    if not entry.loop or not entry.loop.start_sample:
        return None
    share = 100 * entry.loop.start_sample / entry.samples
    return element("div", element("span", "intro"), class_="intro", style=f"width:{share:.4f}%")


def _draw_fallback(side: Side, label: str) -> Html | None:
    """Return the audio element: data for the script, and a plain player without scripts."""
    track = side.track
    if track.audio is None:
        return element("p", "This bundle was built without sound.", class_="note")
    return element(
        "audio",
        id=f"audio-{side.player}",
        controls=True,
        preload="none",
        loop=track.entry.loop is not None,
        aria_label=label,
        src=f"data:{track.audio_type};base64,{base64.b64encode(track.audio).decode('ascii')}",
    )


def say_time(seconds: float) -> str:
    """Return a time as minutes and seconds."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02d}"
