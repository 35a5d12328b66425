"""Write what comes from tables anew: parts of the documentation, and the schema beside the demo.

    python -m ci.pages

A page marks such a part with `<!-- generated: NAME -->` and `<!-- end -->`, on lines of their own
or in the middle of a line. The text between them is replaced by what the function of that name in
`PARTS` returns. A test compares the pages with
the tables, so a row that was added without running this command is noticed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from chipassets.arrange.bank import INSTRUMENTS
from chipassets.chips.profiles import CHIPS
from chipassets.compose.fit import COSTS
from chipassets.compose.ideas import BASS_ROLES, IDEAS, INNER_ROLES
from chipassets.engines import EXPORTERS
from chipassets.engines.kit import template
from chipassets.manifest import manifest_schema
from chipassets.music.forms import FORMS
from chipassets.plan.engine_names import ENGINES
from chipassets.plan.formats import DEFAULT_FORMATS, FORMATS
from chipassets.plan.presets import MOODS, SCENES
from chipassets.units import METRES

ROOT = Path(__file__).parents[1]
PAGES = ROOT / "docs"

_PART = re.compile(r"(<!-- generated: ([a-z_]+) -->)(\n?).*?(<!-- end -->)", re.DOTALL)
_OWNERS = {"Track": "a track", "SceneOptions": "a scene", "Defaults": "`defaults`"}
_LONGEST_EXAMPLE = 60


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table; `|` in a cell is escaped."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join(
        "| " + " | ".join(cell.replace("|", r"\|") for cell in line) + " |\n" for line in lines
    )


def code(value: object) -> str:
    """Return a value as the manifest writes it, in Markdown's code quotes."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return f"`{text}`"


def _range(schema: dict[str, Any]) -> str:
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is None or high is None:
        return ""
    kind = "d" if schema["type"] == "integer" else "g"
    return f" from {low:{kind}} to {high:{kind}}"


def _text(schema: dict[str, Any]) -> str:
    if examples := schema.get("examples"):
        return "text like " + " or ".join(map(code, examples))
    if "maxLength" in schema:
        return f"text of at most {schema['maxLength']} characters"
    return "text"


def forms_of(schema: dict[str, Any]) -> list[str]:
    """Return each form that a value may have, as one Markdown line; keys of a mapping indented."""
    if "anyOf" in schema:
        lines = [line for choice in schema["anyOf"] for line in forms_of(choice)]
        return [line for line in dict.fromkeys(lines) if line != "nothing"]
    if "enum" in schema:
        return [", ".join(map(code, schema["enum"]))]
    kind = schema.get("type")
    if kind in ("number", "integer"):
        return [f"a {'whole ' * (kind == 'integer')}number{_range(schema)}"]
    if kind == "boolean":
        return ["`true` or `false`"]
    if kind == "null":
        return ["nothing"]
    if kind == "array":
        most = f" of at most {schema['maxItems']}" if "maxItems" in schema else ""
        inner = forms_of(schema.get("items", {}))
        if len(inner) == 1 and len(inner[0]) <= _LONGEST_EXAMPLE:
            return [f"a list{most}: {inner[0]}"]
        return [f"a list{most} of these"]
    if kind == "object":
        return list(_mapping(schema))
    return [_text(schema)]


def _mapping(schema: dict[str, Any]) -> Iterator[str]:
    keys = schema.get("properties", {})
    if not keys:
        yield "a mapping by name"
        others = schema.get("additionalProperties")
        for line in forms_of(others) if isinstance(others, dict) else ():
            yield f"    {line}" if line.startswith("    ") else f"    - {line}"
        return
    yield "a mapping with " + ("this key" if len(keys) == 1 else "these keys")
    known = manifest_schema()["$defs"]["Track"]["properties"]
    for name, value in keys.items():
        about = value.get("description", "")
        if about and known.get(name, {}).get("description") == about:
            yield f"    - `{name}`: as [of a track](#{name})"
        else:
            yield f"    - `{name}`: {_inline(value)}" + (f". {about}" if about else "")


