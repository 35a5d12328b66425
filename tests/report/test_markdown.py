"""The changes between two bundles as a comment for a pull request."""

from __future__ import annotations

import json
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from chipassets.errors import CheckError
from chipassets.report import compare_markdown
from tests.report.sample_bundle import Piece, write_sample

TOWN, SHOP, BATTLE = Piece("town"), Piece("shop", hz=660), Piece("battle", hz=550)


def bundles(tmp_path: Path, new: list[Piece], old: list[Piece]) -> tuple[Path, Path]:
    return write_sample(tmp_path / "new", new), write_sample(tmp_path / "old", old)


def draw_pictures(bundle: Path) -> None:
    index = json.loads((bundle / "bundle.json").read_text())
    for track in index["tracks"]:
        path = bundle / f"preview/{track['name']}.svg"
        path.parent.mkdir(exist_ok=True)
        path.write_text("<svg/>")
        entry = {
            "path": f"preview/{path.name}",
            "sha256": sha256(b"<svg/>").hexdigest(),
            "bytes": 6,
        }
        track["files"]["preview"] = entry
    (bundle / "bundle.json").write_text(json.dumps(index))


def test_the_comparison_lists_changed_added_and_removed_tracks(tmp_path: Path) -> None:
    dark = replace(TOWN, moods=("dark",), notes=(("pulse1", 0, 74),))
    text = compare_markdown(*bundles(tmp_path, [dark, BATTLE], [TOWN, SHOP]))
    assert text.startswith("### Music of Test Quest\n\n0 of 3 tracks are as they were. Size: ")
    assert "#### town: changed (notes, tags" in text
    assert "| Moods | calm | dark |" in text
    assert "#### battle: added" in text
    assert "#### shop: removed" in text


def test_bundles_that_are_alike_are_one_line(tmp_path: Path) -> None:
    text = compare_markdown(*bundles(tmp_path, [TOWN, SHOP], [TOWN, SHOP]))
    assert "2 of 2 tracks are as they were." in text
    assert "####" not in text


def test_pictures_are_shown_from_the_addresses_of_both_bundles(tmp_path: Path) -> None:
    new, old = bundles(tmp_path, [replace(TOWN, moods=("dark",)), SHOP], [TOWN])
    draw_pictures(new)
    draw_pictures(old)
    base = "https://forge.example/me/game/raw"
    text = compare_markdown(new, old, f"{base}/b", f"{base}/a/")
    before, after = (f"![town {when}]({base}/{one}/preview/town.svg)" for when, one in
                     (("before", "a"), ("after", "b")))  # fmt: skip
    assert f"| before | after |\n|---|---|\n| {before} | {after} |" in text
    assert f"\n![shop after]({base}/b/preview/shop.svg)\n" in text, "it is new"
    assert "Picture: `preview/town.svg`" in compare_markdown(new, old)


def test_names_do_not_become_markup(tmp_path: Path) -> None:
    old = write_sample(tmp_path / "old", [TOWN])
    new = write_sample(tmp_path / "new", [TOWN], game="<b>@all</b> | [x](y)\n# Quest")
    text = compare_markdown(new, old)
    assert text.startswith("### Music of \\<b\\>\\@all\\</b\\> \\| \\[x\\](y) \\# Quest\n")


def test_a_bundle_that_is_not_there_is_a_check_error(tmp_path: Path) -> None:
    with pytest.raises(CheckError):
        compare_markdown(write_sample(tmp_path / "new", [TOWN]), tmp_path / "none")
