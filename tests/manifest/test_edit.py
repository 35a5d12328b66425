"""Setting a key of a track changes that key and nothing else."""

from __future__ import annotations

import codecs
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from chipassets.errors import ManifestError, UsageError
from chipassets.manifest.edit import REMOVED, flow_text, set_key, with_settings
from chipassets.manifest.yaml_reader import read_document

MANIFEST = """\
# The music.
game: Tiny   # a game
tracks:
  town:              # where one rests
    mood: [calm, bright]  # both
    length: 4 bars
  credits:   # nothing yet
  boss: {scene: boss, tempo: {min: 150, max: 160}}
  battle:
    mood:
      - tense
      - dark
    # the end of it

  shop: {}
"""


def set_in(tmp_path: Path, *change: object) -> str:
    path = tmp_path / "game.yaml"
    if not path.exists():
        path.write_text(MANIFEST)
    track, key, value = change
    set_key(path, str(track), str(key), value)
    return path.read_text()


@pytest.mark.parametrize(
    ("track", "key", "value", "line"),
    [
        ("town", "tempo", 132, "    tempo: 132"),
        ("town", "mood", ["tense"], "    mood: [tense]  # both"),
        ("credits", "mood", ["dark"], "    mood: [dark]"),
        ("boss", "tempo", 155, "  boss: {scene: boss, tempo: 155}"),
        ("boss", "mood", "dark", "  boss: {mood: dark, scene: boss, tempo: {min: 150, max: 160}}"),
        ("battle", "mood", "frantic", "    mood: frantic"),
        ("shop", "tempo", 99.5, "  shop: {tempo: 99.5}"),
    ],
)
def test_a_key_is_set_and_all_else_stays(
    tmp_path: Path, track: str, key: str, value: object, line: str
) -> None:
    after = set_in(tmp_path, track, key, value)
    assert line in after.splitlines()
    wanted = yaml.safe_load(MANIFEST)
    wanted["tracks"][track] = {**(wanted["tracks"][track] or {}), key: value}
    assert yaml.safe_load(after) == wanted
    for comment in ("# The music.", "# a game", "# where one rests", "# nothing yet", "# the end"):
        assert comment in after
    assert not set_key(tmp_path / "game.yaml", track, key, value)


def test_what_a_manifest_would_refuse_is_not_written(tmp_path: Path) -> None:
    (tmp_path / "game.yaml").write_text(MANIFEST)
    with pytest.raises(ManifestError, match="heroic"):
        set_key(tmp_path / "game.yaml", "town", "mood", "heroc")
    with pytest.raises(UsageError, match="no track 'twon'; did you mean 'town'"):
        set_key(tmp_path / "game.yaml", "twon", "tempo", 120)
    assert (tmp_path / "game.yaml").read_text() == MANIFEST


def test_an_alias_is_left_to_a_person(tmp_path: Path) -> None:
    text = "game: A\ntracks:\n  town: &t {mood: calm}\n  shop: *t\n"
    (tmp_path / "game.yaml").write_text(text)
    with pytest.raises((UsageError, ManifestError)):
        set_key(tmp_path / "game.yaml", "shop", "mood", "tense")
    assert (tmp_path / "game.yaml").read_text() == text


@pytest.mark.parametrize("mark", [b"", codecs.BOM_UTF8])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize(
    ("track", "key", "value"),
    [("town", "tempo", 132), ("credits", "mood", ["dark"]), ("battle", "mood", "frantic"),
     ("shop", "tempo", 99.5)],
)  # fmt: skip
def test_line_ends_and_the_byte_order_mark_stay(
    tmp_path: Path, mark: bytes, end: str, track: str, key: str, value: object
) -> None:
    path = tmp_path / "game.yaml"
    path.write_text(MANIFEST)
    set_key(path, track, key, value)
    plain = path.read_bytes()
    path.write_bytes(mark + MANIFEST.replace("\n", end).encode())
    set_key(path, track, key, value)
    assert path.read_bytes() == mark + plain.replace(b"\n", end.encode())


