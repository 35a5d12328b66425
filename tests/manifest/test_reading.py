"""Reading files: what a scalar means, and what is refused before anything is understood."""

from __future__ import annotations

import json
import math
import os
from pathlib import Path

import pytest

from chipassets.errors import ManifestError
from chipassets.manifest import load_manifest, parse_manifest
from chipassets.manifest.builder import MAX_VALUES
from chipassets.manifest.settings import settings_of
from chipassets.manifest.yaml_reader import MAX_BYTES, read_document
from chipassets.plan.trackplan import OggQuality
from tests.effort import calls_of
from tests.manifest.conftest import Load, Refuse


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True), ("TRUE", True), ("false", False), ("null", None), ("~", None), ("", None),
        ("on", "on"), ("off", "off"), ("yes", "yes"), ("no", "no"), ("y", "y"), ("1:30", "1:30"),
        ("0", 0), ("-7", -7), ("+7", 7), ("007", 7), ("0o17", 15), ("0x1F", 31), ("1_000", "1_000"),
        ("1.5", 1.5), (".5", 0.5), ("1e3", 1000.0), ("-1.e-1", -0.1), (".", "."), ("-a", "-a"),
        (".inf", math.inf), ("-.inf", -math.inf), ("inf", "inf"), ("2001-01-01", "2001-01-01"),
        ("'true'", "true"), ('"12"', "12"), ("١٢", "١٢"), ("=", "="),
    ],
)  # fmt: skip
def test_plain_scalars_follow_the_core_schema_of_yaml_1_2(text: str, value: object) -> None:
    document, problems = read_document(f"a: {text}\n".encode(), "x")
    read = document.values["a"]
    assert (read, type(read)) == (value, type(value))
    assert not problems


def test_nan_is_refused_as_a_number() -> None:
    document, _ = read_document(b"a: .nan", "x")
    assert math.isnan(float(str(document.values["a"])))


BOMBS = {
    "brackets": b"a: " + b"[" * 500_000,
    "braces": b"{a: " * 200_000,
    "dashes": b"- " * 400_000,
    "question marks": b"? " * 400_000,
    "keys": b"".join(b"k%d: 1\n" % number for number in range(80_000)),
    "a long list": b"a: [" + b"1," * 400_000 + b"]",
    "laughs": b"a: &a [x]\n"
    + b"".join(b"b%d: &b%d [*a,*a,*a,*a]\n" % (number, number) for number in range(2000)),
    "anchors": b"&a " * 300_000,
    "digits": b"seed: " + b"9" * 900_000,
    "exclamation marks": b"!" * 1_000_000,
    "notes": b"game: x\ntracks:\n  boss:\n    primer: '" + b"C5 " * 300_000 + b"'",
    "wrong tracks": b"game: x\ntracks:\n"
    + b"".join(b"  k%d: {scene: bos, tempi: 3}\n" % number for number in range(3500)),
    "wrong moods": b"game: x\nmoods:\n"
    + b"".join(b"  k%d: {like: drk, tempi: 3}\n" % number for number in range(3500)),
    "wrong scenes": b"game: x\nscenes:\n"
    + b"".join(b"  k%d: {like: bos, tempi: 3}\n" % number for number in range(3500)),
}


@pytest.mark.parametrize("name", BOMBS)
def test_yaml_that_expands_without_bounds_is_refused(name: str) -> None:
    with pytest.raises(ManifestError) as caught:
        parse_manifest(BOMBS[name], Path("x.yaml"))
    assert len(caught.value.problems) <= 402
    assert max(len(str(problem)) for problem in caught.value.problems) < 1000


def test_the_number_of_values_is_limited(refuse: Refuse) -> None:
    (problem,) = refuse("a: [" + "1," * MAX_VALUES + "]")
    assert f"{MAX_VALUES:,} values" in problem.found


def test_a_large_file_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "large.yaml"
    with path.open("wb") as file:
        file.truncate(100 * MAX_BYTES)
    with pytest.raises(ManifestError, match="more than 1,048,576 bytes"):
        load_manifest(path)


@pytest.mark.parametrize(
    ("data", "where", "found"),
    [
        (b"game: \xff\n", "1:7", "0xFF"),
        (b"game: A\n# \xc3\xa9\xc3\n", "2:4", "0xC3"),
        ("game: A".encode("utf-16"), "1:1", "0xFF"),
        ("game: A\u2028".encode(), "1:8", "U+2028"),
        (b"game: A\r\na\x1b\r\n", "2:2", "U+001B"),
    ],
)
def test_bytes_that_are_no_text_are_refused(
    data: bytes, where: str, found: str, refuse: Refuse
) -> None:
    (problem,) = refuse(data)
    assert (problem.where, found in problem.found) == (f"game.yaml:{where}", True)


def test_a_file_that_is_missing_is_called_missing(tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match="no file of this name"):
        load_manifest(tmp_path / "none.yaml")


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "none", tmp_path / "pipe", Path("a\0b"), Path("x" * 5000)):
        with pytest.raises(ManifestError) as caught:
            load_manifest(path)
        assert len(caught.value.problems) == 1


def test_a_link_in_a_circle_is_not_said_to_be_missing(tmp_path: Path) -> None:
    (tmp_path / "game.yaml").symlink_to("game.yaml")
    with pytest.raises(ManifestError) as caught:
        load_manifest(tmp_path / "game.yaml")
    (problem,) = caught.value.problems
    assert problem.found == "a link that leads to no file"
    assert "did you mean" not in problem.fix


