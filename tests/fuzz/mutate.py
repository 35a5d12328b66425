"""Ways to damage an input: by bytes, by the structure of JSON and YAML, and by words of text."""

from __future__ import annotations

import copy
import json
import random
import re
from collections.abc import Callable
from typing import Any

Mutate = Callable[[bytes, random.Random], bytes]

NUMBERS: list[Any] = [
    0, 1, -1, 2, -5, 127, 128, 255, 256, 32767, 65536, 2**31 - 1, 2**31, 2**53, 2**63, 2**64,
    10**30, -(10**30), 99_999_999, 0.5, -0.0, 1e-320, 1e308, float("inf"), float("nan"),
]  # fmt: skip
TEXTS = [
    "", " ", "a", "A", "\0", "\x1b]0;x\x07", "\ud800", "\u202e", "é", "e\u0301", "🚀", "x" * 300,
    "../x",
    "/etc/passwd", "C:\\x", "a\nb", "[/red]", ":star:", "{written}", "%s", "None", "on", "1:30",
    "1e999", "NaN", "C5 - E5", "C major", "12 bars", "~", "<<", "- a", "a: b", "#", "'", '"',
]  # fmt: skip
WORDS = [
    *b"-1 0 1 99999999 1e999 .nan NaN 077 0x1F 1:30 on no ~ null true \xff | ; : , . - +".split(),
    b"\n", b"\r\n", b"\t", b" ", b"'", b'"', b"[", b"]", b"{", b"}", b"&a", b"*a", b"!!int", b"<<",
    b"---\n", b"%YAML 1.1\n", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"\xe2\x80\xa8", b"\0",
    b"C5", b"G9+4", b"A'",
]  # fmt: skip
_INTERESTING = (b"\0", b"\xff", b"\x7f", b"\x80", b"\0\0\0\0", b"\xff" * 4, b"\x7f\xff\xff\xff")


def damage_bytes(data: bytes, rng: random.Random) -> bytes:
    """Flip, replace, cut, double and move bytes, once to eight times."""
    found = bytearray(data)
    for _ in range(rng.randint(1, 8)):
        at = rng.randrange(len(found) + 1)
        kind = rng.randrange(8)
        if kind == 0 and at < len(found):
            found[at] ^= 1 << rng.randrange(8)
        elif kind == 1 and at < len(found):
            found[at] = rng.randrange(256)
        elif kind == 2:
            word = rng.choice(_INTERESTING)
            found[at : at + len(word)] = word
        elif kind == 3:
            found[at:at] = rng.randbytes(rng.randint(1, 8))
        elif kind == 4:
            del found[at : at + rng.randint(1, 16)]
        elif kind == 5:
            other = rng.randrange(len(found) + 1)
            found[at:at] = found[other : other + rng.randint(1, 64)]
        elif kind == 6 and rng.random() < 0.2:
            del found[at:]
        else:
            found[at : at + 2] = rng.randrange(65536).to_bytes(2, "big")
    return bytes(found)


def damage_words(data: bytes, rng: random.Random) -> bytes:
    """Replace, remove, double and swap words and signs of a text."""
    parts = [part for part in re.split(rb"(\s+|[\[\]{},:;|+]|\d+)", data) if part]
    for _ in range(rng.randint(1, 6)):
        if not parts:
            break
        at = rng.randrange(len(parts))
        kind = rng.randrange(5)
        if kind == 0:
            parts[at] = rng.choice(WORDS)
        elif kind == 1:
            del parts[at]
        elif kind == 2:
            parts.insert(at, rng.choice(WORDS))
        elif kind == 3:
            parts.insert(at, rng.choice(parts))
        else:
            other = rng.randrange(len(parts))
            parts[at], parts[other] = parts[other], parts[at]
    return b"".join(parts)


def damage_value(value: Any, rng: random.Random) -> Any:
    """Return a copy in which one to three values are others, of other types, missing or doubled."""
    whole = [copy.deepcopy(value)]
    for _ in range(rng.randint(1, 3)):
        holder: Any = whole
        key: Any = 0
        while isinstance(inner := holder[key], dict | list) and inner and rng.random() < 0.85:
            holder = inner
            key = rng.choice(list(inner)) if isinstance(inner, dict) else rng.randrange(len(inner))
        _damage_at(holder, key, rng)
    return whole[0]


def _damage_at(holder: Any, key: Any, rng: random.Random) -> None:
    kind = rng.randrange(6)
    if kind == 0 and len(holder) > 1:
        del holder[key]
    elif kind == 1 and isinstance(holder, dict):
        holder[rng.choice([*TEXTS, *holder])] = holder[key]
    elif kind == 1:
        holder.append(copy.deepcopy(rng.choice(holder)))
    elif kind == 2 and isinstance(holder[key], str):
        holder[key] = damage_words(holder[key].encode("utf-8", "surrogatepass"), rng).decode(
            "utf-8", "surrogateescape"
        )
    else:
        holder[key] = any_value(rng)


def any_value(rng: random.Random, depth: int = 2) -> Any:
    """Return a number, a text, nothing, or a list or mapping of such."""
    kind = rng.randrange(8)
    if kind < 3:
        return rng.choice(NUMBERS)
    if kind < 5:
        return rng.choice(TEXTS)
    if kind == 5 or not depth:
        return rng.choice([None, True, False])
    inner = [any_value(rng, depth - 1) for _ in range(rng.randrange(4))]
    return inner if kind == 6 else {rng.choice(TEXTS): item for item in inner}


def damage_json(data: bytes, rng: random.Random) -> bytes:
    """Damage a JSON text by its structure, and sometimes by its words or bytes."""
    kind = rng.randrange(10)
    if kind == 0:
        return damage_bytes(data, rng)
    if kind <= 2:
        return damage_words(data, rng)
    return json_bytes(damage_value(json.loads(data), rng))


def json_bytes(value: Any) -> bytes:
    """Return JSON with everything in it that Python writes and no standard allows."""
    text = json.dumps(value)
    # What is infinite in Python stands as 1e999 in files that someone has edited.
    return text.replace("Infinity", "1e999").encode()


def damage_lines(damage: Mutate) -> Mutate:
    """Return what damages one line of a text with several, and keeps the others."""

    def mutate(data: bytes, rng: random.Random) -> bytes:
        lines = data.split(b"\n")
        at = rng.randrange(len(lines))
        try:
            lines[at] = damage(lines[at], rng)
        except ValueError:
            lines[at] = damage_bytes(lines[at], rng)
        return b"\n".join(lines)

    return mutate


def damage_any_of(*kinds: Mutate) -> Mutate:
    """Return what damages in one of several ways."""
    return lambda data, rng: rng.choice(kinds)(data, rng)
