"""Manifests broken in many ways: where each problem is said to be, and what is said."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from chipassets.plan.formats import FORMATS
from tests.manifest.conftest import Refuse

HEAD = "game: Test\ntracks:\n"


def battle(options: str) -> str:
    """A manifest whose battle track has these options, in line 4 from column 5."""
    return f"{HEAD}  battle:\n    {options}\n"


def mood(options: str, more: str = "") -> str:
    """A manifest whose mood dread has these options, in line 2 from column 11; a track has it."""
    return f"moods:\n  dread: {{{options}}}\n{more}{HEAD}  battle: {{mood: dread}}\n"


# name: (text, line:column, parts of the message)
BROKEN: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "empty": ("", "1:1", ("empty", "chipassets init")),
    "only comments": ("# nothing\n", "1:1", ("empty",)),
    "top is a list": ("- game\n", "1:1", ("a list", "mapping")),
    "top is a word": ("hello\n", "1:1", ("single value", "mapping")),
    "two documents": ("game: A\n---\ngame: B\n", "2:1", ("second document",)),
    "no game": ("tracks: {battle: {}}\n", "1:1", ("no 'game'", "game: My Game")),
    "no tracks": ("game: A\n", "1:1", ("no 'tracks'",)),
    "tracks empty": ("game: A\ntracks: {}\n", "2:9", ("at least one track",)),
    "tracks without value": ("game: A\ntracks:\n", "2:8", ("at least one track",)),
    "tracks a list": ("game: A\ntracks: [battle]\n", "2:9", ("at least one track",)),
    "track a number": (f"{HEAD}  battle: 5\n", "3:11", ("track 'battle' is 5", "indented")),
    "track a list": (f"{HEAD}  battle:\n  - 5\n", "4:3", ("track 'battle' is [5]: a mapping",)),
    "unknown top key": ("gaem: A\n" + HEAD + "  battle:\n", "1:1", ("'gaem'", "'game'")),
    "unknown track key": (battle("moods: tense"), "4:5", ("'moods'", "did you mean 'mood'")),
    "key of later": (battle("lyrics: la"), "4:5", ("'lyrics'", "no such key")),
    "key of the whole game": (battle("formats: [ogg]"), "4:5", ("whole game", "above")),
    "unknown defaults key": (f"defaults: {{tmpo: 3}}\n{HEAD}  boss:\n", "1:12", ("'tempo'",)),
    "scene in defaults": (f"defaults: {{scene: boss}}\n{HEAD}  boss:\n", "1:12", ("its own",)),
    "unknown scene": (battle("scene: batle"), "4:12", ("'batle'", "did you mean 'battle'")),
    "name that is no scene": (f"{HEAD}  cave:\n", "3:3", ("has no scene:", "add scene:")),
    "own scene without like": (f"scenes: {{a: {{}}}}\n{HEAD}  boss:\n", "1:10", ("like:",)),
    "like of an unknown scene": (
        f"scenes: {{a: {{like: bos}}}}\n{HEAD}  boss:\n", "1:20", ("'boss'",),
    ),
    "match of nothing": (battle("match: bos"), "4:12", ("no other track 'bos'",)),
    "match of itself": (battle("match: battle"), "4:12", ("no other track 'battle'",)),
    "match of a match": (
        battle("match: shop") + "  shop: {match: boss}\n  boss:\n", "4:12", ("write match: boss",),
    ),
    "match a list": (battle("match: [boss]"), "4:12", ("the name of another track",)),
    "match and a key of its own": (
        f"{HEAD}  boss:\n  battle: {{match: boss, key: C}}\n", "4:30", ("its key from 'boss'",),
    ),
    "match and seconds": (
        f"{HEAD}  boss:\n  battle: {{match: boss, length: 4 s}}\n", "4:33", ("in bars: 3 bars",),
    ),
    "unknown mood": (battle("mood: tens"), "4:11", ("'tens'", "did you mean 'tense'")),
    "unknown mood in a list": (battle("mood: [calm, haroic]"), "4:18", ("mood 2", "'heroic'")),
    "mood twice": (battle("mood: [calm, calm]"), "4:18", ("twice", "delete")),
    "no moods": (battle("mood: []"), "4:11", ("1 to 4 moods",)),
    "too many moods": (battle("mood: [calm, sad, dark, tense, bright]"), "4:11", ("1 to 4",)),
    "mood a number": (battle("mood: 3"), "4:11", ("is 3", "the moods are")),
    "own mood without like": (mood("tempo: 60-80"), "2:3", ("mood 'dread'", "add like:")),
    "own mood of nothing": (
        f"moods:\n  dread:\n{HEAD}  battle:\n", "2:3", ("mood 'dread'", "add like:"),
    ),
    "own mood a word": (f"moods: {{dread: dark}}\n{HEAD}  boss:\n", "1:16", ("indented",)),
    "own moods a list": (f"moods: [dread]\n{HEAD}  boss:\n", "1:8", ("is [dread]: a mapping",)),
    "own mood like nothing": (mood("like: drk"), "2:17", ("'drk'", "did you mean 'dark'")),
    "own mood like itself": (mood("like: dread"), "2:17", ("a custom mood starts", "are calm,")),
    "own mood like one's own": (
        mood("like: gloom", "  gloom: {like: dark}\n"), "2:17",
        ("a custom mood starts", "are calm,"),
    ),
    "own mood called like a preset": (
        f"moods: {{dark: {{like: sad}}}}\n{HEAD}  boss:\n", "1:9", ("a preset", "my_dark"),
    ),
    "own mood called badly": (
        f"moods: {{Dread!: {{like: dark}}}}\n{HEAD}  boss:\n", "1:9", ("write dread",),
    ),
    "own mood with a strange key": (mood("like: dark, tempi: 3"), "2:23", ("'tempo'",)),
    "own mood with an empty key": (mood("like: dark, tempo: "), "2:30", ("no value",)),
    "own mood backwards": (mood("like: dark, tempo: 80-60"), "2:30", ("exchange",)),
    "own mood backwards by name": (
        mood("like: dark, tempo: {min: 80, max: 60}"), "2:30", ("exchange",),
    ),
    "own mood too fast": (mood("like: dark, tempo: {min: 80, max: 600}"), "2:45", ("write 300",)),
    "own mood of one density": (mood("like: dark, density: 2"), "2:32", ("1-2.5",)),
    "own mood too narrow": (mood("like: dark, density: 2-2.1"), "2:32", ("0.5 wide",)),
    "own mood of too many voices": (mood("like: dark, polyphony: 4-6"), "2:34", ("1.2 to 3",)),
    "own mood too low": (mood("like: dark, register: 20-30"), "2:33", ("40 to 90",)),
    "own mood in no mode": (mood("like: dark, modes: [minor, frigian]"), "2:38", ("'phrygian'",)),
    "own mood with no groove": (mood("like: dark, groove: wals"), "2:31", ("'waltz'",)),
    "own mood with a kit": (
        mood("like: dark, instruments: {drums: noise}"), "2:37", ("the drum kit",),
    ),
    "own mood with no such sound": (
        mood("like: dark, instruments: {lead: sqare}"), "2:43", ("'square'",),
    ),
    "moods near one's own": (
        f"moods: {{dread: {{like: dark}}}}\n{battle('mood: dred')}", "5:11", ("mean 'dread'",),
    ),
    "unknown chip": (f"chip: ness\n{HEAD}  boss:\n", "1:7", ("'ness'", "nes")),
    "unknown format": (f"formats: [ogg, mp3]\n{HEAD}  boss:\n", "1:16", ("'mp3'", "wav, flac")),
    "no formats": (f"formats: []\n{HEAD}  boss:\n", "1:10", (f"1 to {len(FORMATS)} formats",)),
    "format of another chip": (
        f"formats: [ogg, gbs]\n{HEAD}  boss:\n", "1:16", ("gbs holds music for gameboy",),
    ),
    "one format of another chip": (
        f"chip: gameboy\nformats: nsf\n{HEAD}  boss:\n", "2:10", ("not for gameboy", "the chip"),
    ),
    "filter unknown": (f"filter: nse\n{HEAD}  boss:\n", "1:9", ("'nse'", "did you mean 'nes'")),
    "filter a number": (f"filter: 3\n{HEAD}  boss:\n", "1:9", ("filter is 3", "famicom")),
    "loudness a word": (f"loudness: loud\n{HEAD}  boss:\n", "1:11", ("-36 to -9",)),
    "loudness too loud": (f"loudness: 0\n{HEAD}  boss:\n", "1:11", ("of LUFS", "write -9")),
    "loudness text too soft": (f"loudness: -50 LUFS\n{HEAD}  boss:\n", "1:11", ("-36 to -9",)),
    "loudness of a dozen digits": (
        f"loudness: -{'9' * 400} LUFS\n{HEAD}  boss:\n", "1:11", ("-36 to -9",),
    ),
    "author a number": (f"author: 7\n{HEAD}  boss:\n", "1:9", ("author is 7", "quotes")),
    "copyright empty": (f"copyright: ''\n{HEAD}  boss:\n", "1:12", ("1 to 100",)),
    "leave unknown": (battle("leave: pulse3"), "4:12", ("'pulse3'", "did you mean 'pulse")),
    "leave unknown in a list": (battle("leave: [noise, dpcm]"), "4:20", ("'dpcm'", "voices are")),
    "leave twice": (battle("leave: [noise, noise]"), "4:20", ("twice", "delete")),
    "leave a voice and its role": (battle("leave: [noise, drums]"), "4:20", ("twice", "delete")),
    "leave a number": (battle("leave: 2"), "4:12", ("leave of track 'battle' is 2", "pulse1")),
    "leave everything": (
        battle("leave: [pulse1, pulse2, triangle, noise]"), "4:12",
        ("no voice", "keep one of pulse1, pulse2, triangle"),
    ),
    "leave only drums": (battle("leave: [pulse1, pulse2, triangle]"), "4:12", ("no voice",)),
    "arpeggio a word": (battle("arpeggio: fast"), "4:15", ("neither true nor false",)),
    "layers a word": (battle("layers: bass+drums"), "4:13", ("a list", "[bass+drums")),
    "layer without a voice": (battle("layers: [bass, '']"), "4:20", ("on top of", "+lead")),
    "layer of nothing but a plus": (battle("layers: [bass, +]"), "4:20", ("silent", "+lead")),
    "layer of an unknown voice": (
        battle("layers: [bass+drum, +lead]"), "4:14", ("'drum'", "did you mean 'drums'"),
    ),
    "layer by another word": (
        battle("layers: [bass+drums, +melody]"), "4:26",
        ("'melody'", "did you mean 'lead'", "drums, arpeggio, "),
    ),
    "layer that does not add": (battle("layers: [bass, lead]"), "4:20", ("add up", "write +lead")),
    "layer with a voice again": (
        battle("layers: [bass, +lead+triangle]"), "4:20", ("triangle", "already"),
    ),
    "layer a number": (battle("layers: [3]"), "4:14", ("layers 1", "bass+drums")),
    "too many layers": (battle(f"layers: [{', '.join(['+a'] * 9)}]"), "4:13", ("at most 8",)),
    "layer of a voice that is left": (
        battle("leave: pulse2\n    layers: [bass, +inner]"), "5:20",
        ("no voice is left", "all of its voices"),
    ),
    "instruments a list": (f"instruments: [a]\n{HEAD}  boss:\n", "1:14", ("is [a]: a mapping",)),
    "instrument a list": (f"instruments: {{a: [1]}}\n{HEAD}  boss:\n", "1:18", ("volume: [",)),
    "instrument of a bad name": (
        f"instruments: {{A b: {{volume: [9]}}}}\n{HEAD}  boss:\n", "1:15", ("write a_b",),
    ),
    "instrument without envelope": (
        f"instruments: {{a: {{duty: [1]}}}}\n{HEAD}  boss:\n", "1:18", ("envelope", "volume:"),
    ),
    "instrument with an unknown key": (
        f"instruments: {{a: {{volum: [1]}}}}\n{HEAD}  boss:\n", "1:19", ("'volum'", "'volume'"),
    ),
    "volume out of range": (
        f"instruments: {{a: {{volume: [15, 16]}}}}\n{HEAD}  boss:\n",
        "1:32",
        ("volume 2 of instrument 'a' is 16", "0 to 15", "write 15"),
    ),
    "duty a word": (
        f"instruments: {{a: {{volume: [9], duty: [x]}}}}\n{HEAD}  boss:\n", "1:39", ("0 to 3",),
    ),
    "macro of nothing": (
        f"instruments: {{a: {{volume: []}}}}\n{HEAD}  boss:\n", "1:27", ("1 to 255",),
    ),
    "macro with an unknown key": (
        f"instruments: {{a: {{volume: {{value: [1]}}}}}}\n{HEAD}  boss:\n", "1:28", ("'values'",),
    ),
    "macro without values": (
        f"instruments: {{a: {{volume: {{loop: 0}}}}}}\n{HEAD}  boss:\n", "1:27", ("a list of",),
    ),
    "macro that loops past its end": (
        f"instruments: {{a: {{volume: {{values: [9, 8], loop: 2}}}}}}\n{HEAD}  boss:\n",
        "1:50",
        ("from 0 to 1",),
    ),
    "macro that releases before it starts": (
        f"instruments: {{a: {{volume: {{values: [9, 8], release: 0}}}}}}\n{HEAD}  boss:\n",
        "1:53",
        ("from 1 to 1", "write 1"),
    ),
    "vibrato without depth": (
        f"instruments: {{a: {{volume: [9], vibrato: {{delay: 1, period: 8}}}}}}\n{HEAD}  boss:\n",
        "1:41",
        ("a depth too",),
    ),
    "vibrato too deep": (
        "instruments: {a: {volume: [9], vibrato: {delay: 1, depth: 900, period: 8}}}\n"
        f"{HEAD}  boss:\n",
        "1:59",
        ("1 to 100", "write 100"),
    ),
    "unknown instrument": (
        battle("instruments: {lead: reeed}"), "4:25", ("'reeed'", "did you mean 'reed'"),
    ),
    "kit that the chip lacks": (
        battle("instruments: {drums: samples}"), "4:26", ("nes has no drum kit", "noise, dmc"),
    ),
    "kit of another chip": (
        "game: A\nchip: gameboy\ntracks:\n  boss: {instruments: {drums: dmc}}\n", "4:31",
        ("gameboy has no drum kit", "noise"),
    ),
    "unknown role": (battle("instruments: {leed: reed}"), "4:19", ("'leed'", "'lead'")),
    "instruments of nobody": (battle("instruments: {}"), "4:18", ("{lead: square}",)),
    "game a number": ("game: 1942\ntracks: {boss: }\n", "1:7", ("1942", "quotes")),
    "game without value": ("game:\ntracks: {boss: }\n", "1:6", ("game is empty", "no value")),
    "game of dots": ("game: '...'\ntracks: {boss: }\n", "1:7", ("a letter or digit",)),
    "seed a word": (f"seed: seven\n{HEAD}  boss:\n", "1:7", ("whole number",)),
    "seed a fraction": (f"seed: 1.5\n{HEAD}  boss:\n", "1:7", ("whole number",)),
    "seed negative": (f"seed: -1\n{HEAD}  boss:\n", "1:7", ("from 0 to", "write 0")),
    "seed of many digits": (f"seed: {'9' * 500}\n{HEAD}  boss:\n", "1:7", ("fewer digits",)),
    "seed true": (f"seed: true\n{HEAD}  boss:\n", "1:7", ("seed is true", "whole number")),
    "model missing": (f"model: a.safetensors\n{HEAD}  boss:\n", "1:8", ("no such file",)),
    "model of another kind": (f"model: a.mag\n{HEAD}  boss:\n", "1:8", (".safetensors",)),
    "tempo a word": (battle("tempo: fast"), "4:12", ("'fast'", "30 to 300")),
    "tempo with unit": (battle("tempo: 140 bpm"), "4:12", ("write just 140",)),
    "tempo too slow": (battle("tempo: 3"), "4:12", ("30 to 300", "write 30")),
    "tempo nan": (battle("tempo: .nan"), "4:12", (".nan", "30 to 300")),
    "tempo infinite": (battle("tempo: .inf"), "4:12", (".inf", "30 to 300")),
    "tempo overflowing": (battle("tempo: 1e999"), "4:12", ("1e999",)),
    "tempo a yaml 1.1 number": (battle("tempo: 1:30"), "4:12", ("'1:30'",)),
    "tempo range backwards": (battle("tempo: {min: 150, max: 140}"), "4:12", ("exchange",)),
    "tempo range half": (battle("tempo: {min: 150}"), "4:12", ("{min: 120, max: 140}",)),
    "tempo range misspelt": (battle("tempo: {min: 99, maxi: 140}"), "4:22", ("'max'",)),
    "tempo range too fast": (battle("tempo: {min: 99, max: 999}"), "4:27", ("write 300",)),
    "tempo without value": (battle("tempo:"), "4:11", ("tempo of track 'battle' is empty",)),
    "metre unknown": (battle("metre: 11/8"), "4:12", ("'11/8'", "4/4, 3/4, 6/8")),
    "key unknown": (battle("key: H major"), "4:10", ("'H major'", "D dorian")),
    "mode unknown": (battle("key: D dorain"), "4:10", ("did you mean 'dorian'",)),
    "key a number": (battle("key: 3"), "4:10", ("tonic and a mode",)),
    "length without unit": (battle("length: 16"), "4:13", ("16 bars, 16 s or 16 steps",)),
    "length with another unit": (battle("length: 3 minutes"), "4:13", ("30 s",)),
    "length of half bars": (battle("length: 1.5 bars"), "4:13", ("counted whole", "2 bars")),
    "length of nothing": (battle("length: 0 bars"), "4:13", ("greater than 0",)),
    "length endless": (battle("length: 9999 bars"), "4:13", ("at most 512",)),
    "steps that fill no bar": (battle("length: 100 steps"), "4:13", ("96 or 112",)),
    "seconds under a bar": (battle("length: 0.1 s"), "4:13", ("half a bar",)),
    "seconds over the most bars": (battle("length: 1800 s"), "4:13", ("at most 512",)),
    "temperature zero": (battle("temperature: 0"), "4:18", ("0.1 to 4", "write 0.1")),
    "temperature quoted": (battle("temperature: '1.1'"), "4:18", ("write just 1.1",)),
    "takes zero": (battle("takes: 0"), "4:12", ("1 to 256", "write 1")),
    "takes a fraction": (battle("takes: 2.5"), "4:12", ("whole number",)),
    "seconds of one bar": (
        battle("length: 1 s"), "4:13", ("write 1 bar (1.463 s), or a tempo: that reaches 240",),
    ),
    "loop yes": (battle("loop: yes"), "4:11", ("the value is true or false", "write true")),
    "loop off": (battle("loop: off"), "4:11", ("write false",)),
    "switch without primer": (battle("inject_primer: true"), "4:20", ("no primer",)),
    "name in capitals": (f"{HEAD}  Battle 2!: {{scene: battle}}\n", "3:3", ("write battle_2",)),
    "name of a device": (f"{HEAD}  con: {{scene: battle}}\n", "3:3", ("Windows", "track_con")),
    "name that climbs": (f"{HEAD}  ../x: {{scene: battle}}\n", "3:3", ("file name",)),
    "name too long": (f"{HEAD}  {'a' * 65}: {{scene: battle}}\n", "3:3", ("63 of a-z",)),
    "track twice": (f"{HEAD}  boss:\n  boss:\n", "4:3", ("'boss' again", "line 3")),
    "option twice": (f"{HEAD}  boss:\n    takes: 3\n    takes: 4\n", "5:5", ("'takes' again",)),
    "primer of nothing": (battle('primer: ""'), "4:13", ("at least one note",)),
    "primer of rests": (battle('primer: ". . ."'), "4:13", ("at least one note",)),
    "primer with no note": (battle('primer: "C5 . H5 D5"'), "4:19", ("'H5' (token 3)", "C5, F#4")),
    "primer held from nothing": (battle('primer: "C5 . - D5"'), "4:19", ("no note to hold",)),
    "primer out of range": (battle("primer: C5 B9"), "4:16", ("'B9'", "C-1 to G9")),
    "primer a list": (battle("primer: [60]"), "4:13", ("is [60]", "C5 . E5")),
    "primer of an unknown form": (battle("primer: {melodie: [60]}"), "4:14", ("'melody'",)),
    "primer of two forms": (battle("primer: {melody: [60], pitches: [60]}"), "4:13", ("one form",)),
    "primer longer than the track": (
        battle(f"length: 1 bar\n    primer: {'C5 ' * 17}"),
        "5:13",
        ("17 steps", "16 steps", "2 bars"),
    ),
    "primer as long as the track": (
        battle(f"length: 2 bars\n    primer: {'C5 ' * 32}"),
        "5:13",
        ("32 steps", "remain to be composed", "3 bars"),
    ),
    "melody out of range": (battle("primer: {melody: [60, 128]}"), "4:27", ("melody 2", "-2 to")),
    "melody of rests": (battle("primer: {melody: [-2, -1]}"), "4:22", ("at least one note",)),
    "melody of names": (battle("primer: {melody: [C5]}"), "4:23", ("write 72",)),
    "chord of nothing": (battle("primer: {pitches: []}"), "4:23", ("1 to 12",)),
    "chord with a pitch twice": (battle("primer: {pitches: [60, 60]}"), "4:28", ("once",)),
    "chord out of range": (battle("primer: {pitches: [60, -1]}"), "4:28", ("0 to 127",)),
    "midi missing": (battle("primer: {midi: a.mid}"), "4:20", ("no such file",)),
    "midi outside": (battle("primer: {midi: ../a.mid}"), "4:20", ("outside",)),
    "midi absolute": (battle("primer: {midi: /etc/passwd}"), "4:20", ("starts at the manifest",)),
    "midi of a drive": (battle("primer: {midi: 'C:/a.mid'}"), "4:20", ("starts at the manifest",)),
    "midi with backslashes": (battle(r"primer: {midi: a\b.mid}"), "4:20", ("write a/b.mid",)),
    "midi a folder": (battle("primer: {midi: .}"), "4:20", ("it is a folder",)),
    "seconds between whole bars": (
        battle("length: 7 s\n    tempo: 120"), "4:13",
        ("120 bpm", "3 bars (6 s) or 4 bars (8 s)", "137.14"),
    ),
    "form a number": (battle("form: 3"), "4:11", ("row of sections", "intro A A B A'")),
    "form in small letters": (battle("form: A b A"), "4:13", ("'b'", "write B")),
    "form with a late intro": (battle("form: A intro"), "4:13", ("comes first", "front")),
    "form behind its outro": (battle("form: A outro B"), "4:19", ("follow an outro",)),
    "form varying nothing": (battle('form: "A B\' A"'), "4:14", ("B'", "write B before")),
    "form of edges": (battle("form: intro outro"), "4:11", ("add a letter",)),
    "form with an unknown word": (battle("form: A bridge"), "4:13", ("intro, outro",)),
    "form with a name spelt wrong": (battle("form: intro sonk"), "4:17", ("'song'",)),
    "form with a name and a length": (battle("form: rondo:4"), "4:11", ("length: for the track",)),
    "form of too many sections": (
        battle("form: suite suite suite suite A"), "4:11", ("at most 32",),
    ),
    "form with an empty section": (battle("form: A:0"), "4:11", ("1 to 128 bars",)),
    "form with a wrong sum": (
        battle("length: 16 bars\n    form: A:4 B:4"), "5:11", ("16 bars", "add up to 8", "8 bars"),
    ),
    "form with no room": (
        battle("length: 2 bars\n    form: A B C"), "5:11", ("need 3 bars", "length: 3 bars"),
    ),
    "chords unknown": (battle('chords: "Dm | H7 | C"'), "4:19", ("'H7'", "no such chord", "V/V")),
    "chords a number": (battle("chords: 4"), "4:13", ("line of bars", "i | VI")),
    "chords of nothing": (battle('chords: " "'), "4:13", ("line of bars",)),
    "chords with an empty bar": (battle('chords: "C | | G"'), "4:17", ("has no chord", "%")),
    "chords crowded": (battle('chords: "C D E F G"'), "4:22", ("5 chords in a bar", "at most 4")),
    "chords longer than a section": (
        battle('chords: "C|D|E|F|G"'), "4:13", ("5 bars", "longest section 4", "write 4 bars"),
    ),
    "chords of an unknown section": (
        battle('form: A B\n    chords: {C: "Dm"}'), "5:14", ("no section", "A, B"),
    ),
    "chords of no section": (battle('chords: {verse: "Dm"}'), "4:14", ("a section of the form",)),
    "chords too long for their section": (
        battle('form: A:2 B:2\n    chords: {B: "C|D|E"}'), "5:17", ("section B has 2", "B:3"),
    ),
    "motif unknown": (
        f"motifs: {{hero: C5 E5}}\n{HEAD}  boss: {{motif: heroo}}\n",
        "4:17",
        ("no motif 'heroo'", "write hero"),
    ),
    "motif without motifs": (battle("motif: hero"), "4:12", ("has no motifs", "add motifs:")),
    "motif a number": (battle("motif: 3"), "4:12", ("a motif is a name", "{from: title}")),
    "motif from nowhere": (battle("motif: {from: titel}"), "4:12", ("no other track 'titel'",)),
    "motif from a track without": (
        f"{HEAD}  title:\n  battle: {{motif: {{from: title}}}}\n",
        "4:19",
        ("neither a primer nor a motif",),
    ),
    "motif longer than its section": (
        f"motifs: {{hero: {'C5 ' * 65}}}\n{HEAD}  boss: {{motif: hero}}\n",
        "4:17",
        ("64 steps", "65", "shorten the motif"),
    ),
    "motif too wide": (
        f"motifs: {{hero: C2 C6}}\n{HEAD}  boss: {{motif: hero}}\n",
        "4:17",
        ("48 semitones", "octave"),
    ),
    "motif with no letter": (
        f"motifs: {{a: C5, b: E5}}\n{HEAD}  boss: {{motif: [a, b], form: A A}}\n",
        "4:21",
        ("letter of the form",),
    ),
    "motif twice": (
        f"motifs: {{a: C5}}\n{HEAD}  boss: {{motif: [a, a]}}\n", "4:21", ("twice",),
    ),
    "drums of no groove": (battle("drums: marsh"), "4:12", ("no groove", "did you mean 'march'")),
    "drums of no drum": (
        battle('drums: {kik: "x."}'), "4:13", ("no such drum", "did you mean 'kick'"),
    ),
    "drums of other signs": (battle('drums: {kick: "x.y."}'), "4:19", ("X for an accent",)),
    "drums of a wrong length": (
        battle('drums: {kick: "x.x"}'), "4:19", ("has 3 steps", "a bar 16", "like 8"),
    ),
    "drums that swing": (
        battle('drums: {kick: "x.", swing: 60}'), "4:25", ("all voices", "beside drums:"),
    ),
    "drums of another metre": (
        battle("metre: 3/4\n    drums: rock-01"), "5:12", ("is in 4/4", "rock-01@3/4"),
    ),
    "texture unknown": (battle("texture: thrids"), "4:14", ("did you mean 'thirds'",)),
    "bass unknown": (battle("bass: wlking"), "4:11", ("did you mean 'walking'",)),
    "section of no form": (
        battle("sections: {C: {drums: none}}\n    form: A B"), "4:16", ("no section", "A, B"),
    ),
    "section of a tempo": (
        battle("sections: {A: {tempo: 90}}"),
        "4:20",
        ("all bars of a track are equally long", "separate track"),
    ),
    "section of no key": (
        battle("sections: {A: {drum: none}}"), "4:20", ("no such key", "did you mean 'drums'"),
    ),
    "motif with no such key": (
        f"motifs: {{a: {{notes: C5, kee: C}}}}\n{HEAD}  boss:\n", "1:25",
        ("no such key", "did you mean 'key'"),
    ),
    "motif without notes": (
        f"motifs: {{a: {{key: C}}}}\n{HEAD}  boss:\n", "1:13", ("has notes", "key: C major"),
    ),
    "motif in no key": (
        f"motifs: {{a: {{notes: C5, key: C majr}}}}\n{HEAD}  boss:\n", "1:30",
        ("no mode", "did you mean 'major'"),
    ),
    "motif of no transform": (
        f"motifs: {{a: C5}}\n{HEAD}  boss: {{motif: {{a: litral}}}}\n", "4:21",
        ("no transform", "did you mean 'literal'"),
    ),
    "motif stretched twice": (
        f"motifs: {{a: C5 -}}\n{HEAD}"
        "  boss: {motif: {a: {transform: augmented, stretch: true}}}\n",
        "4:44", ("sets the note values", "keep one"),
    ),
    "motif too odd to halve": (
        f"motifs: {{a: C5 E5 -}}\n{HEAD}  boss: {{motif: {{a: diminished}}}}\n", "4:17",
        ("C5 at step 1", "in eighths"),
    ),
    "motif of no notes": (f"motifs: {{a: X5}}\n{HEAD}  boss:\n", "1:13", ("'X5'", "C5, F#4")),
    "guidance unknown": (battle("guidance: {leap: 1}"), "4:16", ("'leaps'",)),
    "guidance nan": (battle("guidance: {chord: .nan}"), "4:23", (".nan", "0 to 5")),
    "guidance negative": (battle("guidance: {chord: -1}"), "4:23", ("0 to 5", "write 0")),
    "guidance a number": (battle("guidance: 2"), "4:15", ("costs to factors",)),
    "chromatic too much": (battle("chromatic: 8"), "4:16", ("0 to 1", "write 1")),
    "anchor": (f"seed: &a 3\n{HEAD}  boss:\n", "1:7", ("the anchor '&a'",)),
    "alias": (f"seed: *a\n{HEAD}  boss:\n", "1:7", ("the alias '*a'",)),
    "merge key": (battle("<<: {takes: 3}"), "4:5", ("'<<'", "defaults:")),
    "tag": (battle("key: !!python/name:os.system x"), "4:10", ("!!python/name:os.system",)),
    "key that is a list": ("? [a]\n: 3\n", "1:3", ("not a word",)),
    "tab": ("game: A\ntracks:\n\tboss:\n", "3:1", ("spaces, not tabs",)),
    "open list": ("game: A\ntracks: [boss\n", "3:1", ("close it with ]",)),
    "open quote": ("game: 'A\ntracks:\n", "3:1", ("closing quote",)),
    "colon in a text": ("game: A: B\ntracks: {boss: }\n", "1:8", ("quotes",)),
    "indentation": ("game: A\n tracks:\n", "2:8", ("YAML",)),
    "control character": ("game: A\x07\n", "1:8", ("U+0007",)),
    "zero byte": ("game: A\ntra\0cks:\n", "2:4", ("U+0000",)),
    "nested too deep": ("a: " + "[" * 99, "1:19", ("16 deep",)),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_manifest_is_refused_at_the_place(name: str, refuse: Refuse) -> None:
    text, where, parts = BROKEN[name]
    problems = refuse(text)
    at_place = [problem for problem in problems if problem.where == f"game.yaml:{where}"]
    assert at_place, [str(problem) for problem in problems]
    message = "\n".join(map(str, at_place))
    assert [part for part in parts if part not in message] == [], message


def test_the_messages_are_those_of_the_golden(
    refuse: Refuse, golden: Callable[[str, str], None]
) -> None:
    blocks = [
        f"# {name}\n" + "\n".join(map(str, refuse(text))) for name, (text, _, _) in BROKEN.items()
    ]
    golden("manifest_problems.txt", "\n\n".join(blocks) + "\n")


def test_no_message_is_pydantics_own(refuse: Refuse) -> None:
    for text, _, _ in BROKEN.values():
        for problem in refuse(text):
            said = str(problem)
            assert not any(word in said for word in ("pydantic", "Input", "valid dict", "None"))


def test_every_problem_is_reported_in_one_pass(refuse: Refuse) -> None:
    text = """\
