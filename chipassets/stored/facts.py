"""What a track's notes are composed from, in words: the lock keeps it to name what changes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from chipassets.compose.version import COMPOSE_VERSION
from chipassets.music.keys import Key
from chipassets.music.motifs import motif_pace
from chipassets.music.notes import LEAD
from chipassets.plan.plain_values import plain_values
from chipassets.plan.trackplan import (
    MODE,
    SOUND_FIELDS,
    TEMPO,
    BuildPlan,
    HomeKey,
    TrackPlan,
    Wish,
    unsaid,
)
from chipassets.resolve.plan_json import plan_to_json
from chipassets.versions import SHAPE_VERSION, TAKES_VERSION

COLOUR_FIELDS = (
    "name", "moods", "tempo_millibpm", "sound", "scene_like", "match", "given", "own_moods",
)  # fmt: skip
"""The fields of a plan that do not affect the notes."""

_KEEPING_FIELDS = ("frozen", "was")
_COLOUR_CHARACTER = ("lead", "inner", "bass")

_CALLED = {
    "beats_per_bar": "beats",
    "chromatic_share": "chromatic",
    "lead_pitch": "register",
    "loops": "loop",
    "preset_moods": "mood",
    "progressions": "chords",
    "filter_name": "filter",
    "level_db": "level",
    "loudness_lufs": "loudness",
    "copyright_line": "copyright",
}
"""Fields with another name in manifests."""

_LINK = "link"
_LONGEST = 72
KEY, TEMPO_FACT, METRE, BARS, GROOVE = "key", "tempo", "metre", "bars", "groove"
_COMPOSER, _MODEL, _CORPUS, _PACE = "composer", "model", "corpus", "motif_pace"
CHIP_FACT = "chip"
"""The chip on which a take was accepted or frozen. It says nothing of how it was composed."""
UNTOLD_FACTS = frozenset(
    (_COMPOSER, _MODEL, _CORPUS, _PACE, CHIP_FACT, "seed", "beats", "pulse_steps")
)
"""Facts that say nothing to a person, or nothing that another fact does not say."""


_USUAL = {"part": LEAD, "section": ""}


def notes_fields(track: TrackPlan) -> dict[str, Any]:
    """Return what a track's plan says about its notes, as JSON values."""
    fields = without(
        plain_values(track), (*COLOUR_FIELDS, *_KEEPING_FIELDS, *SOUND_FIELDS, *unsaid(track))
    )
    fields["character"] = without(fields["character"], _COLOUR_CHARACTER)
    if track.link is not None:
        # A variant's tempo does not affect its notes.
        fields[_LINK] = without(plain_values(track.link), ("tempo_percent",))
    # Left out if they are not set.
    fields["motifs"] = [
        without(motif, tuple(n for n, usual in _USUAL.items() if motif[n] == usual))
        for motif in fields["motifs"]
    ]
    for melody in fields.get("melodies", ()):
        melody["tune"] = without(melody["tune"], tuple(_USUAL))
        if melody["pickup"] is None:
            del melody["pickup"]
    if track.sounds_like is not None:
        # The name of the reference file does not affect the notes.
        fields["sounds_like"] = without(plain_values(track.sounds_like), ("file",))
    if track.wishes:
        wanted = [_wish_fields(wish) for wish in fields.pop("wishes")]
        if wanted := [wish for wish in wanted if wish != _plain_wish(wish["section"])]:
            fields["wishes"] = wanted
    fields["preset_moods"] = track.preset_moods  # the draw of textures depends on the moods
    paces = [motif_pace(motif, track.tempo_millibpm) for motif in track.motifs]
    if any(paces):
        fields[_PACE] = paces  # the only effect of the tempo on the notes
    return fields


