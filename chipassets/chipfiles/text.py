"""Names and titles in formats that hold only ASCII."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping

from chipassets.chipsong import Dropped

# Letters that Unicode's compatibility forms leave as they are.
_SPELLED = str.maketrans(
    {
        "©": "(C)", "–": "-", "—": "-", "‘": "'", "’": "'", "“": '"', "”": '"', "„": '"',
        "ß": "ss", "Æ": "AE", "æ": "ae", "Ø": "O", "ø": "o", "Œ": "OE", "œ": "oe",
        "Ł": "L", "ł": "l", "×": "x",
    }
)  # fmt: skip


def to_ascii(text: str) -> str:
    """Return the text in printable ASCII: accents go, what has no spelling becomes `?`."""
    plain = unicodedata.normalize("NFKD", text.translate(_SPELLED)).translate(_SPELLED)
    kept = (letter for letter in plain if not unicodedata.combining(letter))
    return "".join(letter if " " <= letter <= "~" else "?" for letter in kept)


def fit_fields(
    fields: Mapping[str, str], length: int, kind: str
) -> tuple[dict[str, str], tuple[Dropped, ...]]:
    """Return the fields in ASCII with at most `length` letters, and one report for each changed."""
    fitted = {name: to_ascii(text)[:length] for name, text in fields.items()}
    changed = tuple(
        Dropped(f"{name} {text!r} written as {fitted[name]!r}: {kind} holds {length} ASCII", 1)
        for name, text in fields.items()
        if fitted[name] != text
    )
    return fitted, changed