gaem: X
seed: -4
scenes:
  arena: {like: battel}
defaults: {takes: 0}
tracks:
  title: {primer: {midi: missing.mid}, tempo: fast, length: 100 steps}
  cave: {scene: dungon, length: 9}
  boss: {length: 1 bar, primer: C5 - - - - - - - - - - - - - - - -, loop: on}
  boss: {}
  town: {inject_primer: true, key: X}
"""
    wheres = [problem.where.removeprefix("game.yaml:") for problem in refuse(text)]
    assert wheres == [
        "1:1", "1:1", "2:7", "4:17", "5:19", "7:26", "7:47", "7:61", "8:17", "8:33",
        "9:33", "9:75", "10:3", "11:25", "11:36",
    ]  # fmt: skip


def test_more_problems_than_anyone_reads_are_counted(refuse: Refuse) -> None:
    tracks = "".join(f"  t{number}: {{scene: x, takes: 0}}\n" for number in range(200))
    problems = refuse(HEAD + tracks)
    assert len(problems) == 201
    assert problems[-1].found == "200 more problems"


def test_what_depends_on_a_refused_value_is_not_refused_too(refuse: Refuse) -> None:
    text = battle(f"length: 1 bars!\n    primer: {'C5 ' * 300}\n    inject_primer: true")
    assert len(refuse(text)) == 1
    text = battle("primer: C5 H5\n    inject_primer: true")
    assert len(refuse(text)) == 1


def test_what_a_refused_mood_says_is_not_held_against_its_tracks(refuse: Refuse) -> None:
    """At dread's tempo no bar lasts two seconds, but nobody knows what dread was to say."""
    sound = mood("like: dark, tempo: 60-61").replace("mood: dread", "mood: dread, length: 2 s")
    assert [problem.where for problem in refuse(sound)] == ["game.yaml:5:33"]
    (only,) = refuse(sound.replace("dark", "drk"))
    assert only.where == "game.yaml:2:17"
    (only,) = refuse(sound.replace("like: dark", "like: dark, groove: wals"))
    assert only.where == "game.yaml:2:31"


