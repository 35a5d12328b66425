from __future__ import annotations

import io
import json
import re
import shutil
from dataclasses import replace
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path
from urllib.parse import unquote

import numpy as np
import pytest
import soundfile
import typer
from numpy.typing import NDArray
from typer.testing import CliRunner

from chipassets.bundle import PhraseEntry, SectionEntry
from chipassets.cli.report import report_command
from chipassets.errors import CheckError
from chipassets.report import report, write_report
from chipassets.report.card import _draw_ruler, say_time
from chipassets.report.compare import compare_tracks
from chipassets.report.details import draw_details
from chipassets.report.evidence import gather_evidence, gather_tags
from chipassets.report.html import element, join
from chipassets.report.midi_roll import draw_roll
from chipassets.report.opened import OpenedBundle, OpenedTrack, with_bundle
from chipassets.report.page import TRACKS_A_PAGE
from chipassets.report.takes_table import read_takes
from tests.report.sample_bundle import RATE_HZ, Piece, write_sample

HOSTILE = """</script><script>hit=1</script><img src=x onerror="hit=1">'"&<svg onload=hit=1>"""


def opened(bundle: Path) -> OpenedBundle:
    return with_bundle(bundle, lambda found: found)


def first_track(bundle: Path) -> OpenedTrack:
    found = opened(bundle)
    track = found.track(found.names[0])
    assert track is not None
    return track