def _wish_fields(wish: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of a wish that affect notes.

    Loudness and instruments do not; chords are among the track's progressions. Fields that are not
    set are left out, so that older facts stay comparable.
    """
    sound = ("dynamics_db", "lead", "inner", "low", "chords")
    unsaid = tuple(n for n in ("density", "register", "bass_line", "key") if not wish[n])
    return without(wish, (*sound, *unsaid))


def _plain_wish(section: str) -> dict[str, Any]:
    """Return the fields of a wish that wants nothing of a section's notes."""
    return _wish_fields(plain_values(Wish(section)))


def versions() -> tuple[int, int, int]:
    """Return the versions of the stages between a plan and its notes."""
    return COMPOSE_VERSION, SHAPE_VERSION, TAKES_VERSION


def notes_facts(
    track: TrackPlan, model_name: str, model_sha256: str, grams_sha256: str
) -> tuple[tuple[str, str], ...]:
    """Return everything that decides a track's notes, as words by name."""
    fields = notes_fields(track)
    fields |= fields.pop("character")
    fields[KEY] = str(track.key)
    fields["form"] = " ".join(f"{part.name}:{part.bars}" for part in track.form)
    fields["progressions"] = "; ".join(
        f"{own.section} {' | '.join(' '.join(bar) for bar in own.bars)}".strip()
        for own in track.progressions
    )
    facts = {
        METRE: track.metre,
        TEMPO_FACT: f"{track.tempo_millibpm / 1000:g}",
        **{_CALLED.get(name, name): _words(value) for name, value in fields.items()},
        _MODEL: f"{model_name} {model_sha256[:12]}",
        _CORPUS: grams_sha256[:12],
        _COMPOSER: ".".join(map(str, versions())),
    }
    return tuple((name, text) for name, text in facts.items() if text)


def _words(value: object) -> str:
    """Return a value as short text, hashed if long: enough to see that it changed."""
    if isinstance(value, dict) and value.keys() == {"low", "high"}:
        return f"{value['low']:g}-{value['high']:g}"
    if isinstance(value, dict) and value.keys() == {"tonic", "mode"}:
        return str(Key(value["tonic"], value["mode"]))
    if isinstance(value, bool):
        return str(value).lower()
    if value is None or value in ((), [], {}):
        return ""
    if isinstance(value, (list, tuple)) and all(isinstance(item, str) for item in value):
        value = " ".join(value)
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    if len(text) <= _LONGEST:
        return text
    return f"#{hashlib.sha256(text.encode()).hexdigest()[:12]}"


def home_key_text(home: HomeKey) -> str:
    """Return a game's home key and tempo in words, for the lock."""
    return f"{home.key}, {home.tempo_millibpm / 1000:g} bpm"


def changes(
    plan: BuildPlan,
    track: TrackPlan,
    before: tuple[tuple[str, str], ...],
    now: tuple[tuple[str, str], ...],
    old_home: str,
    *,
    own_only: bool = False,
) -> list[str]:
    """Return one phrase for each difference between two sets of facts, with its cause.

    own_only: compare only what the manifest says of the track itself, without model, corpus,
    version, and key and tempo that follow the game's home key.
    """
    old, new = dict(before), dict(now)
    old.pop(CHIP_FACT, None)
    names = [name for name in dict.fromkeys((*old, *new)) if old.get(name) != new.get(name)]
    if _PACE not in names and len(names) > 1:
        # Reported only if nothing else changed, as it does not affect the notes by itself.
        names = [name for name in names if name != TEMPO_FACT]
    if "seed" in names:
        # What is drawn from the changed value changes too and is not reported.
        drawn = {"density", "register", *({KEY} if MODE not in track.given else ())}
        drawn |= {TEMPO_FACT} if TEMPO not in track.given else set()
        names = [name for name in names if name not in drawn]
    if own_only:
        others = {_COMPOSER, _MODEL, _CORPUS, "seed"}
        others |= {KEY} if MODE not in track.given or track.match else set()
        others |= {TEMPO_FACT, _PACE} if TEMPO not in track.given or track.match else set()
        names = [name for name in names if name not in others]
    return [
        _change(plan, track, name, old.get(name, ""), new.get(name, ""), old_home)
        for name in names
        if name != _PACE or TEMPO_FACT not in names
    ]


def _change(plan: BuildPlan, track: TrackPlan, name: str, old: str, new: str, old_home: str) -> str:
    """Return the words for one changed fact of a track's notes, with its cause."""
    if name == _COMPOSER:
        return f"this chipassets composes differently (version {old or 'unknown'} → {new})"
    if name == _CORPUS:
        return "the index of the training corpus changed"
    if name == _PACE:
        return "its motif has other note values at the new tempo"
    if name == _LINK and track.link and old and new:
        return f"the notes of '{track.link.of}', which it follows, or how it plays them changed"
    what = "the model" if name == _MODEL else f"its {name}"
    if name == "seed" or old.startswith("#") or new.startswith("#"):
        return f"{what} changed"
    said = f"{what} changed {_shown(name, old)} → {_shown(name, new)}"
    if name == KEY and MODE not in track.given:
        return said + _with_home(plan, KEY, old_home)
    if name == TEMPO_FACT and TEMPO not in track.given:
        return said + _with_home(plan, TEMPO_FACT, old_home)
    if track.match and name in (KEY, TEMPO_FACT, METRE):
        return f"{said} with {track.match}, which it matches"
    return said


def _shown(name: str, text: str) -> str:
    """Return a fact as a phrase shows it; of a model only the name."""
    if name == _MODEL:
        return text.partition(" ")[0] or text
    return text or "none"


def _with_home(plan: BuildPlan, name: str, old_home: str) -> str:
    """Return the cause of a changed home key or tempo, for tracks that leave theirs open."""
    old_key, _, old_tempo = old_home.partition(", ")
    if name == KEY:
        old, new = old_key, str(plan.home.key)
        given = [one for one in plan.tracks if MODE in one.given and one.key == plan.home.key]
    else:
        old, new = old_tempo.removesuffix(" bpm"), f"{plan.home.tempo_millibpm / 1000:g}"
        given = [one for one in plan.tracks[:1] if TEMPO in one.given]
    if not old or old == new:
        return ""
    who = f", that of {given[0].name}" if given else ""
    return f", because the game's shared {name} changed {old} → {new}{who}"


def without(fields: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    """Return the fields without those names."""
    return {name: value for name, value in fields.items() if name not in names}


def file_changes(plan: BuildPlan, track: TrackPlan, old: Mapping[str, Any]) -> list[str]:
    """Return what differs between the plan in a bundle's provenance and a track's plan now.

    `old` is the plan as `plan_to_json` gives it, from a file: anything may be missing.
    """
    # Through JSON, as `old` went: tuples are lists there.
    now = json.loads(json.dumps(plan_to_json(replace(plan, tracks=(track,)))))
    listed = old.get("tracks")
    tracks = {
        item.get("name"): item
        for item in (listed if isinstance(listed, list) else ())
        if isinstance(item, dict)
    }
    before, after = tracks.get(track.name, {}), now["tracks"][0]
    home = old.get("home")
    home = home if isinstance(home, dict) else {}
    old_home = f"{home.get('key', '')}, {_tempo_text(home.get('tempo_millibpm'))} bpm"
    said = [
        _change(plan, track, *_file_fact(name, before.get(name), after.get(name)), old_home)
        for name in dict.fromkeys((*before, *after))
        if before.get(name) != after.get(name) and name not in _UNHEARD
    ]
    return said + [
        f"the game's {_CALLED.get(name, name)} changed"
        + f" {_words(old.get(name)) or 'none'} → {_words(now[name]) or 'none'}"
        for name in _GAME_FIELDS
        if old.get(name) != now[name]
    ]


_GAME_FIELDS = ("game", "chip", "formats", "filter_name", "loudness_lufs", "author",
                "copyright_line")  # fmt: skip
_UNHEARD = ("takes", "given", "frozen", "was", "guidance", "temperature")
"""The facts that do not change files if the notes stay."""


def _file_fact(name: str, old: object, new: object) -> tuple[str, str, str]:
    """Return the words for a changed field of a plan: its name, the old value and the new one.

    Several changes inside one field are named without their values ("#").
    """
    if name == "tempo_millibpm":
        return TEMPO_FACT, _tempo_text(old), _tempo_text(new)
    if isinstance(old, dict) and isinstance(new, dict):
        parts = [part for part in new if old.get(part) != new[part]]
        if len(parts) == 1:
            return f"{name} ({parts[0]})", _words(old.get(parts[0])), _words(new[parts[0]])
        return f"{name} ({', '.join(parts)})", "#", "#"
    return _CALLED.get(name, name), _words(old), _words(new)


def _tempo_text(millibpm: object) -> str:
    return f"{millibpm / 1000:g}" if isinstance(millibpm, int) else ""


def decided_on(facts: tuple[tuple[str, str], ...], chip: str) -> tuple[tuple[str, str], ...]:
    """Return the facts of a take with the chip on which it is accepted or frozen, "" for none."""
    kept = tuple(fact for fact in facts if fact[0] != CHIP_FACT)
    return (*kept, (CHIP_FACT, chip)) if chip else kept