def test_who_names_a_refused_motif_is_not_refused_too(refuse: Refuse) -> None:
    motifs = "motifs: {hero: {notez: C5 E5}, good: C5 E5}\n"
    for use in (
        "motif: hero",
        "motif: [good, hero]",
        "motif: {hero: {voice: bass}, good: literal}",
        "{form: A B, sections: {B: {motif: hero}}}"[1:-1],
    ):
        (problem,) = refuse(f"{motifs}{HEAD}  battle: {{{use}}}\n")
        assert problem.found == "the key 'notez'", use
    (_, unknown) = refuse(f"{motifs}{HEAD}  battle: {{motif: her}}\n")
    assert "no motif 'her'" in unknown.why


def test_columns_count_characters_not_bytes(refuse: Refuse) -> None:
    (problem,) = refuse("game: é\ntracks: {battle: {mood: [ñ], takes: 3}}\n")
    assert problem.where == "game.yaml:2:26"
    (problem,) = refuse('\ufeffgame: é\ntracks: {battle: {primer: "C5 é"}}\n')
    assert problem.where == "game.yaml:2:31"


def test_escapes_point_at_the_start_of_the_text(refuse: Refuse) -> None:
    (problem,) = refuse('game: A\ntracks: {battle: {primer: "C5\\tH5"}}\n')
    assert problem.where == "game.yaml:2:27"
