"""Learns the groove bank: families of drum bars of songs, merged, generalised and tagged by style.

Usage: `python -m chipassets.train.learn_grooves CORPUS_FOLDER [CORPUS_FOLDER ...]`, each with a
`sources.csv`. `free_rows` decides what may be shipped. The same folders give the same bytes.
"""

from __future__ import annotations

import itertools
import json
import math
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from chipassets.seeds import derive_rng
from chipassets.train.drumbars import KINDS, DrumBar, DrumSong, read_drum_song
from chipassets.train.groovefamilies import (
    FILL_BEATS,
    STEPS,
    Bars,
    Family,
    distance,
    families_of,
    joined,
)
from chipassets.train.groovepool import Pool, count_of, generalise
from chipassets.train.groovetags import density_rank, features_of, styles_of
from chipassets.train.sources import read_sources
from chipassets.units import STEPS_PER_BEAT

LETTERS = dict(zip(KINDS, "kshotc", strict=True))
FORMAT = 1
_TWIN = 0.1
_LENDERS = 12
_MAX_VARIANTS = 3
_PER_SONG = 4
_FLAT = 0.03
_PER_STYLE = 20


def free_rows(corpus: Path) -> list[dict[str, str]]:
    """Return the rows of a corpus that a shipped bank may learn from, game music only.

    Confidence A if the table has that column, no CC BY; of a corpus without it, only Freedoom.
    """
    return [
        row
        for row in read_sources(corpus / "sources.csv").rows.values()
        if not row.get("licence", "").startswith("CC-BY")
        and (row["confidence"].startswith("A") if "confidence" in row else
             row.get("source") == "freedoom")
    ]  # fmt: skip


def learn(songs: Sequence[DrumSong]) -> list[Family]:
    """Return the families of all songs that are grooves, with equal ones merged and none copied."""
    found: list[Family] = []
    for song in songs:
        good = [family for family in families_of(song) if _is_groove(family)]
        found += good[:_PER_SONG]
    pool = Pool(found, songs)
    merged: list[Family] = []
    for family in sorted(found, key=lambda family: (min(family.songs), _order(family.base))):
        twin = next((other for other in merged if _are_twins(family, other)), None)
        if twin is None:
            merged.append(family)
            continue
        twin.songs |= family.songs
        twin.crash |= family.crash
        known = {frozenset(bar) for bar in (*twin.base, *twin.variants)}
        fresh = [bar for bar in family.variants if frozenset(bar) not in known]
        twin.variants = (twin.variants + fresh)[:_MAX_VARIANTS]
        twin.fills = {**family.fills, **twin.fills}
    grooves = [
        generalise(family, pool, f"{min(family.songs)} {number}")
        for number, family in enumerate(merged)
    ]
    kept: list[Family] = []
    for family in sorted(grooves, key=lambda family: (-len(family.songs), _order(family.base))):
        if _is_groove(family) and not any(_are_twins(family, other) for other in kept):
            kept.append(family)
    profile = _accents(found)
    for family in kept:
        family.base = tuple(_accented(bar, profile, family.metre) for bar in family.base)
        family.variants = [_accented(bar, profile, family.metre) for bar in family.variants]
        family.fills = {
            size: _accented(bar, profile, family.metre) for size, bar in family.fills.items()
        }
    _lend_fills(kept)
    return kept


def _order(bars: Bars) -> list[list[tuple[int, str]]]:
    return [sorted(bar) for bar in bars]


