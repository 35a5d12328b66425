"""The player at the bottom of the window, and the data of the page's script."""

from __future__ import annotations

import json
from collections.abc import Iterable

from chipassets.report.card import Side
from chipassets.report.html import Html, element

_PLAYER_KEYS = {
    "name", "samples", "sample_rate_hz", "bars", "beats_per_bar", "pulse_steps", "tempo_bpm",
    "loop", "sections",
}  # fmt: skip


def draw_transport(*, hidden: bool = False) -> Html:
    """Return the bar with play, title and volume; hidden if there is nothing to play."""
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
            element("span", "Space plays, arrows move, n and p change track", id="where"),
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
        hidden=hidden,
        aria_label="Player",
    )


def draw_players(sides: Iterable[Side]) -> Html:
    """Return the JSON of every side with sound, by its player's id."""
    players = {
        side.player: {
            **side.track.entry.model_dump(mode="json", include=_PLAYER_KEYS),
            "label": side.label,
        }
        for side in sides
        if side.track.audio is not None
    }
    # "<" could end the element early; escaped, the JSON has the same meaning.
    text = json.dumps(players, ensure_ascii=False).replace("<", "\\u003c")
    return element("script", Html(text), type="application/json", id="players")
