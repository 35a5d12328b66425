"""Loads a manifest file into a Manifest, or reports all its problems in one pass."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import replace
from itertools import chain, islice
from pathlib import Path
from types import NoneType
from typing import Any, NoReturn

from pydantic import ValidationError

from chipassets.chips.profiles import CHIPS
from chipassets.errors import ManifestError, Problem
from chipassets.manifest.bank_file import with_bank
from chipassets.manifest.check import check_empty, check_names, check_track
from chipassets.manifest.check_linked import LINKS
from chipassets.manifest.check_samples import check_clips, check_roots
from chipassets.manifest.document import Document, Steps
from chipassets.manifest.models import (
    DEFAULT_CHIP,
    MAX_INSTRUMENTS,
    MAX_OWN_MOODS,
    MAX_SCENES,
    MAX_TRACKS,
    Manifest,
)
from chipassets.manifest.problems import Report
from chipassets.manifest.reads import Context
from chipassets.manifest.yaml_reader import MAX_BYTES, read_document
from chipassets.nearest import nearest
from chipassets.plan.presets import MOODS, SCENES


def load_manifest(path: Path) -> Manifest:
    """Return the manifest of a file; ManifestError with all problems of it and of its files."""
    try:
        if not path.is_file():
            fix = "`chipassets init` writes one"
            if path.is_symlink() and not path.exists():
                _refuse(path, "a link that leads to no file", "a manifest is a YAML file", fix)
            if not path.exists():
                near = _similar_file(path)
                fix = f"did you mean {near}? {fix}" if near else fix
                _refuse(path, "no file", "there is no file of this name", fix)
            what = "a folder" if path.is_dir() else "a pipe or a device"
            _refuse(path, what, "a manifest is a YAML file", fix)
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "the path is not valid"
        _refuse(path, "nothing that can be read", reason, "check the path and its permissions")
    return parse_manifest(data, path)


def _similar_file(path: Path) -> str | None:
    """Return the YAML file beside a missing one whose name is nearest; None if none is near."""
    if not path.parent.is_dir():
        return None
    beside = sorted(other.name for other in path.parent.iterdir() if other.suffix in _SUFFIXES)
    return nearest(path.name, beside)


_SUFFIXES = (".yaml", ".yml")


def _refuse(path: Path, found: str, why: str, fix: str) -> NoReturn:
    raise ManifestError((Problem(f"{path}:1:1", found, why, fix),))


def parse_manifest(data: bytes, path: Path) -> Manifest:
    """Return the manifest of the bytes.

    `path` is used in messages; the files that the manifest names are looked for in its folder.
    """
    whole, problems = read_document(data, str(path))
    chip = _chip(whole)
    shortened = replace(whole, values=_shortened(whole.values))
    banked = with_bank(shortened, Context(path.parent, (), chip=chip))
    document = banked.document
    report = Report(document, str(path))
    for fault in banked.faults:
        report.add(("instruments", "file"), fault)
    scenes = tuple(dict.fromkeys((*SCENES, *_names(document, "scenes", MAX_SCENES))))
    context = Context(
        path.parent,
        scenes,
        instruments=banked.names[:MAX_INSTRUMENTS],
        chip=chip,
        moods=tuple(dict.fromkeys((*MOODS, *_names(document, "moods", MAX_OWN_MOODS)))),
    )
    checks = (check_names(document, scenes), check_empty(document), check_roots(document))
    for steps, fault in chain.from_iterable(checks):
        report.add(steps, fault)
    manifest = _validated(document.values, context, report)
    report.bad |= _resting_on_refused(document, report.bad | document.refused)
    refused = report.bad | document.refused
    sound = _sound_part(document, report, context) if refused or manifest is None else manifest
    if sound is not None:
        by_owner = _by_owner(refused)
        for name in sound.tracks:
            _check_clashes(sound, name, report, by_owner)
        for steps, fault in check_clips(sound):
            report.add(steps, fault)
    found = _in_order(problems + report.problems(), report.hidden) + banked.problems
    if found or manifest is None:
        raise ManifestError(found)
    manifest.remark(
        tuple(f"{path.parent / name}: {said}" for name, midi in context.midi.items()
              for said in midi.remarks)
    )  # fmt: skip
    return manifest


def _names(document: Document, part: str, most: int) -> tuple[str, ...]:
    """Return the keys of a top-level mapping such as `scenes`, at most `most`, valid or not."""
    own = document.values.get(part)
    return tuple(islice(own, most)) if isinstance(own, dict) else ()


def _resting_on_refused(document: Document, bad: Set[Steps]) -> set[Steps]:
    """Return the paths of options that name a custom mood or a motif that is refused.

    What such an option means is not known, so nothing else is said of it.
    """
    owners: list[Steps] = [("defaults",)]
    for part in ("scenes", "tracks"):
        entries = document.values.get(part)
        owners += [(part, name) for name in entries] if isinstance(entries, dict) else []
    resting = set()
    for part, options in (("moods", ("mood",)), ("motifs", ("motif", "sections"))):
        refused = {steps[1] for steps in bad if steps[0:1] == (part,) and len(steps) > 1}
        for owner in owners if refused else ():
            resting |= {
                (*owner, name)
                for name in options
                if not refused.isdisjoint(_names_in(document.value((*owner, name))))
            }
    return resting


def _names_in(said: object) -> set[str]:
    """Return the names of moods or motifs in the value of an option: words, and keys of mappings.

    Of sections, those of their motifs.
    """
    if isinstance(said, dict):
        inside = set().union(*map(_names_in, (v for v in said.values() if isinstance(v, dict))))
        own = _names_in(said["motif"]) if "motif" in said else set()
        return {name for name in said if isinstance(name, str)} | inside | own
    words = said if isinstance(said, list) else [said]
    found = {word for word in words if isinstance(word, str)}
    return found.union(*(_names_in(word) for word in words if isinstance(word, dict)))


def _chip(document: Document) -> str:
    """Return the manifest's chip, or the default chip where the manifest's is not valid."""
    chip = document.values.get("chip")
    return chip if isinstance(chip, str) and chip in CHIPS else DEFAULT_CHIP


def _validated(values: dict[str, Any], context: Context, report: Report) -> Manifest | None:
    try:
        return Manifest.model_validate(values, context=context)
    except ValidationError as error:
        report.add_pydantic(error)
        return None


def _shortened(values: dict[str, Any]) -> dict[str, Any]:
    """Return the values with each mapping cut to one entry above its limit, to bound the time."""
    most = {"tracks": MAX_TRACKS, "scenes": MAX_SCENES, "moods": MAX_OWN_MOODS}
    return {
        name: dict(islice(value.items(), most[name] + 1))
        if name in most and isinstance(value, dict)
        else value
        for name, value in values.items()
    }


def _check_clashes(
    manifest: Manifest, name: str, report: Report, refused: Mapping[Steps, Set[str | int]]
) -> None:
    """Report which values of a track do not fit together; skip verdicts on refused options.

    refused: see `_by_owner`.
    """
    scene = manifest.tracks[name].scene or name
    owners: tuple[Steps, ...] = (("tracks", name), ("scenes", scene), ("defaults",))
    own = set().union(*(refused.get(owner, ()) for owner in owners))
    for clash in check_track(manifest, name):
        if not clash.needs & own:
            report.add(clash.steps, clash.fault)


def _by_owner(refused: Set[Steps]) -> dict[Steps, set[str | int]]:
    """Return, by the path of a mapping, which of its keys are refused or have a refused part.

    Read once for all tracks: a manifest may have as many refused values as tracks.
    """
    found: dict[Steps, set[str | int]] = {}
    for steps in refused:
        for depth in range(min(len(steps), _OWNER_DEPTH + 1)):
            found.setdefault(steps[:depth], set()).add(steps[depth])
    return found


_OWNER_DEPTH = 2
"""The steps to what has options: a track, a scene or the defaults."""


def _sound_part(document: Document, report: Report, context: Context) -> Manifest | None:
    """Return the manifest without its refused values, so that the rest can be checked too.

    A track without a valid scene is removed as a whole; None if no track is left.
    """
    bad = report.bad | document.refused
    refused = _by_owner(bad)
    values: dict[str, Any] = {"game": "sound", "chip": context.chip}
    for part, missing in (
        ("defaults", document.values.get("defaults")),
        ("motifs", {}),
        ("moods", {}),
        ("instruments", {}),
    ):
        entries = document.values.get(part)
        values[part] = _without(entries, (part,), refused) if isinstance(entries, dict) else missing
    for part in ("scenes", "tracks"):
        entries = document.values.get(part)
        values[part] = {
            name: _without(entry or {}, (part, name), refused)
            for name, entry in (entries.items() if isinstance(entries, dict) else ())
            if isinstance(entry, (dict, NoneType)) and not _hopeless((part, name), bad)
        }
    known = SCENES.keys() | values["scenes"].keys()
    values["tracks"] = {
        name: track
        for name, track in values["tracks"].items()
        if track.get("scene", name) in known or track.keys() & LINKS.keys() - {"scene"}
    }
    try:
        return Manifest.model_validate(values, context=context)
    except ValidationError:
        return None


def _hopeless(steps: Steps, bad: Set[Steps]) -> bool:
    """Return whether a part, or what it takes over, is already refused."""
    return any((*steps, *more) in bad for more in ((), ("scene",), ("like",)))


def _without(
    options: dict[str, Any], owner: Steps, refused: Mapping[Steps, Set[str | int]]
) -> dict[str, Any]:
    """Return the options of an owner without those that are refused or have a refused part."""
    own = refused.get(owner, set())
    return {name: value for name, value in options.items() if name not in own}


def _in_order(problems: list[Problem], hidden: int) -> tuple[Problem, ...]:
    """Return the problems in the order of the file, each once, and how many are hidden."""

    def place(problem: Problem) -> tuple[int, ...]:
        return tuple(int(part) for part in problem.where.rsplit(":", 2)[1:])

    ordered = sorted(dict.fromkeys(problems), key=place)
    if hidden:
        last = ordered[-1]
        ordered.append(
            Problem(last.where, f"{hidden} more problems", "only the first are shown",
                    "mend these first")
        )  # fmt: skip
    return tuple(ordered)