class _Tags(HTMLParser):
    """Collects the elements of a page, their attributes and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def _sine(hz: float, level: float, seconds: float, rate_hz: int = RATE_HZ) -> NDArray[np.float64]:
    return level * np.sin(2 * np.pi * hz * np.arange(int(seconds * rate_hz)) / rate_hz)


# ---- Markup ------------------------------------------------------------------------------------


def test_text_and_attributes_are_escaped_once() -> None:
    inner = element("b", "<&>", title='"<')
    assert inner == '<b title="&quot;&lt;">&lt;&amp;&gt;</b>'
    assert element("p", inner, None, "x", hidden=True, id=None) == f"<p hidden>{inner}x</p>"
    assert join("<", inner) == f"&lt;{inner}"


def test_a_page_holds_every_track_and_nothing_from_elsewhere(tmp_path: Path) -> None:
    bundle = write_sample(tmp_path / "b", [Piece("town"), Piece("fanfare", intro_bars=None)])
    page = report(bundle).decode()
    tags = _Tags(page)
    assert sum(tag == "article" for tag, _ in tags.elements) == 2
    assert sum(tag == "audio" for tag, _ in tags.elements) == 2
    addresses = [
        value
        for tag, attributes in tags.elements
        for name, value in attributes.items()
        if name in ("src", "href") and value
    ]
    assert all(address.startswith(("data:", "#")) for address in addresses)
    assert report(bundle).decode() == page


def test_hostile_names_stay_text(tmp_path: Path) -> None:
    piece = Piece("town", HOSTILE, (HOSTILE,), why=HOSTILE, key=HOSTILE, notes=((HOSTILE, 0, 60),))
    plain = report(write_sample(tmp_path / "plain", [Piece("town", notes=(("v", 0, 60),))]))
    page = report(write_sample(tmp_path / "hostile", [piece], game=HOSTILE)).decode()
    found, expected = _Tags(page), _Tags(plain.decode())
    for tag in ("script", "img", "svg"):
        assert [t for t, _ in found.elements].count(tag) == [t for t, _ in expected.elements].count(
            tag
        )
    assert not any(name.startswith("on") for _, attrs in found.elements for name in attrs)
    assert HOSTILE in found.text


# ---- Measurements ------------------------------------------------------------------------------


def test_the_roll_draws_every_note_where_it_is(tmp_path: Path) -> None:
    notes = (("pulse1", 0, 72), ("pulse1", 30, 60), ("triangle", 8, 48), ("noise", 4, 38))
    track = first_track(write_sample(tmp_path / "b", [Piece("town", notes=notes)]))
    assert track.roll is not None
    found = {(n.voice, int(n.start_step), n.pitch) for n in track.roll.notes}
    assert found == set(notes)
    assert {n.is_drum for n in track.roll.notes if n.voice == "noise"} == {True}
    drawing = draw_roll(track.roll, track.entry)
    assert 'viewBox="0 0 32 ' in drawing
    assert {int(x) for x in re.findall(r"M(\d+) \d+h1\.86", drawing)} == {0, 30, 8}


def test_the_roll_of_a_track_in_six_eight_is_ruled_in_dotted_quarters(tmp_path: Path) -> None:
    track = first_track(write_sample(tmp_path / "b", [Piece("town")]))
    assert track.roll is not None
    entry = track.entry.model_copy(update={"beats_per_bar": 3, "pulse_steps": 6})
    drawing = str(draw_roll(track.roll, entry))
    lines = {
        kind: re.findall(r"M(\d+) 0V", re.findall(rf'class="{kind}" d="([^"]*)"', drawing)[0])
        for kind in ("beat", "bar")
    }
    assert lines == {"beat": ["0", "6", "12", "18", "24"], "bar": ["0", "12", "24"]}


def test_an_index_whose_bars_are_no_whole_beats_is_refused(tmp_path: Path) -> None:
    bundle = write_sample(tmp_path / "b", [Piece("town")])
    index = json.loads((bundle / "bundle.json").read_text())
    del index["tracks"][0]["pulse_steps"]
    (bundle / "bundle.json").write_text(json.dumps(index))
    assert first_track(bundle).entry.metre == "4/4"
    index["tracks"][0]["pulse_steps"] = 6
    (bundle / "bundle.json").write_text(json.dumps(index))
    with pytest.raises(CheckError, match="whole number of felt beats"):
        opened(bundle)


def test_evidence_sets_what_was_asked_beside_what_was_measured(tmp_path: Path) -> None:
    plan = {
        "tracks": [
            {
                "name": "town",
                "key": "D minor",
                "tempo_millibpm": 240_000,
                "character": {"polyphony": [1.0, 2.0], "density": "<b>", "groove": "march"},
            }
        ]
    }
    entry = first_track(write_sample(tmp_path / "b", [Piece("town")])).entry
    rows = {row.name: row for row in gather_evidence(entry, plan)}
    assert rows["Key"].agrees is False
    plan["tracks"][0]["key"] = entry.key
    borrowing = entry.model_copy(update={"metrics": entry.metrics | {"key_fit": 0.8}})
    (key, *_) = gather_evidence(borrowing, plan)
    assert (key.found, key.agrees) == (f"80% of notes in {entry.key}", True)
    assert rows["Tempo"].agrees is True
    assert (rows["Notes at once"].asked, rows["Notes at once"].found) == ("1.0 to 2.0", "1.5")
    assert rows["Groove"].agrees is None
    assert "Notes a beat" not in rows
    assert gather_evidence(entry, {"tracks": "none"}) == []


def test_the_evidence_and_warnings_of_the_index_are_shown(tmp_path: Path) -> None:
    bundle = write_sample(tmp_path / "b", [Piece("town", layers_hz=(440, 660))])
    index = json.loads((bundle / "bundle.json").read_text())
    measured = {"tempo_bpm": 240.0, "lead_pitch": 60.0, "mode": 0.0}
    wanted = {"tempo_bpm": [100.0, 120.0], "lead_pitch": [58.0, 62.0], "mode": [0.5, 1.5]}
    said = {"measured": measured, "wanted": wanted, "fits": False, "score": 0.25}
    index["tracks"][0] |= {
        "evidence": [said | {"mood": "calm"}],
        "scene_evidence": said | {"scene": "town", "resembles": "boss"},
        "warnings": ["does not sound calm"],
        "seam": {"step_ratio": 0.01, "flux_ratio": 0.5},
        "true_peak_dbtp": -3.0,
    }
    given = {"wanted": {"lead_pitch": [58.0, 62.0]}, "given": ["tempo_bpm", "mode"]}
    index["tracks"][0]["evidence"].append(said | given | {"mood": "sad"})
    (bundle / "bundle.json").write_text(json.dumps(index))
    tags = gather_tags(first_track(bundle).entry)
    assert [(row.name, row.asked, row.found, row.agrees) for row in tags.pop().rows] == [
        ("Middle of the top line", "Bb3 to D4", "C4", True),
        ("Tempo, bpm", "given", "240.0", None),
        ("Mode", "given", "C major", None),
    ]
    assert [(tag.tag, tag.fits) for tag in tags] == [("town", False), ("calm", False)]
    assert [(row.found, row.agrees) for row in tags[1].rows] == [
        ("240.0", False), ("C4", True), ("C major", False),
    ]  # fmt: skip
    text = _Tags(report(bundle).decode()).text
    for part in ("resembles boss more", "does not sound calm", "-3.0 dBTP", "layer 1: "):
        assert part in text


STATED = {
    "motif": "hero", "section": "A", "start_bar": 1, "start_step": 4, "steps": 8,
    "motif_key": "C major", "transposition": 5, "stretch": 2.0, "lowest": 60, "highest": 72,
    "returned": True, "whole": False,
}  # fmt: skip


def edit(bundle: Path, **changes: object) -> Path:
    """Set values of the first track in the index."""
    index = json.loads((bundle / "bundle.json").read_text())
    index["tracks"][0] |= changes
    (bundle / "bundle.json").write_text(json.dumps(index))
    return bundle


def test_the_motif_map_shows_where_a_motif_is_and_what_was_done_to_it(tmp_path: Path) -> None:
    pieces = [Piece("town", bars=4), Piece("cave")]
    page = report(edit(write_sample(tmp_path / "b", pieces), statements=[STATED])).decode()
    # Bar 2, step 5 of four bars of 16 steps: step 20 of 64, for 8 steps.
    assert page.count("left:31.250%;width:12.500%") == 2
    text = _Tags(page).text
    assert "hero +5 ×2" in text
    stated = STATED | {"lowest": 61, "highest": 71}
    flats = edit(tmp_path / "b", statements=[stated], key="Db major")
    assert "note values times 2, Db4 to Cb5" in _Tags(report(flats).decode()).text
    unknown = report(edit(flats, key="H major")).decode()
    assert "note values times 2, C#4 to B4" in _Tags(unknown).text
    said = (
        "hero in bar 2 (A) from step 5: up 5 semitones from C major, note values times 2, C4 to C5"
    )
    assert said in text
    assert "returns with its section, not every note is in the top line" in text
    assert "Motif map" not in _Tags(report(write_sample(tmp_path / "c", pieces)).decode()).text


def test_the_takes_are_listed_with_what_spoke_against_them(tmp_path: Path) -> None:
    features = {"scale": {"value": 0.98, "points": 0.9}, "seam": {"value": 3, "points": 1}}
    rows = [
        {"take": 1, "chosen": True, "score": 0.8, "verdict": "", "features": features},
        {"take": 2, "chosen": False, "score": 0.7, "verdict": "rejected", "features": features},
        {"take": 3, "chosen": False, "score": 0.75, "verdict": "refused: copies", "features": {}},
        {"take": "x"}, 7,
    ]  # fmt: skip
    bundle = write_sample(tmp_path / "b", [Piece("town")], takes={"town": rows})
    takes = read_takes(opened(bundle).provenance, "town")
    assert [take.number for take in takes] == [1, 3, 2], "the chosen one, then by points"
    text = _Tags(report(bundle).decode()).text
    for part in ("Takes: why number 1", "chosen", "refused: copies", "0.98", "0.9 of 1 points"):
        assert part in text
    damaged: tuple[object, ...] = ([], {"town": 3}, {"town": {"a": 1}}, {"town": [None]})
    for nonsense in damaged:
        assert read_takes({"takes": nonsense}, "town") == []


def test_originality_is_said_in_notes(tmp_path: Path) -> None:
    metrics = {"longest_shared_run": 7.0, "shared_6_grams": 0.0833, "shared_16_grams": 0.0}
    bundle = write_sample(tmp_path / "b", [Piece("town", metrics=metrics), Piece("cave")])
    text = _Tags(report(bundle).decode()).text
    for part in ("8 notes in a row", "Runs of 7 notes8.3% are in", "Runs of 17 notes0.0%"):
        assert part in text
    assert text.count("Originality") == 1


def test_the_overview_has_a_row_a_track_that_leads_to_it(tmp_path: Path) -> None:
    seam = {"step_ratio": 1.1, "flux_ratio": 0.5}
    bundle = write_sample(tmp_path / "b", [Piece("town"), Piece("fanfare", intro_bars=None)])
    page = report(edit(bundle, seam=seam, warnings=["too loud"]), bundle).decode()
    tags = _Tags(page)
    ids = {attrs.get("id") for tag, attrs in tags.elements if tag == "article"}
    rows = [attrs["data-row"] for tag, attrs in tags.elements if "data-row" in attrs]
    links = [attrs.get("href") for tag, attrs in tags.elements if tag == "a"][1:]
    assert rows == ["track-town", "track-fanfare"]
    assert set(rows) == ids
    assert links == [f"#{row}" for row in rows]
    for part in ("audible", "plays once", "unchanged"):
        assert part in tags.text
    assert 'aria-label="1 warning"' in page
    # The first beat may be the strongest attack of the track, as the render allows.
    for flux, word in ((1.2, "clean"), (1.6, "audible")):
        edit(bundle, seam={"step_ratio": 0.5, "flux_ratio": flux}, warnings=[])
        assert f">{word}</td>" in report(bundle).decode()


# ---- Comparing ---------------------------------------------------------------------------------


def test_differences_of_two_tracks_are_named(tmp_path: Path) -> None:
    before = opened(write_sample(tmp_path / "a", [Piece("town"), Piece("gone")]))
    new_notes = (("pulse1", 0, 72), ("pulse1", 8, 74), ("noise", 4, 38))
    after = opened(write_sample(tmp_path / "b", [Piece("town", moods=("sad",), notes=new_notes)]))
    changed = compare_tracks(before.track("town"), after.track("town"))
    assert changed.status == "changed"
    assert {(int(n.start_step), n.pitch) for n in changed.come} == {(8, 74)}
    assert not changed.gone
    assert {"notes", "tags", "size"} <= set(changed.aspects)
    assert "sound" not in changed.aspects
    said = {change.name: (change.before, change.after) for change in changed.changes}
    assert said["Moods"] == ("calm", "sad")
    assert compare_tracks(before.track("town"), before.track("town")).status == "same"
    assert compare_tracks(before.track("gone"), after.track("gone")).status == "removed"
    assert compare_tracks(None, after.track("town")).status == "added"


def test_a_comparison_embeds_both_sounds_of_what_changed_only(tmp_path: Path) -> None:
    before = write_sample(tmp_path / "a", [Piece("town"), Piece("cave"), Piece("gone")])
    after = write_sample(tmp_path / "b", [Piece("town"), Piece("cave", hz=330), Piece("new")])
    ids = re.findall(r'id="audio-([a-z-]+)"', report(after, before).decode())
    assert ids == ["after-town", "before-cave", "after-cave", "after-new", "before-gone"]


# ---- Bad input ---------------------------------------------------------------------------------


def test_bad_bundles_are_refused_with_a_reason(tmp_path: Path) -> None:
    bundle = write_sample(tmp_path / "b", [Piece("town")])
    index = json.loads((bundle / "bundle.json").read_text())

    def refused(changed: dict[str, object], reason: str) -> None:
        (bundle / "bundle.json").write_text(json.dumps(index | changed))
        with pytest.raises(CheckError, match=reason):
            report(bundle)

    refused({"format": 2}, "format 2")
    outside = index["tracks"][0] | {"files": {"ogg": {**_file(index), "path": "../x.ogg"}}}
    refused({"tracks": [outside]}, "path")
    refused({"tracks": [index["tracks"][0] | {"bars": 0}]}, "bars")
    missing = index["tracks"][0] | {"files": {"ogg": {**_file(index), "path": "audio/no.ogg"}}}
    refused({"tracks": [missing]}, "audio/no.ogg")
    refused({"tracks": [index["tracks"][0] | {"bars": 10**9}]}, "1000000000 bars")
    with pytest.raises(CheckError, match="there is no folder"):
        report(tmp_path / "nothing")
    (bundle / "bundle.json").unlink()
    with pytest.raises(CheckError, match="no readable bundle"):
        report(bundle)


def _file(index: dict[str, object]) -> dict[str, object]:
    tracks = index["tracks"]
    assert isinstance(tracks, list)
    return dict(tracks[0]["files"]["ogg"])


def test_a_zip_is_a_bundle_too_and_a_damaged_one_is_refused(tmp_path: Path) -> None:
    bundle = write_sample(tmp_path / "b", [Piece("town")])
    packed = Path(shutil.make_archive(str(tmp_path / "packed"), "zip", bundle))
    assert report(packed, packed) == report(bundle, bundle)
    packed.write_bytes(packed.read_bytes()[:500])
    with pytest.raises(CheckError, match="cannot be unpacked"):
        report(packed)


def test_an_altered_file_is_named(tmp_path: Path) -> None:
    bundle = write_sample(tmp_path / "b", [Piece("town")])
    (bundle / "audio" / "town.ogg").write_bytes(b"no sound")
    with pytest.raises(CheckError, match=r"audio/town\.ogg"):
        report(bundle)


def test_audio_that_is_not_as_long_as_the_index_says_is_refused(tmp_path: Path) -> None:
    bundle = write_sample(tmp_path / "b", [Piece("town")])
    index = json.loads((bundle / "bundle.json").read_text())
    track = index["tracks"][0]
    track["samples"] -= 1
    track["loop"]["length_samples"] -= 1
    (bundle / "bundle.json").write_text(json.dumps(index))
    with pytest.raises(CheckError, match="88200 samples"):
        report(bundle)


def test_a_bundle_without_midi_or_sound_still_has_a_page(tmp_path: Path) -> None:
    bundle = write_sample(tmp_path / "b", [Piece("town"), Piece("cave")])
    index = json.loads((bundle / "bundle.json").read_text())
    del index["tracks"][0]["files"]["midi"]
    del index["tracks"][1]["files"]["ogg"]
    (bundle / "bundle.json").write_text(json.dumps(index))
    page = report(bundle).decode()
    assert page.count('class="roll"') == 1
    assert page.count("<audio") == 1
    assert "without sound" in page


# ---- The command -------------------------------------------------------------------------------


def test_the_command_writes_the_page(tmp_path: Path) -> None:
    app = typer.Typer()
    app.command()(report_command)
    bundle = write_sample(tmp_path / "b", [Piece("town")])
    target = tmp_path / "out" / "r.html"
    arguments = [str(bundle), "-o", str(target), "--compare", str(bundle), "--json"]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    assert json.loads(result.output) == {
        "report": str(target), "bytes": target.stat().st_size, "pages": [],
    }  # fmt: skip
    assert target.read_bytes() == report(bundle, bundle)


# ---- The look ----------------------------------------------------------------------------------


def _luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: str, other: str) -> float:
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_colours_keep_the_contrast_that_wcag_asks_for(theme: int) -> None:
    style = files("chipassets").joinpath("report/colours.css").read_text(encoding="utf-8")
    tokens = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", style.split(":root {")[1 + theme]))
    for ink in ("ink", "soft", "accent", "good", "bad"):
        for ground in ("paper", "card", "well"):
            assert _contrast(tokens[ink], tokens[ground]) >= 4.5, (ink, ground)
    for pair in (
        ("on-accent", "accent"), ("accent", "accent-wash"), ("good", "good-wash"),
        ("bad", "bad-wash"), ("soft", "accent-wash"), ("ink", "accent-wash"),
    ):  # fmt: skip
        assert _contrast(tokens[pair[0]], tokens[pair[1]]) >= 4.5, pair
    for voice in range(8):
        assert _contrast(tokens[f"v{voice}"], tokens["well"]) >= 2.6, voice


def test_the_sample_encoder_keeps_every_sample() -> None:
    from tests.report.sample_bundle import encode_sound, piece_wave

    wave = piece_wave(Piece("town"))
    assert len(soundfile.read(io.BytesIO(encode_sound(wave)))[0]) == len(wave)


def test_many_tracks_are_a_table_and_pages_that_hold_each_once(tmp_path: Path) -> None:
    names = [f"t{number:02}" for number in range(TRACKS_A_PAGE + 2)]
    pieces = [Piece(name, bars=1, moods=("calm", "dark")) for name in names]
    plan = {"tracks": [{"name": name} for name in names]}
    bundle = write_sample(tmp_path / "b", pieces, plan=plan)
    written = write_report(bundle, tmp_path / "my music.html")
    folder = tmp_path / "my music-tracks"
    first, second = folder / "page-001.html", folder / "page-002.html"
    assert written == [tmp_path / "my music.html", first, second]
    found = []
    for page in (first, second):
        text = page.read_text(encoding="utf-8")
        found.append(re.findall(r'<article class="track" id="track-(\w+)"', text))
        assert [name for name in names if f"&quot;{name}&quot;" in text] == found[-1]
    assert found == [names[:TRACKS_A_PAGE], names[TRACKS_A_PAGE:]]
    top = written[0].read_text(encoding="utf-8")
    links = re.findall(r'<a href="(my%20music-tracks/[^"]+)"', top)
    assert [link.rpartition("#track-")[2] for link in links] == names
    assert all((tmp_path / unquote(link.partition("#")[0])).is_file() for link in links)
    assert "data:audio" not in top
    assert 'href="../my%20music.html"' in second.read_text(encoding="utf-8")


def test_pages_say_what_changed_and_what_is_gone(tmp_path: Path) -> None:
    pieces = [Piece(f"t{number:02}", bars=1) for number in range(TRACKS_A_PAGE)]
    before = write_sample(tmp_path / "a", [*pieces, Piece("gone", bars=1)])
    after = write_sample(tmp_path / "b", [Piece("t00", bars=1, hz=330), *pieces[1:]])
    top, _, second = write_report(after, tmp_path / "report.html", before)
    assert re.findall(r'data-status="(\w+)"', top.read_text(encoding="utf-8")) == [
        "changed", *["same"] * (TRACKS_A_PAGE - 1), "removed",
    ]  # fmt: skip
    assert 'id="track-gone"' in second.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.4, "0:00"), (59.4, "0:59"), (59.6, "1:00"), (90, "1:30"), (605, "10:05")],
)
def test_a_time_is_said_in_minutes_and_seconds(seconds: float, said: str) -> None:
    assert say_time(seconds) == said


def test_the_form_is_told_in_words_and_an_older_bundle_has_none(tmp_path: Path) -> None:
    write_sample(tmp_path, [Piece("town")])
    track = first_track(tmp_path)
    assert "Form and parts" not in draw_details(track, {})
    told = SectionEntry(
        name="A",
        start_bar=0,
        bars=4,
        phrases=[
            PhraseEntry(start_bar=0, bars=2, cadence="half"),
            PhraseEntry(start_bar=2, bars=2, cadence="on F<"),
        ],
        parts={"lead": "tune", "inner": "thirds", "drums": "kick 2 a bar"},
    )
    entry = track.entry.model_copy(update={"sections": [told]})
    page = draw_details(replace(track, entry=entry), {})
    assert "1 to 2 half (open, on the dominant); 3 to 4 on F&lt;" in page
    assert "second voice: thirds; drums: kick 2 a bar" in page
    # Above the roll a phrase is as wide as its bars.
    ruler = _draw_ruler(entry)
    assert '<span style="flex:2" title="a phrase that closes half">half</span>' in ruler
    assert 'title="second voice: thirds; drums: kick 2 a bar">A</span>' in ruler
    assert "phrases" not in _draw_ruler(track.entry)
