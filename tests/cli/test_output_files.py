"""Where a file is to be written and a folder lies: said before any work."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Run


def test_a_notice_that_cannot_be_read_is_said(chipassets: Run, tmp_path: Path) -> None:
    (tmp_path / "MIT").write_bytes("© Zoë".encode("cp1252"))
    for name, why in (("MIT", "no UTF-8 text"), ("none", "No such file")):
        words = ("train", "export", "run", "-o", "a.safetensors", "--notice", name)
        found = chipassets(*words)
        assert (found.returncode, why in found.stderr) == (2, True), found.stderr


@pytest.mark.parametrize("out", [".", "/", ".."])
@pytest.mark.parametrize(
    "words",
    [
        ("train", "corpus", "midi"),
        ("train", "dataset", "my.corpus"),
        ("train", "ngrams", "my.corpus"),
        ("train", "export", "run"),
        ("train", "import", "run"),
    ],
)
def test_a_folder_is_no_file_to_write(chipassets: Run, words: tuple[str, ...], out: str) -> None:
    found = chipassets(*words, "-o", out)
    assert (found.returncode, "is a folder; name a file" in found.stderr) == (2, True)


@pytest.mark.parametrize("option", ["--depfile", "--progress-file"])
@pytest.mark.parametrize(
    ("name", "why"), [("", "is a folder"), ("a.yaml/x", "Not a directory"), ("sub", "is a folder")]
)
def test_where_a_build_is_to_write_is_tried_before_composing(
    chipassets: Run, tmp_path: Path, option: str, name: str, why: str
) -> None:
    (tmp_path / "a.yaml").write_text("game: A\ntracks: {battle: }\n")
    (tmp_path / "sub").mkdir()
    found = chipassets("build", "a.yaml", option, name)
    assert (found.returncode, option in found.stderr, why in found.stderr) == (5, True, True), found
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.yaml", "sub"]