def _is_groove(family: Family) -> bool:
    """Return whether a family begins on the beat, moves in both halves and is not only snares."""
    steps = STEPS[family.metre]
    onsets = [{step for step, _ in bar} for bar in family.base]
    kicks, snares = (
        {step for bar in family.base for step, other in bar if other == kind}
        for kind in ("kick", "snare")
    )
    turned = 0 in snares and bool(kicks) and all(step % STEPS_PER_BEAT for step in kicks)
    return (
        (0 in onsets[0] or _keeps_time(family.base[0]))
        and not turned
        and all(len(on) >= 2 and min(on) < steps // 2 <= max(on) for on in onsets)
        and all(max(Counter(step for step, _ in bar).values()) <= 3 for bar in family.base)
        and all(count_of(bar, "snare") <= steps * 5 // 8 for bar in family.base)
    )


def _keeps_time(bar: DrumBar) -> bool:
    """Return whether a bar without a first beat is an offbeat pattern or a plain backbeat."""
    onsets = sorted({step for step, _ in bar})
    gaps = {after - before for before, after in itertools.pairwise(onsets)}
    return len(gaps) == 1 and gaps <= {2, 4, 8}


def _are_twins(one: Family, other: Family) -> bool:
    """Return whether two families differ so little in every bar that one of them is enough."""
    return (
        one.metre == other.metre
        and one.swung == other.swung
        and len(one.base) == len(other.base)
        and all(distance(a, b) <= _TWIN for a, b in zip(one.base, other.base, strict=True))
    )


Accents = dict[tuple[str, str, int], float]


def _accents(families: Iterable[Family]) -> Accents:
    """Return the loudness of a kind on each step relative to its mean, from songs with accents."""
    ratios: dict[tuple[str, str, int], list[float]] = defaultdict(list)
    for family in families:
        for bar in family.base:
            for kind in KINDS:
                loud = {step: v for (step, other), v in bar.items() if other == kind}
                if len(loud) > 1 and max(loud.values()) - min(loud.values()) > _FLAT:
                    mean = sum(loud.values()) / len(loud)
                    for step, velocity in loud.items():
                        ratios[family.metre, kind, step].append(velocity / mean)
    return {key: sum(values) / len(values) for key, values in ratios.items()}


def _accented(bar: DrumBar, profile: Accents, metre: str) -> DrumBar:
    """Return a bar in which kinds with constant velocity get the usual accents of their steps."""
    steps_of: dict[str, list[int]] = defaultdict(list)
    for step, kind in sorted(bar):
        steps_of[kind].append(step)
    accented: DrumBar = {}
    for kind, steps in steps_of.items():
        loud = [bar[step, kind] for step in steps]
        flat = max(loud) - min(loud) <= _FLAT
        for step in steps:
            ratio = profile.get((metre, kind, step), 1.0) if flat else 1.0
            accented[step, kind] = min(1.0, max(0.12, bar[step, kind] * ratio))
    return accented


def _lend_fills(families: Sequence[Family]) -> None:
    """Give each family the fills that it lacks.

    Ends of other families' fills of similar density.
    """
    tails: dict[str, list[tuple[str, DrumBar]]] = {size: [] for size in FILL_BEATS}
    for family in families:
        steps = STEPS[family.metre]
        for size, bar in family.fills.items():
            at = max(steps - STEPS_PER_BEAT * FILL_BEATS[size], 0)
            tails[size].append(
                (family.metre, {(s - steps, kind): v for (s, kind), v in bar.items() if s >= at})
            )
    for family in families:
        for size in FILL_BEATS:
            if size not in family.fills:
                lenders = sorted(_lenders(family, size, tails[size]))[:_LENDERS]
                rng = derive_rng("lent fill", size, str(_order(family.base)))
                fill = dict(lenders[int(rng.integers(len(lenders)))][1]) if lenders else {}
                family.fills[size] = fill or family.base[-1]


def _lenders(
    family: Family, size: str, tails: Sequence[tuple[str, DrumBar]]
) -> Iterator[tuple[float, list[tuple[tuple[int, str], float]]]]:
    """Yield the family's last bar with each tail that is louder than it: (distance, bar)."""
    steps, base = STEPS[family.metre], family.base[-1]
    beats = min(FILL_BEATS[size], steps // STEPS_PER_BEAT)
    busy = sum(len({step for step, _ in bar}) for bar in family.base) / len(family.base)
    wanted = max(busy * STEPS_PER_BEAT / steps, 1.0) + 0.5
    kinds = {kind for bar in family.base for _, kind in bar} | {"snare"}

    def loud(bar: DrumBar) -> int:
        return sum(kind in ("kick", "snare", "tom", "crash") for _, kind in bar)

    for metre, tail in tails:
        moved = {(step + steps, kind): v for (step, kind), v in tail.items() if step >= -steps}
        fill = joined(base, moved, steps - STEPS_PER_BEAT * beats)
        if metre in ("4/4", family.metre) and loud(fill) > loud(base):
            unlike = abs(len({step for step, _ in tail}) / beats - wanted)
            yield unlike + 0.7 * len({kind for _, kind in tail} - kinds), sorted(fill.items())


_STYLES = ("pulse", "ballad", "march", "rock", "drive", "gallop", "shuffle", "waltz", "six_eight")


def bank_of(families: Sequence[Family]) -> dict[str, object]:
    """Return the bank as it is stored: of every style the commonest and the most different.

    Energy is a groove's rank among all learned ones by the loudness of its drums per beat.
    """
    features = [features_of(family.base, family.metre) for family in families]
    energies = density_rank([f["drive"] for f in features])
    words = [
        styles_of(f, family.metre, family.swung)
        for f, family in zip(features, families, strict=True)
    ]
    chosen: set[int] = set()
    for style in _STYLES:
        chosen |= set(_choice([n for n, own in enumerate(words) if style in own], families))
    ordered = sorted(
        chosen, key=lambda n: (_STYLES.index(words[n][0]), energies[n], _order(families[n].base))
    )
    numbers: Counter[str] = Counter()
    grooves = []
    for n in ordered:
        numbers[words[n][0]] += 1
        grooves.append(
            {
                "name": f"{words[n][0]}-{numbers[words[n][0]]:02}",
                "metre": families[n].metre,
                "styles": list(words[n]),
                "energy": round(energies[n], 3),
                "songs": len(families[n].songs),
                "crash": families[n].crash,
                "features": {
                    word: round(features[n][word], 2)
                    for word in ("hits", "onsets", "syncopation", "backbeat", "half_time", "swing")
                },
                "base": [_text(bar, families[n].metre) for bar in families[n].base],
                "variants": [_text(bar, families[n].metre) for bar in families[n].variants],
                "fills": {
                    size: _text(families[n].fills[size], families[n].metre)
                    for size in FILL_BEATS
                    if size in families[n].fills
                },
            }
        )
    return {"format": FORMAT, "kinds": {letter: kind for kind, letter in LETTERS.items()},
            "grooves": grooves}  # fmt: skip


def _choice(members: list[int], families: Sequence[Family]) -> list[int]:
    """Return the members that are common and far from those chosen before them."""
    taken: list[int] = []
    while len(taken) < min(_PER_STYLE, len(members)):

        def worth(n: int) -> tuple[float, list[list[tuple[int, str]]]]:
            """Return how good a family is to take next, the lowest first.

            A common family counts, and one unlike those taken.
            """
            apart = min(
                (distance(families[n].base[0], families[t].base[0]) for t in taken), default=1.0
            )
            return -(math.log2(1 + _weight(families[n])) + 2 * apart), _order(families[n].base)

        taken.append(min((n for n in members if n not in taken), key=worth))
    return taken


def _weight(family: Family) -> int:
    """Return how many songs have a groove; those of chip music count twice."""
    return sum(1 if song.startswith("freedoom") else 2 for song in family.songs)


def _text(bar: DrumBar, metre: str) -> dict[str, str]:
    """Return a bar as one line per drum: a digit 1 to 9 is a velocity in ninths, a dot a rest."""
    lines = {}
    for kind in KINDS:
        marks = [bar.get((step, kind)) for step in range(STEPS[metre])]
        if any(mark is not None for mark in marks):
            lines[LETTERS[kind]] = "".join(
                "." if mark is None else str(min(9, max(1, round(9 * mark)))) for mark in marks
            )
    return lines


def card(
    bank: dict[str, object],
    songs: Sequence[DrumSong],
    families: Sequence[Family],
    used: Sequence[dict[str, str]],
) -> str:
    """Return the card: the bank's sources, contents and limits."""
    grooves: list[dict[str, object]] = bank["grooves"]  # type: ignore[assignment]
    sources = Counter((row["source"], row["licence"]) for row in used)
    styles = Counter(style for groove in grooves for style in groove["styles"])  # type: ignore[attr-defined]
    lines = [
        "# Groove bank",
        "",
        "Families of drum bars for the composer, made by "
        "`python -m chipassets.train.learn_grooves`.",
        "",
        "| source | licence | songs with drums on a grid |",
        "|---|---|---|",
        *(f"| {source} | {licence} | {n} |" for (source, licence), n in sorted(sources.items())),
        "",
        f"{sum(len(song.bars) for song in songs):,} bars of {len(songs)} songs gave "
        f"{len(families)} different families, of which the bank keeps {len(grooves)}: of every",
        "style the commonest and the least alike, chip music counting double. "
        f"{sum(family.sampled for family in families)} of all",
        "families have a bar that was drawn anew: a bar with more than ten hits that only one song",
        "has is not kept, but drawn from the onset probabilities of the twelve bars nearest to it.",
        "",
        "| style | grooves |",
        "|---|---|",
        *(f"| {style} | {styles[style]} |" for style in _STYLES),
        "",
        "Fills that a family lacks are tails of other families' fills. Kinds of drum are those of",
        "the files, in part guessed from sounds; nobody listened. The other metres' grooves beyond",
        "the learned ones are adapted from those in 4/4 when they are asked for",
        "(`chipassets/compose/grooves.py`). Freedoom's notice is on the card of the default model.",
        "",
    ]
    return "\n".join(lines)


def main(folders: Sequence[str]) -> int:
    """Learn from the corpora in the folders; write the bank beside the models, with its card."""
    if not folders or not all((Path(folder) / "sources.csv").is_file() for folder in folders):
        sys.stderr.write(f"name folders that hold a sources.csv, not {list(folders)}\n")
        return 2
    songs: list[DrumSong] = []
    used: list[dict[str, str]] = []
    for folder in map(Path, folders):
        for row in sorted(free_rows(folder), key=lambda row: row["file"]):
            song = read_drum_song(folder / row["file"], row["file"])
            if song is not None:
                songs.append(song)
                used.append(row)
    families = learn(songs)
    bank = bank_of(families)
    target = Path(__file__).resolve().parents[1] / "models"
    rows = [json.dumps(groove, separators=(",", ":")) for groove in bank["grooves"]]  # type: ignore[attr-defined]
    text = json.dumps({key: value for key, value in bank.items() if key != "grooves"})
    (target / "grooves.json").write_text(
        text[:-1] + ', "grooves": [\n' + ",\n".join(rows) + "\n]}\n", encoding="utf-8"
    )
    (target / "grooves.md").write_text(card(bank, songs, families, used), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