def _inline(schema: dict[str, Any]) -> str:
    """Return the forms of a value in one phrase, with the keys of mappings by name alone."""
    if "anyOf" in schema:
        phrases = [_inline(part) for part in schema["anyOf"] if part.get("type") != "null"]
        return " or ".join(dict.fromkeys(phrases))
    if schema.get("properties"):
        return "a mapping with " + ", ".join(map(code, schema["properties"]))
    return forms_of(schema)[0]


def _bullets(lines: Iterable[str]) -> str:
    return "".join(f"{line}\n" if line.startswith("    ") else f"- {line}\n" for line in lines)


def _entry(name: str, schema: dict[str, Any], owners: Sequence[str] = ()) -> str:
    where = f"*Of {', '.join(owners)}.* " if owners else ""
    return f"### `{name}`\n\n{where}{schema.get('description', '')}\n\n{_bullets(forms_of(schema))}"


def manifest_game() -> str:
    """Return the keys of the manifest's top level."""
    schema = manifest_schema()
    by_name = {"tracks", "scenes", "moods", "defaults"}
    keys = {k: v for k, v in schema["properties"].items() if k not in by_name}
    return "\n".join(_entry(name, value) for name, value in keys.items())


def manifest_tracks() -> str:
    """Return the keys of tracks, scenes and defaults, each once."""
    parts = manifest_schema()["$defs"]
    keys: dict[str, tuple[dict[str, Any], list[str]]] = {}
    for part, owner in _OWNERS.items():
        for name, value in parts[part]["properties"].items():
            # `like` means another thing under a scene than under a track.
            key = f"{name} of a scene" if name == "like" and part == "SceneOptions" else name
            keys.setdefault(key, (value, []))[1].append(owner)
    return "\n".join(_entry(name, value, owners) for name, (value, owners) in sorted(keys.items()))


def manifest_moods() -> str:
    """Return the keys of a mood of the game's own."""
    return "\n".join(
        _entry(f"{name} of a mood", value)
        for name, value in manifest_schema()["$defs"]["MoodOptions"]["properties"].items()
    )


def scenes() -> str:
    """Return the table of scenes."""
    rows = [
        [
            code(name),
            ", ".join(scene.moods),
            f"{scene.tempo.low:g} to {scene.tempo.high:g}",
            ", ".join(scene.modes),
            scene.groove,
            f"{scene.lead}, {scene.inner}, {scene.bass}",
            f"{scene.bars} bars, {'loops' if scene.loops else 'ends'}",
        ]
        for name, scene in SCENES.items()
    ]
    head = ("scene", "its moods", "tempo", "modes", "groove", "lead, inner, bass", "length")
    return table(head, rows)


def moods() -> str:
    """Return the table of moods."""
    rows = [
        [
            code(name),
            f"× {mood.tempo_factor:g}",
            f"× {mood.density_factor:g}",
            f"{mood.lead_shift:+g}",
            f"× {mood.dynamics_factor:g}",
            ", ".join(mood.modes),
            mood.groove or "the scene's",
            ", ".join(voice or "the scene's" for voice in (mood.lead, mood.inner, mood.bass)),
        ]
        for name, mood in MOODS.items()
    ]
    head = ("mood", "tempo", "density", "register in semitones", "dynamics", "modes",
            "groove", "lead, inner, bass")  # fmt: skip
    return table(head, rows)


def forms() -> str:
    """Return the table of forms that have a name."""
    rows = [[code(form.name), code(form.sections)] for form in FORMS.values()]
    return table(("form", "sections"), rows)


def costs() -> str:
    """Return the table of the costs of the search."""
    return table(("cost", "what is charged"), [[code(n), about] for n, about in COSTS.items()])


def ideas() -> str:
    """Return the table of ideas."""
    rows = [[code(name), idea.says, ", ".join(idea.suits)] for name, idea in IDEAS.items()]
    return table(("idea", "the piece", "likely in"), rows)


