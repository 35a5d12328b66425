"""The advice for an unknown name: the nearest one, by its letters or by its meaning."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

_MOST_READ = 60
"""The most characters of a name that are compared."""
_MOST_LISTED = 24
"""A list up to this length is printed whole; of a longer one the names nearest to the word."""
_FEW = 6
_ALIKE, _SOMEWHAT_ALIKE = 0.6, 0.4
"""Ratios of difflib from which a name is taken for the meant one, or listed as one of several."""

OTHER_WORDS: Mapping[str, tuple[str, ...]] = {
    # keys
    "bpm": ("tempo",), "qpm": ("tempo",), "speed": ("tempo",), "meter": ("metre",),
    "time": ("metre",), "signature": ("metre",), "time_signature": ("metre",),
    "tonic": ("key",), "scale": ("key",), "mode": ("key",), "tonality": ("key",),
    "progression": ("chords",), "harmony": ("chords",), "chord": ("chords",),
    "tune": ("melody", "lead"), "melody": ("lead", "tune"), "lead": ("tune",),
    "theme": ("motif", "melody"), "leitmotif": ("motif",),
    "groove": ("drums",), "beat": ("drums",), "rhythm": ("drums",), "percussion": ("drums",),
    "bars": ("length",), "duration": ("length",), "measures": ("length",),
    "repeat": ("loop",), "looping": ("loop",), "structure": ("form",),
    "volume": ("level", "dynamics"), "gain": ("level",), "loudness": ("level", "dynamics"),
    "range": ("register",), "octave": ("register",), "pitch": ("register",),
    "sounds": ("instruments",), "voices": ("instruments",), "timbre": ("instruments",),
    "moods": ("mood",), "feel": ("mood",), "upbeat": ("pickup",), "anacrusis": ("pickup",),
    "candidates": ("takes",), "tries": ("takes",), "renamed": ("was",), "formerly": ("was",),
    "frozen": ("lock",), "forbid": ("avoid",), "without": ("avoid",), "reference": ("sounds_like",),
    "loud": ("f",), "forte": ("f",), "soft": ("p",), "quiet": ("p",), "piano": ("p", "pluck"),
    "guitar": ("pluck",), "strings": ("pad",), "organ": ("reed",), "trumpet": ("brass",),
    "console": ("chip",), "platform": ("chip",), "title": ("game",), "name": ("game",),
    "modulation": ("final_key",), "key_change": ("final_key", "modulation"),
    "accompaniment": ("texture", "inner"), "stems": ("layers",), "parts": ("layers",),
    # parts and voices
    "harmonies": ("inner",), "second": ("inner",), "chordal": ("inner",), "drum": ("drums",),
    "bassline": ("bass",), "soprano": ("lead",), "square1": ("pulse1",), "square2": ("pulse2",),
    "tri": ("triangle",),
    # what is avoided, and textures
    "jumps": ("leaps",), "skips": ("leaps",), "intervals": ("leaps",), "offbeats": ("syncopation",),
    "semiquavers": ("sixteenths",), "16ths": ("sixteenths",), "accidentals": ("chromatic",),
    "dissonance": ("chromatic",), "modulations": ("modulation",), "rests": ("stops",),
    "pauses": ("stops",), "breaks": ("stops", "fills"), "arps": ("arpeggio",), "arp": ("arpeggio",),
    "broken": ("arpeggio",), "sustained": ("held",), "chord_stabs": ("stabs",),
    "canon": ("echo",), "octave_bass": ("octaves",), "drone": ("pedal",), "ostinati": ("ostinato",),
    "mute": ("silent", "none"), "off": ("none", "silent"), "nothing": ("none", "silent"),
    # moods
    "happy": ("bright",), "cheerful": ("bright",), "joyful": ("bright",), "epic": ("heroic",),
    "brave": ("heroic",), "peaceful": ("calm",), "relaxed": ("calm",), "gentle": ("calm",),
    "scary": ("tense",), "spooky": ("mysterious",), "eerie": ("mysterious",),
    "gloomy": ("dark",), "evil": ("dark",), "funny": ("playful",), "silly": ("playful",),
    "melancholic": ("sad",), "melancholy": ("sad",), "victorious": ("triumphant",),
    "hectic": ("frantic",), "angry": ("frantic",), "intense": ("tense",),
    # scenes and variants
    "menu": ("title",), "intro_screen": ("title",), "main": ("title",), "world": ("overworld",),
    "field": ("overworld",), "village": ("town",), "city": ("town",), "cave": ("dungeon",),
    "fight": ("battle",), "combat": ("battle",), "store": ("shop",), "win": ("victory",),
    "fanfare": ("victory",), "death": ("game_over",), "lose": ("game_over",),
    "ending": ("credits",), "staff_roll": ("credits",), "dark": ("night",),
    "danger": ("low_health",),
    "hurry": ("hurry_up",), "fast": ("hurry_up",), "water": ("underwater",),
    # chips, formats, engines
    "famicom": ("nes",), "2a03": ("nes",), "vrc6": ("nes-vrc6",), "gb": ("gameboy",),
    "dmg": ("gameboy",), "game_boy": ("gameboy",), "sfc": ("snes",), "super_nintendo": ("snes",),
    "mp3": ("ogg",), "vorbis": ("ogg",), "mid": ("midi",), "xm": ("mod",), "it": ("mod",),
    "png": ("preview",), "svg": ("preview",), "rom": ("cartridge",), "hugetracker": ("uge",),
    "html": ("web",), "javascript": ("web",), "howler": ("web",), "phaser": ("web",),
    "love2d": ("love",), "gms": ("gamemaker",), "rpg_maker": ("rpgmaker",),
    "gb_studio": ("gbstudio",),
}  # fmt: skip
"""Words that people use for names of the manifest, each with the names that it may mean.

