"""Where a file is to be written and a folder lies: said before any work."""

from __future__ import annotations

import pytest

from tests.cli.conftest import Run


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