def inner_roles() -> str:
    """Return the table of roles of the second voice."""
    return table(("role", "the voice"), [[code(n), about] for n, about in INNER_ROLES.items()])


def bass_roles() -> str:
    """Return the table of roles of the bass."""
    return table(("role", "the bass"), [[code(n), about] for n, about in BASS_ROLES.items()])


def chips() -> str:
    """Return the table of chips with their voices."""
    rows = [
        [
            code(name),
            ", ".join(f"{voice.name} ({voice.role})" for voice in chip.voices),
            ", ".join(chip.filters),
        ]
        for name, chip in CHIPS.items()
    ]
    return table(("chip", "voices", "filters, the default first"), rows)


def formats() -> str:
    """Return the table of formats."""
    rows = [
        [
            code(name) + (" (default)" if name in DEFAULT_FORMATS else ""),
            form.about,
            ", ".join(map(code, form.chips)) or "all",
            code(form.path),
        ]
        for name, form in FORMATS.items()
    ]
    return table(("format", "what it is or who reads it", "chips", "path in the bundle"), rows)


def instrument_names() -> str:
    """Return the names of the instruments of the bank, for the middle of a line."""
    return ", ".join(map(code, INSTRUMENTS))


def scene_names() -> str:
    """Return the names of the built-in scenes, for the middle of a line."""
    return ", ".join(SCENES)


def mood_names() -> str:
    """Return the names of the built-in moods, for the middle of a line."""
    return ", ".join(MOODS)


def chip_names() -> str:
    """Return the names of the chips, for the middle of a line."""
    return ", ".join(map(code, CHIPS))


def format_names() -> str:
    """Return the names of the formats, for the middle of a line."""
    return ", ".join(map(code, FORMATS))


ENGINE_PAGES = tuple(sorted({*ENGINES} - {"godot3"}))
"""The engines with a page of their own; one page is on both versions of Godot."""


def engine(name: str) -> str:
    """Return the page that an export puts beside its files, without the title, for a game."""
    values = {"PACKAGE": "moon-garden-music", "SCENES": "| `title` | Title | loops |"}
    text = template(name, "README.md", **values).decode()
    # Pages of the documentation are links here.
    text = re.sub(r"docs/(\w+)\.md of chipassets", r"[\1.md](../\1.md)", text)
    return text.split("\n", 2)[2]


def engine_titles() -> str:
    """Return the engines by the names that people know, for the middle of a line."""
    return ", ".join(EXPORTERS[name].title for name in ENGINES)


def metre_names() -> str:
    """Return the metres, for the middle of a line."""
    return ", ".join(map(code, METRES))


PARTS: dict[str, Callable[[], str]] = {
    part.__name__: part
    for part in (
        manifest_game, manifest_tracks, manifest_moods, scenes, moods, forms, costs, ideas,
        inner_roles, bass_roles, chips, formats, instrument_names,
        metre_names, engine_titles,
        scene_names, mood_names, chip_names, format_names,
    )
} | {f"engine_{name}": partial(engine, name) for name in ENGINE_PAGES}  # fmt: skip


def renewed(text: str) -> str:
    """Return a page with every generated part current; KeyError for a name that is unknown."""

    def part(found: re.Match[str]) -> str:
        made = PARTS[found[2]]()
        return f"{found[1]}\n\n{made}\n{found[4]}" if found[3] else f"{found[1]}{made}{found[4]}"

    return _PART.sub(part, text)


def pages() -> Iterator[Path]:
    """Yield the pages that have a generated part, the README among them."""
    for path in (ROOT / "README.md", *sorted(PAGES.rglob("*.md"))):
        if "<!-- generated: " in path.read_text(encoding="utf-8"):
            yield path


def main() -> None:
    """Renew every page, and the schema that the demo's manifest names."""
    schema = json.dumps(manifest_schema(), indent=2, ensure_ascii=False)
    (ROOT / "manifests/chipassets.schema.json").write_text(f"{schema}\n", encoding="utf-8")
    for path in pages():
        path.write_text(renewed(path.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
