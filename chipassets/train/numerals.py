"""Names chords by the Roman numerals that `parse_chord` reads, in major, minor and church modes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from chipassets.music.chords import parse_chord
from chipassets.music.keys import MODES, Key
from chipassets.train.chordreading import QUALITIES, Heard, KeySpan
from chipassets.units import OCTAVE

BORROWED_FROM = {"dorian": "minor", "phrygian": "minor", "mixolydian": "major"}
_NAMES = ("i", "ii", "iii", "iv", "v", "vi", "vii")
_LOWERED = {1: 1, 3: 2, 8: 5, 10: 6}
_DOMINANT, _LEADING = 7, 11


def diatonic(semitone: int, mode: str) -> str | None:
    """Return the quality of the mode's triad at a semitone above the tonic, None if it has none."""
    scale = MODES[mode]
    if semitone not in scale:
        return None
    place = scale.index(semitone)
    third, fifth = ((scale[(place + step) % 7] - semitone) % OCTAVE for step in (2, 4))
    return {(4, 7): "", (3, 7): "m", (3, 6): "dim"}.get((third, fifth))


def numeral_of(semitone: int, quality: str, mode: str) -> str | None:
    """Return the numeral that `parse_chord` reads as a chord in a mode, None if none is usual.

    A major chord or a seventh chord outside the mode, a fifth above one of its triads, is that
    triad's dominant; a diminished one a semitone below it is its leading-tone chord. Besides these
    only chords borrowed from a parallel mode have a name.
    """
    key = Key(0, mode)
    for text in _spellings(semitone, quality, mode):
        try:
            chord = parse_chord(text, key)
        except ValueError:
            continue
        wanted = {(semitone + step) % OCTAVE for step in QUALITIES[quality]}
        if chord.root == semitone and chord.pitch_classes == wanted:
            return text
    return None


def _spellings(semitone: int, quality: str, mode: str) -> Iterator[str]:
    """Yield the numerals that may name a chord, the most usual first."""
    scale = MODES[mode]
    suffix = {"dim": "°", "m7b5": "ø7", "dim7": "°7", "m": "", "m7": "7"}.get(quality, quality)
    minor = quality in ("m", "m7", "dim", "m7b5", "dim7")
    tones = {(semitone + step) % OCTAVE for step in QUALITIES[quality]}
    if semitone == _DOMINANT and quality in ("", "7", "sus4"):
        yield "V" + suffix
    if 3 in scale and semitone == _LEADING and quality in ("dim", "dim7"):
        yield "vii" + suffix
    if semitone in scale and tones <= set(scale):
        name = _NAMES[scale.index(semitone)]
        lower = minor or (quality == "sus4" and diatonic(semitone, mode) == "m")
        yield (name if lower else name.upper()) + suffix
        return
    above = (semitone + (5 if quality in ("", "7") else 1)) % OCTAVE
    target = diatonic(above, mode)
    plain = quality == "" and (semitone in _LOWERED or semitone in (0, 5))
    if quality in ("", "7", "dim", "dim7") and target in ("", "m") and above != 0 and not plain:
        name = _NAMES[scale.index(above)]
        if target == "" or (mode == "minor" and above == _DOMINANT):
            name = name.upper()
        yield f"{'V' if quality in ('', '7') else 'vii'}{suffix}/{name}"
    elif quality in ("", "m", "m7b5", "dim"):
        if semitone in _LOWERED and semitone not in scale and not minor:
            yield "b" + _NAMES[_LOWERED[semitone]].upper() + suffix
        if semitone in scale and _is_mixture(semitone, quality, mode):
            name = _NAMES[scale.index(semitone)]
            yield (name if minor else name.upper()) + suffix


def _is_mixture(semitone: int, quality: str, mode: str) -> bool:
    """Return whether a chord on a degree of the mode is usually borrowed from a parallel mode."""
    if 4 in MODES[mode]:
        return (semitone, quality) in {(5, "m"), (2, "m7b5"), (2, "dim"), (7, "m")}
    return (semitone, quality) in {(5, ""), (0, ""), (2, "m")}


def is_surprise(numeral: str, mode: str) -> bool:
    """Return whether a chord is borrowed or secondary, so has tones outside the mode.

    The leading tone of minor counts as inside, in V, V7 and the chords on vii.
    """
    home = set(MODES[mode])
    if mode == "minor":
        home.add(11)
    tones = parse_chord(numeral, Key(0, mode)).pitch_classes
    return not tones <= home or ({10, 11} <= tones and mode == "minor")


def named_halves(
    chords: Sequence[Heard | None], keys: Sequence[KeySpan]
) -> list[tuple[str, int] | None]:
    """Return (numeral, inversion) of each half bar in its key; None for an unusual chord.

    A bare fifth or an uncertain suspension gets the mode's own third. Inversions: 0 the root, 1 the
    third, 2 the fifth, 3 the seventh in the bass; a bass outside the chord is a pedal, and counts
    as 0.
    """
    named: list[tuple[str, int] | None] = []
    for heard, (tonic, mode) in zip(chords, keys, strict=True):
        if heard is None:
            named.append(None)
            continue
        root, quality, bass = heard
        if quality == "sus4" and bass == (root + 5) % OCTAVE:
            root, quality = bass, "5"
        semitone = (root - tonic) % OCTAVE
        if quality == "5" or (quality == "sus4" and semitone not in (0, 7)):
            own = diatonic(semitone, mode)
            quality = "" if own is None or (mode == "minor" and semitone == 7) else own
        text = numeral_of(semitone, quality, mode)
        if text is None:
            named.append(None)
            continue
        tones = QUALITIES[quality]
        place = (bass - root) % OCTAVE
        named.append((text, tones.index(place) if place in tones and quality != "sus4" else 0))
    return named


def clear_mode(mode: str, roots: Mapping[tuple[int, str], int]) -> str:
    """Return the mode, or major or minor if the chords do not confirm a rarer one.

    Dorian needs its IV, mixolydian its VII or v, phrygian its II; none has a dominant seventh.
    """
    roots = Counter(roots)
    dominant = roots[7, "7"] + roots[7, ""]
    marks = {
        "dorian": roots[5, ""] + roots[5, "7"],
        "mixolydian": roots[10, ""] + roots[10, "maj7"] + roots[7, "m"] + roots[7, "m7"],
        "phrygian": roots[1, ""] + roots[1, "maj7"],
    }
    if mode not in marks or (marks[mode] > 0 and marks[mode] > 2 * dominant):
        return mode
    return BORROWED_FROM[mode]


def cadence_of(last: Sequence[str], mode: str) -> str:
    """Return the kind of a cadence from the half bars of a phrase's last two bars."""
    order = [text for n, text in enumerate(last) if not n or text != last[n - 1]]
    end = parse_chord(order[-1], Key(0, mode)).root
    before = parse_chord(order[-2], Key(0, mode)).root if len(order) > 1 else None
    if end == 7:
        return "half"
    if end == 0:
        if before == 7:
            return "closed"
        if before == 5:
            return "plagal"
        return "modal" if before in (1, 10) else "tonic"
    return "deceptive" if before == 7 and end in (8, 9) else "open"
