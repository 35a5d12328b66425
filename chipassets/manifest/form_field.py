"""The form of a track: letters with primes, an intro, an outro, and optional lengths."""

from __future__ import annotations

import re
from typing import Annotated, Any

from chipassets.manifest.reads import Context, Reads
from chipassets.manifest.refusal import Fault, Refusal, refuse
from chipassets.music.forms import EDGES, FORMS, INTRO, OUTRO, FormPart
from chipassets.nearest import did_you_mean, nearest

MAX_SECTIONS = 32
_MAX_SECTION_BARS = 128

_PART = re.compile(r"([A-Z]'{0,3}|[a-z]+)(?::([0-9]{1,6}))?", re.ASCII)


def read_form(value: Any, _: Context) -> tuple[FormPart, ...]:
    """Return the sections of a text like "intro A A B:8 A'" or "intro song"; Refusal with offset.

    The name of a form stands for its sections.
    """
    if not isinstance(value, str) or not value.split():
        raise refuse("a form is a row of sections", "write it like intro A A B A'")
    too_many = Fault(f"a form has at most {MAX_SECTIONS} sections", "make it shorter")
    if len(value.split()) > MAX_SECTIONS:
        # Before they are read: each is compared with those before it.
        raise Refusal(too_many)
    faults: list[Fault] = []
    parts: list[FormPart] = []
    offset = 0
    for word in value.split():
        offset = value.index(word, offset)
        for section in FORMS[word].sections.split() if word in FORMS else (word,):
            fault = _part_fault(section) or _place_fault(section, parts)
            if fault is None:
                name, _colon, bars = section.partition(":")
                parts.append(FormPart(name, int(bars) if bars else None))
            else:
                faults.append(Fault(*fault, offset=offset, found=f"the section '{word[:20]}'"))
                break
        offset += len(word)
    if len(parts) > MAX_SECTIONS:
        faults = [too_many]
    if not faults and all(part.name in EDGES for part in parts):
        faults = [
            Fault("a form has at least one section besides intro and outro", "add a letter, like A")
        ]
    if faults:
        raise Refusal(*faults)
    return tuple(parts)


def _part_fault(word: str) -> tuple[str, str] | None:
    """Return why a word is no section, and what to do; None if it is one."""
    match = _PART.fullmatch(word)
    if match is None:
        near = nearest(word.partition(":")[0], (*EDGES, *FORMS))
        return "a section is a capital letter with or without ' behind it, intro or outro", (
            f"did you mean '{near}'?" if near else "write it like A, A' or B:8"
        )
    name, bars = match.groups()
    if name.islower() and name not in EDGES:
        if name in FORMS:
            return "a form as a whole has no length", f"write {name}, and length: for the track"
        fix = did_you_mean(name, (*EDGES, *FORMS), "sections and forms by name")
        return "there is no section or form of this name", fix if len(name) > 1 else (
            f"write {name.upper()}"
        )
    if bars is not None and not 1 <= int(bars) <= _MAX_SECTION_BARS:
        return f"a section has from 1 to {_MAX_SECTION_BARS} bars", f"write {name}:4"
    return None


def _place_fault(word: str, before: list[FormPart]) -> tuple[str, str] | None:
    """Return why a section cannot follow those before it, and what to do; None if it can."""
    name = word.split(":")[0]
    if name == INTRO and before:
        return "an intro comes first and once", "move it to the front, or delete it"
    if any(part.name == OUTRO for part in before):
        return "nothing may follow an outro", "move the outro to the end, or delete it"
    letter = name.rstrip("'")
    if name != letter and letter not in (part.letter for part in before):
        return (
            "a section with ' varies an earlier section of the same letter",
            f"write {letter} before it",
        )
    return None


_NAMES = "|".join(FORMS)

FormField = Annotated[
    tuple[FormPart, ...],
    Reads(
        read_form,
        {
            "type": "string",
            "pattern": rf"^\s*((([A-Z]'{{0,3}}|intro|outro)(:0*[1-9][0-9]*)?|{_NAMES})(\s+|$))+$",
            "examples": ["A A' B A'", "intro A A B A'", "intro:2 A:8 B:4 A:8", "intro song"],
            "description": "The sections: A returns as A, A' opens like A and ends anew, B is new. "
            "The loop starts behind an intro. Lengths in bars behind a colon; without one an intro "
            "has two bars, and the letters share the rest of length: in pairs of bars; without "
            "length: a section is as long as another of its letter that says it, as its melody, or "
            "four bars. A name stands for its sections: "
            + "; ".join(f"{f.name} is {f.sections}" for f in FORMS.values())
            + ". "
            "Default: by scene and seed.",
        },
    ),
]