def test_a_pipe_that_the_manifest_names_is_called_one(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "theme.mid")
    text = "game: G\ntracks: {boss: {primer: {midi: theme.mid}}}\n"
    with pytest.raises(ManifestError, match="it is a pipe or a device; name a file"):
        parse_manifest(text.encode(), tmp_path / "game.yaml")


def test_conflict_markers_are_named_at_the_first_one(refuse: Refuse) -> None:
    text = "game: G\n<<<<<<< HEAD\nseed: 1\n=======\nseed: 2\n>>>>>>> other\ntracks: {a: {}}\n"
    (problem,) = refuse(text)
    assert problem.where == "game.yaml:2:1"
    assert problem.why == "a merge left conflict markers here"


def test_what_was_found_is_shown_in_a_readable_length(refuse: Refuse) -> None:
    """A note with five thousand octave marks."""
    tune = "K:C\nC" + "'" * 5000
    problem, *_ = refuse(
        f"game: G\nmotifs: {{m: {{abc: {json.dumps(tune)}}}}}\ntracks: {{a: {{}}}}\n"
    )
    assert len(problem.found) < 100


def test_a_byte_order_mark_and_any_line_end_are_read(load: Load) -> None:
    assert load("\ufeffgame: A\r\ntracks:\r\n  boss:\r\n").game == "A"


def test_an_extra_comma_in_braces_adds_no_value(load: Load) -> None:
    assert load("game: A\ntracks: {boss: {takes: 3,},}\n").tracks["boss"].takes == 3


def test_the_name_of_a_form_stands_for_its_sections(load: Load) -> None:
    named = load("game: G\ntracks: {town: {form: intro:1 song outro}}").tracks["town"].form
    spelt = load("game: G\ntracks: {town: {form: intro:1 A A' B A' outro}}").tracks["town"].form
    assert named == spelt
    assert [part.name for part in named or ()] == ["intro", "A", "A'", "B", "A'", "outro"]


def test_the_rom_budget_is_bytes_or_kilobytes() -> None:
    def budget(text: str) -> int | None:
        source = f"game: Test\n{text}\ntracks: {{battle: {{}}}}\n"
        return parse_manifest(source.encode(), Path("x.yaml")).rom_budget

    assert budget("") is None
    assert budget("rom_budget: 8 KB") == 8192
    assert budget("rom_budget: 12KiB") == 12_288
    assert budget("rom_budget: 6000") == 6000
    for wrong in ("0", "8 MB", "-1 KB", "9000 KB", "true", "1.5"):
        with pytest.raises(ManifestError, match="write it like 8 KB"):
            budget(f"rom_budget: {wrong}")


def test_levels_are_the_scenes_unless_a_track_says_its_own() -> None:
    def level(track: str, said: str = "") -> float:
        source = f"game: Test\ntracks: {{{track}: {{{said}}}}}\n"
        return settings_of(parse_manifest(source.encode(), Path("x.yaml")), track).level_db

    assert level("game_over") == -4.0
    assert level("town") == -3.0
    assert level("boss") == 0.0
    assert level("town", "level: -1.5 dB") == -1.5
    assert level("town", "level: 0") == 0.0
    for wrong in ("-13", "7 dB", "loud", "true"):
        with pytest.raises(ManifestError, match="level is a number of dB from -12 to 6"):
            level("town", f"level: {wrong}")


def test_quality_is_for_all_files_or_by_kind() -> None:
    def quality(text: str) -> OggQuality:
        source = f"game: Test\n{text}\ntracks: {{battle: {{}}}}\n"
        return parse_manifest(source.encode(), Path("x.yaml")).quality

    assert quality("") == OggQuality(3.0, 3.0, 3.0, 3.0)
    assert quality("quality: 5.5") == OggQuality(5.5, 5.5, 5.5, 5.5)
    assert quality("quality: {ogg: 6, layers: 1}") == OggQuality(ogg=6.0, layers=1.0)
    for wrong in ("quality: 11", "quality: high", "quality: {ogg: -1}", "quality: {mp3: 3}"):
        with pytest.raises(ManifestError, match=r"quality|such kind of file"):
            quality(wrong)


def test_a_copy_of_a_manifest_has_settings_of_its_own() -> None:
    source = b"game: G\ntracks: {town: {takes: 3}, cave: {scene: dungeon}}\n"
    manifest = parse_manifest(source, Path("x.yaml"))
    assert settings_of(manifest, "town").takes == 3
    town = manifest.tracks["town"].model_copy(update={"takes": 5})
    copied = manifest.model_copy(update={"tracks": manifest.tracks | {"town": town}})
    assert settings_of(copied, "town").takes == 5
    assert settings_of(manifest, "town").takes == 3


def test_accidentals_may_be_the_signs_of_sheet_music(load: Load) -> None:
    text = "game: A\ntracks:\n  battle:\n    key: {}\n    chords: {}\n    primer: {}\n"
    signs = load(text.format("B♭ major", "B♭ | ♭VI | F♯m7/C♯", "B♭4 - F♯5 -"))
    ascii_ = load(text.format("Bb major", "Bb | bVI | F#m7/C#", "Bb4 - F#5 -"))
    assert signs == ascii_


def test_the_work_for_a_manifest_grows_as_its_mistakes(refuse: Refuse) -> None:
    def work(tracks: int) -> int:
        lines = "".join(f"  t{n}: {{scene: battle, key: H{n}}}\n" for n in range(tracks))
        return calls_of(lambda: refuse(f"game: A\ntracks:\n{lines}"))

    work(1)  # imports what it needs
    assert work(1_200) < 2.4 * work(600)