A word counts only where one of its names is in the list, so that one table serves all lists.
"""


def nearest(word: object, names: Iterable[str]) -> str | None:
    """Return the name that a misspelt or foreign word means; None if no name is near.

    word: a value as the user wrote it. Of a list with one item the item counts; nothing is near to
    other values than text and numbers.
    """
    found = _nearest(_plain(word), list(names), 1, _ALIKE)
    return found[0] if found else None


def did_you_mean(word: object, names: Iterable[str], what: str, where: str = "") -> str:
    """Return the advice for an unknown name: the nearest one first, then those that there are.

    Args:
        word: the value as the user wrote it; see `nearest`.
        names: the valid names, at least one, in the order in which they are listed.
        what: what they are, in the plural.
        where: which page or command lists the names, for a list that is too long for a message.
    """
    known = list(names)
    near = nearest(word, known)
    if len(known) <= _MOST_LISTED:
        choice = f"the {what} are {', '.join(known)}" if len(known) > 1 else f"write {known[0]}"
    elif near and where:
        choice = f"{where} lists the {len(known)} {what}"
    else:
        few = _nearest(_plain(word), known, _FEW, _SOMEWHAT_ALIKE) or known[:_FEW]
        choice = f"there are {len(known)} {what}, among them {', '.join(few)}"
        choice += f"; {where} lists all" if where else ""
    return f"did you mean '{near}'? {choice}" if near else choice


def _plain(word: object) -> str:
    """Return the text that is compared with names: lower case, of at most 60 characters."""
    if isinstance(word, list | tuple) and len(word) == 1:
        word = word[0]
    if isinstance(word, bool) or not isinstance(word, str | int | float):
        return ""
    return str(word)[:_MOST_READ].lower()


def _nearest(word: str, known: Sequence[str], count: int, cutoff: float) -> list[str]:
    """Return up to `count` names that are alike, the nearest first."""
    # Imported here: a command that succeeds compares no names.
    from difflib import get_close_matches

    if not word:
        return []
    lower: dict[str, str] = {}
    for name in known:
        lower.setdefault(name.lower(), name)
    meant = OTHER_WORDS.get(word.strip().replace(" ", "_").replace("-", "_"), ())
    said = [name for name in meant if name in lower]
    if word in lower:
        said.insert(0, word)
    alike = get_close_matches(word, lower, n=count, cutoff=cutoff)
    return [lower[name] for name in dict.fromkeys((*said, *alike))][:count]
