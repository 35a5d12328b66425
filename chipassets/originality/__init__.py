"""Originality: how much of a melody is in the corpus that a model was trained on."""

from __future__ import annotations

from chipassets.originality.check import (
    Likeness,
    Originality,
    check_originality,
    given_elements,
    name_likenesses,
)
from chipassets.originality.gram_index import (
    MAX_INDEX_BYTES,
    NGRAMS_VERSION,
    GramIndex,
    index_to_bytes,
    make_index,
    open_index,
    parse_index,
)
from chipassets.originality.grams import (
    GRAM_LENGTHS,
    Line,
    countable,
    gram_hashes,
    melody,
)

__all__ = [
    "GRAM_LENGTHS",
    "MAX_INDEX_BYTES",
    "NGRAMS_VERSION",
    "GramIndex",
    "Likeness",
    "Line",
    "Originality",
    "check_originality",
    "countable",
    "given_elements",
    "gram_hashes",
    "index_to_bytes",
    "make_index",
    "melody",
    "name_likenesses",
    "open_index",
    "parse_index",
]
