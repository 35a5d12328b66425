"""The JSON Schema says what the validator says, as far as a schema can."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from chipassets.bundle import index_schema
from chipassets.errors import ManifestError
from chipassets.manifest import load_manifest, manifest_schema, parse_manifest, starter_manifest
from chipassets.manifest.yaml_reader import read_document
from chipassets.resolve.build_plan import resolve
from tests.manifest.test_broken import BROKEN

MANIFESTS = Path(__file__).parents[2] / "manifests"

# Broken manifests that a schema must let pass: it cannot see files, sums, names that refer to
# each other, or how a text is spelt out. Some of them are no YAML to begin with.
BEYOND = {
    "name that is no scene", "own scene without like", "unknown scene", "steps that fill no bar",
    "seconds under a bar", "seconds of one bar", "seconds between whole bars",
    "seconds over the most bars",
    "switch without primer", "length of nothing",
    "length of half bars", "length endless", "name of a device", "game of dots", "model missing",
    "primer held from nothing", "primer out of range", "primer longer than the track",
    "primer as long as the track",
    "melody of rests", "midi missing", "midi outside", "midi of a drive", "midi a folder",
    "tempo range backwards", "tempo nan",
    "format of another chip", "one format of another chip", "loudness text too soft",
    "loudness of a dozen digits", "leave unknown",
    "leave unknown in a list", "leave a voice and its role", "leave everything", "leave only drums",
    "layer without a voice",
    "layer of nothing but a plus", "layer of an unknown voice", "layer by another word",
    "layer that does not add",
    "layer with a voice again", "layer of a voice that is left", "macro that loops past its end",
    "macro that releases before it starts", "unknown instrument", "kit that the chip lacks",
    "kit of another chip",
    "form with a late intro", "form behind its outro", "form varying nothing", "form of edges",
    "form with a wrong sum", "form of too many sections", "form with no room",
    "chords unknown", "chords with an empty bar", "chords crowded", "chords longer than a section",
    "chords of an unknown section", "chords too long for their section",
    "motif unknown", "motif without motifs", "motif from nowhere", "motif from a track without",
    "match of nothing", "match of itself", "match of a match", "match and a key of its own",
    "match and seconds",
    "unknown mood", "unknown mood in a list", "moods near one's own", "own mood without like",
    "own mood of nothing", "own mood called like a preset", "own mood backwards",
    "own mood backwards by name", "own mood too narrow", "own mood of too many voices",
    "own mood too low", "own mood with no such sound",
    "motif too odd to halve", "drums of a wrong length", "drums of another metre",
    "section of no form", "motif stretched twice",
    "motif longer than its section", "motif too wide", "motif with no letter", "guidance nan",
}  # fmt: skip

ACCEPTED = (
    "{}", "{battle: {}}", "{cave: {scene: dungeon}}", "{battle: {mood: [calm, dark]}}",
    "{battle: {tempo: 140.5, takes: 1, temperature: 0.1, loop: false, seed: 0}}",
    "{battle: {tempo: {min: 100, max: 100}}}",
    "{battle: {tempo: 100-120.5}}", "{battle: {key: f#m}}", "{battle: {key: Bb dorian}}",
    "{battle: {key: B♭ minor, primer: . C♯5}}",
    "{battle: {length: 1 bar}}", "{battle: {length: 1.5s}}", "{battle: {length: 32 steps}}",
    "{battle: {length: 30 seconds, metre: 6/8}}", "{battle: {primer: . C5 - Eb5}}",
    "{battle: {key: A harmonic minor}}", "{battle: {key: D minor  pentatonic, chromatic: 0.2}}",
    "{battle: {form: intro A A:4 B A' outro:1}}", "{battle: {form: intro:2 song outro}}",
    "{battle: {chords: '| i | V7/ii C/E | %'}}",
    "{battle: {chords: {A: i, A': iv}}}", "{battle: {guidance: {chord: 0, return: 2.5}}}",
    "{battle: {leave: pulse2}}", "{battle: {leave: [pulse1, noise], arpeggio: false}}",
    "{battle: {leave: [], layers: [bass+drums, +lead, +arpeggio]}}", "{battle: {layers: []}}",
    "{battle: {instruments: {lead: reed, bass: triangle_short}}}",
    "{battle: {instruments: {drums: dmc}}}",
    "{battle: {primer: {melody: [60]}}}", "{battle: {primer: {pitches: [0, 127]}}}",
)  # fmt: skip


@pytest.fixture(scope="module")
def validator() -> Any:
    jsonschema = pytest.importorskip("jsonschema")
    jsonschema.Draft202012Validator.check_schema(manifest_schema())
    return jsonschema.Draft202012Validator(manifest_schema())


def test_the_schema_beside_the_demo_is_the_one_that_is_made() -> None:
    kept = (MANIFESTS / "chipassets.schema.json").read_text(encoding="utf-8")
    made = json.dumps(manifest_schema(), indent=2, ensure_ascii=False) + "\n"
    assert kept == made, "write it anew: python -m ci.pages"


def test_the_demo_names_the_schema_in_its_first_line() -> None:
    first = (MANIFESTS / "demo.yaml").read_text(encoding="utf-8").splitlines()[0]
    assert first == "# yaml-language-server: $schema=./chipassets.schema.json"


def test_the_demo_is_valid_and_shows_every_form(validator: Any) -> None:
    text = (MANIFESTS / "demo.yaml").read_text(encoding="utf-8")
    values = yaml.safe_load(text)
    validator.validate(values)
    plan = resolve(load_manifest(MANIFESTS / "demo.yaml"))
    assert len(plan.tracks) >= 10
    primers = [track.get("primer") for track in values["tracks"].values()]
    forms = {
        next(iter(form)) if isinstance(form, dict) else type(form).__name__ for form in primers
    }
    assert forms == {"str", "melody", "pitches", "midi", "NoneType"}
    assert {track.beats_per_bar for track in plan.tracks} == {3, 4}


def _has_values(text: str) -> bool:
    """Whether the text gives values that a schema can judge."""
    try:
        _, problems = read_document(text.encode(), "x")
    except ManifestError:
        return False
    return not problems


@pytest.mark.parametrize(
    "name", [name for name, (text, _, _) in BROKEN.items() if _has_values(text)]
)
def test_the_schema_refuses_what_the_validator_refuses(name: str, validator: Any) -> None:
    document, _ = read_document(BROKEN[name][0].encode(), "x")
    assert validator.is_valid(document.values) == (name in BEYOND)


@pytest.mark.parametrize("tracks", ACCEPTED)
def test_the_schema_accepts_what_the_validator_accepts(tracks: str, validator: Any) -> None:
    text = f"game: A\ntracks: {tracks if tracks != '{}' else '{battle: }'}\n"
    parse_manifest(text.encode(), Path("x.yaml"))
    document, _ = read_document(text.encode(), "x")
    validator.validate(document.values)


@pytest.mark.parametrize(
    "moods",
    [
        "",
        "{dread: {like: dark}}",
        "{dread: {like: dark, tempo: 60}, hope: {like: calm, tempo: {min: 60, max: 80.5}}}",
        "{dread: {like: dark, modes: blues, density: 1 - 2.5, register: {min: 48, max: 60}}}",
        "{dread: {like: sad, polyphony: 1.2-2, groove: none, instruments: {lead: bell}}}",
    ],
)
def test_the_schema_accepts_the_moods_that_the_validator_accepts(
    moods: str, validator: Any
) -> None:
    text = (
        f"game: A\nmoods: {moods}\ntracks: {{battle: {{mood: {'dread' if moods else 'dark'}}}}}\n"
    )
    assert resolve(parse_manifest(text.encode(), Path("x.yaml"))).tracks
    document, _ = read_document(text.encode(), "x")
    validator.validate(document.values)


def test_patterns_are_valid_in_ecma_262() -> None:
    """JSON Schema's patterns are ECMA-262's: editors and ajv refuse a schema with Python's own."""
    texts = json.dumps([manifest_schema(), index_schema()])
    patterns = sorted(
        {json.loads(one) for one in re.findall(r'"pattern": ("(?:[^"\\\\]|\\\\.)*")', texts)}
    )
    assert len(patterns) > 10
    own = re.compile(r"\(\?(?![:=!])|\\[AZz]|[*+?}]\+")
    assert [pattern for pattern in patterns if own.search(pattern)] == []
    if node := shutil.which("node"):
        script = "for (const one of JSON.parse(process.argv[1])) new RegExp(one, 'u')"
        subprocess.run([node, "-e", script, json.dumps(patterns)], check=True)


def test_every_option_is_explained() -> None:
    schema = manifest_schema()
    for part in ("Track", "SceneOptions", "Defaults", "MoodOptions"):
        for name, option in schema["$defs"][part]["properties"].items():
            assert option.get("description"), name


@pytest.mark.parametrize("game", ["My Game", 'He said "no": #1 {x}', "Élan\\", "ゲーム", "1942"])
def test_the_starter_is_valid_as_it_stands(game: str, validator: Any) -> None:
    text = starter_manifest(game)
    manifest = parse_manifest(text.encode(), Path("x.yaml"))
    assert manifest.game == game
    assert resolve(manifest).tracks
    validator.validate(yaml.safe_load(text))


@pytest.mark.parametrize("game", ["", "   ", "a\nb", "\x07", "x" * 101, "\ud800"])
def test_a_name_that_no_game_has_starts_nothing(game: str) -> None:
    with pytest.raises(ManifestError):
        starter_manifest(game)
