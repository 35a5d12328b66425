"""Names and titles for formats that hold only ASCII."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping

from chipassets.chips.chipsong import Dropped

# Letters that Unicode's compatibility decomposition does not change.
_SPELLED = str.maketrans(
    {
        "©": "(C)", "–": "-", "—": "-", "‘": "'", "’": "'", "“": '"', "”": '"', "„": '"',
        "ß": "ss", "Æ": "AE", "æ": "ae", "Ø": "O", "ø": "o", "Œ": "OE", "œ": "oe",
        "Ł": "L", "ł": "l", "×": "x",
    }
)  # fmt: skip


def to_ascii(text: str) -> str:
    """Return the text in printable ASCII: accents are removed, other characters become `?`."""
    plain = unicodedata.normalize("NFKD", text.translate(_SPELLED)).translate(_SPELLED)
    kept = (letter for letter in plain if not unicodedata.combining(letter))
    return "".join(letter if " " <= letter <= "~" else "?" for letter in kept)


def fit_fields(
    fields: Mapping[str, str], length: int, kind: str, *, game: str = ""
) -> tuple[dict[str, str], tuple[Dropped, ...]]:
    """Return the fields in ASCII with at most `length` letters, and one report for each changed.

    With `game`, its name precedes the title and is shortened first.
    """
    asked = dict(fields)
    fitted = {name: to_ascii(text)[:length] for name, text in fields.items()}
    if game:
        asked["title"] = f"{game}: {fields['title']}"
        fitted["title"] = _with_game(fitted["title"], to_ascii(game), length)
    changed = tuple(
        Dropped(f"{name} {text!r} written as {fitted[name]!r}: {kind} holds {length} ASCII", 1)
        for name, text in asked.items()
        if fitted[name] != text
    )
    return fitted, changed


def _with_game(title: str, game: str, length: int) -> str:
    """Return the title after as much of the game's name as fits, if a useful part of it does."""
    room = length - len(title) - len(": ")
    said = game[: max(room, 0)].rstrip(" :-")
    return f"{said}: {title}" if any(letter.isalnum() for letter in said) else title