@pytest.mark.parametrize("name", ["on", "no", "y", "null", "1_0", "0x10"])
def test_a_track_may_be_called_what_yaml_1_1_takes_for_something_else(
    tmp_path: Path, name: str
) -> None:
    track = name if name[0].isalpha() else f"a{name}"
    path = tmp_path / "game.yaml"
    path.write_text(f"game: on\ntracks:\n  {track}: {{scene: town}}\n  town: {{scene: town}} # c\n")
    assert set_key(path, track, "tempo", 131)
    assert path.read_text() == (
        f"game: on\ntracks:\n  {track}: {{tempo: 131, scene: town}}\n  town: {{scene: town}} # c\n"
    )


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("    primer: |\n      C5 - E5 -\n      G5 - - -\n", "    primer: C4 D4\n"),
        ("    primer: >-\n      C5 - E5 -\n\n      G5\n", "    primer: C4 D4\n"),
        ('    primer: "C5 -\n      E5"   # c\n', "    primer: C4 D4   # c\n"),
        ("    primer: C5 -\n      E5\n", "    primer: C4 D4\n"),
        ("    primer:\n      pitches:\n        - 60\n", "    primer: C4 D4\n"),
        ("    primer: {pitches: [60,\n      64]}\n", "    primer: C4 D4\n"),
        ("    ? primer\n    : C5 -\n", "    ? primer\n    : C4 D4\n"),
        ("    'primer': C5 - #c\n", "    'primer': C4 D4 #c\n"),
    ],
)
def test_a_value_of_any_shape_gives_way(tmp_path: Path, old: str, new: str) -> None:
    path = tmp_path / "game.yaml"
    text = "game: A\ntracks:\n  town:\n{}    mood: calm  # d\n  shop: {{}}\n"
    path.write_text(text.format(old))
    set_key(path, "town", "primer", "C4 D4")
    assert path.read_text() == text.format(new)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize(
    ("track", "key", "old", "new"),
    [
        ("town", "mood", "    mood: [calm, bright]  # both\n", "    # both\n"),
        ("boss", "tempo", ", tempo: {min: 150, max: 160}}", "}"),
        ("boss", "scene", "{scene: boss, tempo", "{tempo"),
        ("battle", "mood", "    mood:\n      - tense\n      - dark\n", ""),
        ("shop", "mood", "", ""),
        (None, "game", "game: Tiny   # a game\n", "# a game\n"),
        (None, "chip", "", ""),
    ],
)
def test_removing_a_key_leaves_the_rest_of_the_file_unchanged(
    tmp_path: Path, end: str, track: str | None, key: str, old: str, new: str
) -> None:
    path = tmp_path / "game.yaml"
    data = MANIFEST.replace("\n", end).encode()
    wanted = MANIFEST.replace(old, new, 1).replace("\n", end).encode()
    if key == "game":  # which a manifest needs
        with pytest.raises(ManifestError, match="needs the key 'game'"):
            with_settings(data, path, track, [(key, REMOVED)])
        return
    after, changed = with_settings(data, path, track, [(key, REMOVED)])
    assert (after, changed) == (wanted, [old != ""])


def test_comments_among_the_values_of_a_removed_key_stay(tmp_path: Path) -> None:
    text = (
        "game: A\ntracks:\n  town:\n    mood:   # two\n      # it's first\n      - calm\n"
        "      - dark  # not so\n    primer: |\n      C4 D4\n  shop: {mood: calm, # so\n"
        "    tempo: 100}\n"
    )
    path = tmp_path / "game.yaml"
    after, _ = with_settings(text.encode(), path, "town", [("mood", REMOVED)])
    assert after.decode() == text.replace(
        "    mood:   # two\n      # it's first\n      - calm\n      - dark  # not so\n",
        "    # two\n    # it's first\n    # not so\n",
    )
    after, _ = with_settings(text.encode(), path, "town", [("primer", REMOVED)])
    assert after.decode() == text.replace("    primer: |\n      C4 D4\n", "")
    with pytest.raises(UsageError, match="by hand"):
        with_settings(text.encode(), path, "shop", [("mood", REMOVED)])


def test_what_the_game_says_is_set_too(tmp_path: Path) -> None:
    path = tmp_path / "game.yaml"
    after, changed = with_settings(MANIFEST.encode(), path, None, [("chip", "gameboy")])
    assert after.decode() == MANIFEST.replace("game: Tiny", "chip: gameboy\ngame: Tiny")
    assert changed == [True]
    again, _ = with_settings(after, path, None, [("chip", REMOVED)])
    assert again.decode() == MANIFEST


ODD = ["on", "no", "1:30", "017", "0o17", "1e3", ".5", "a, b", "#x", "a #b", "- a", "null", "~",
       "<<", "{a", "a: b", "'", '"', "!x", "&a", "*a", "|", "é", "🚀"]  # fmt: skip
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**9), 10**9)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=12)
    | st.sampled_from(ODD),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text("abcde_", min_size=1, max_size=4), inner, max_size=3)
    ),
    max_leaves=6,
)


@given(VALUES)
def test_what_is_written_is_what_a_manifest_reads(value: object) -> None:
    data = f"tracks: {{town: {{x: {flow_text(value)}}}}}\n".encode("utf-8", "surrogatepass")
    try:
        document, problems = read_document(data, "a")
    except ManifestError as error:
        assert "control characters" in str(error) or "UTF-8" in str(error)  # noqa: PT017
        return
    assert problems == []
    assert document.values == {"tracks": {"town": {"x": value}}}
