"""`chipassets moods`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from chipassets.cli.output import print_json, print_table, print_text

if TYPE_CHECKING:
    from chipassets.compose.ideas import Idea
    from chipassets.plan.presets import Mood
    from chipassets.plan.trackplan import Range


def moods_command(
    manifest: Annotated[
        Path | None, typer.Argument(help="A manifest, to list its custom moods as well.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the tables as JSON.")] = False,
) -> None:
    """Print scenes and moods, what each changes, and the forms, ideas and costs that they use."""
    from chipassets.compose.fit import COSTS
    from chipassets.compose.ideas import IDEAS, INNER_ROLES
    from chipassets.manifest import load_manifest
    from chipassets.manifest.settings import own_mood
    from chipassets.music.forms import FORMS
    from chipassets.plan.presets import MOODS, SCENES, character
    from chipassets.resolve.plan_json import own_mood_to_json
    from chipassets.selection.moods import wanted_ranges

    own: dict[str, dict[str, Any]] | None = None
    if manifest is not None:
        loaded = load_manifest(manifest)
        own = {name: own_mood_to_json(own_mood(name, loaded)) for name in loaded.moods}
    scenes: dict[str, dict[str, Any]] = {}
    for name, row in SCENES.items():
        preset = character(name)
        scenes[name] = {
            "moods": list(row.moods),
            "modes": list(preset.modes),
            **{key: _pair(span) for key, span in wanted_ranges(preset).items()},
            "groove": preset.character.groove,
            "instruments": [row.lead, row.inner, row.bass],
            "bars": row.bars,
            "loops": row.loops,
        }
    moods = {name: _mood_json(mood) for name, mood in MOODS.items()}
    if as_json:
        print_json(
            {
                "scenes": scenes,
                "moods": moods,
                **({} if own is None else {"own_moods": own}),
                "ideas": {name: _idea_json(idea) for name, idea in IDEAS.items()},
                "roles": dict(INNER_ROLES),
                "forms": {form.name: form.sections for form in FORMS.values()},
                "guidance": dict(COSTS),
            }
        )
        return
    print_table("scenes", _SCENE_COLUMNS, [_scene_row(name, row) for name, row in scenes.items()])
    print_table(
        "moods, on top of a scene", _MOOD_COLUMNS, [_mood_row(*item) for item in moods.items()]
    )
    print_text(_NOTE)
    if own:
        print_table(
            "custom moods of the manifest: a preset with some values replaced",
            _OWN_COLUMNS,
            [_own_row(*item) for item in own.items()],
        )
    print_table(
        "ideas, of which each piece has one",
        ["idea", "the piece", "in"],
        [[name, idea.says, ", ".join(idea.suits)] for name, idea in IDEAS.items()],
    )
    print_table(
        "what the second voice may do in a section",
        ["role", "it"],
        [[name, says] for name, says in INNER_ROLES.items()],
    )
    print_table(
        "forms by name, as in `form: intro rondo`",
        ["form", "sections"],
        [[form.name, form.sections] for form in FORMS.values()],
    )
    print_table(
        "costs of the search; a factor on each is written `guidance: {leaps: 1.5}`",
        ["cost", "what is charged"],
        [[name, says] for name, says in COSTS.items()],
    )


_NOTE = (
    "A scene's row holds its own moods already; another mood multiplies or shifts the row, the "
    "second one half as much. bundle.json holds the evidence for each tag: measured beside wanted; "
    "a tempo or a key that the manifest gives, or takes by `match`, is not held against a tag."
)
_SPANS = ["tempo_bpm", "notes_per_second", "polyphony", "lead_pitch"]
_SCENE_COLUMNS = ["scene", "moods", "tempo", "notes/s", "at once", "lead", "modes", "groove",
                  "instruments"]  # fmt: skip
_MOOD_COLUMNS = ["mood", "tempo", "density", "at once", "lead", "modes", "groove", "instruments"]

_OWN_COLUMNS = ["mood", "like", "tempo", "density", "at once", "lead", "modes", "groove",
                "instruments"]  # fmt: skip


def _scene_row(name: str, row: dict[str, Any]) -> list[str]:
    spans = [f"{low:g}-{high:g}" for low, high in (row[key] for key in _SPANS)]
    words = [", ".join(row["modes"]), row["groove"], "/".join(row["instruments"])]
    return [name, ", ".join(row["moods"]), *spans, *words]


def _mood_json(mood: Mood) -> dict[str, Any]:
    return {
        "tempo_factor": mood.tempo_factor,
        "density_factor": mood.density_factor,
        "polyphony_shift": mood.polyphony_shift,
        "lead_shift": mood.lead_shift,
        "modes": list(mood.modes),
        "groove": mood.groove,
        "instruments": [mood.lead, mood.inner, mood.bass],
    }


def _idea_json(idea: Idea) -> dict[str, Any]:
    return {
        "says": idea.says,
        "suits": dict(idea.suits),
        "phrases": list(idea.phrases),
        "contrasting_phrases": list(idea.phrases_b),
        "second_voice": list(dict.fromkeys((*idea.inner, *idea.inner_b))),
    }


def _mood_row(name: str, mood: dict[str, Any]) -> list[str]:
    return [
        name,
        f"x{mood['tempo_factor']:g}",
        f"x{mood['density_factor']:g}",
        f"{mood['polyphony_shift']:+g}",
        f"{mood['lead_shift']:+g}",
        ", ".join(mood["modes"]),
        mood["groove"] or "-",
        "/".join(instrument or "-" for instrument in mood["instruments"]),
    ]


def _own_row(name: str, mood: dict[str, Any]) -> list[str]:
    spans = [mood.get(key) for key in ("tempo", "density", "polyphony", "lead_pitch")]
    return [
        name,
        mood["like"],
        *(f"{span[0]:g}-{span[1]:g}" if span else "-" for span in spans),
        ", ".join(mood.get("modes", ())) or "-",
        mood.get("groove", "-"),
        "/".join(mood.get(role, "-") for role in ("lead", "inner", "bass")),
    ]


def _pair(span: Range) -> list[float]:
    """Return a range as JSON has it."""
    return [span.low, span.high]
