"""The table of sources, as a spreadsheet writes it: the licence filter works or says why not."""

from __future__ import annotations

import codecs
import csv
import json
import os
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chipassets.errors import UsageError
from chipassets.train.corpus import load_corpus, write_corpus
from chipassets.train.corpus_doctor import read_corpus
from chipassets.train.selection import Selection
from chipassets.train.sources import read_sources
from tests.cli.conftest import Run, chipassets  # noqa: F401 - a fixture
from tests.train.conftest import MakePiece, WriteMidi, tune

ROWS = [
    ["file", "source", "licence", "style"],
    ["a.mid", "mutopia", "CC0-1.0", "game"],
    ["sub/ä.mid", "Größe", "CC-BY-NC", ""],
    ["c.mid", "x, y; z", "Public Domain", ""],
]


def table(sign: str, rows: list[list[str]] = ROWS) -> str:
    return (
        "\r\n".join(sign.join(f'"{c}"' if sign in c else c for c in row) for row in rows) + "\r\n"
    )


WRITTEN = {
    "plain": table(",").encode(),
    "a byte order mark": codecs.BOM_UTF8 + table(",").encode(),
    "semicolons": table(";").encode(),
    "semicolons and a mark": codecs.BOM_UTF8 + table(";").encode(),
    "tabs": table("\t").encode(),
    "bars": table("|").encode(),
    "cp1252": table(";").encode("cp1252"),
    "UTF-16 with tabs": codecs.BOM_UTF16_LE + table("\t").encode("utf-16-le"),
    "UTF-16, the other way round": codecs.BOM_UTF16_BE + table(",").encode("utf-16-be"),
    "Excel's remark": b"sep=;\r\n" + table(";").encode(),
    "everything in quotes": table(",").replace("file,source", '"file","source"').encode(),
    "capitals": table(",").replace("file,source", " File ,SOURCE").encode(),
    "license": table(",").replace("licence", "License").encode(),
    "backslashes": table(",").replace("sub/", ".\\sub\\").encode(),
    "accents apart": table(",").replace("sub/ä", "sub/a\u0308").encode(),
    "old line ends": table(",").replace("\r\n", "\r").encode(),
    "blank lines": ("\n\n" + table(",").replace("\r\n", "\n\n")).encode(),
    "empty columns behind": table(",").replace("\r\n", ",,\r\n").encode(),
    "another order": table(",", [[row[2], row[0], row[3], row[1]] for row in ROWS]).encode(),
}


@pytest.mark.parametrize("name", WRITTEN)
def test_a_table_of_sources_is_read_in_every_dialect(tmp_path: Path, name: str) -> None:
    (tmp_path / "sources.csv").write_bytes(WRITTEN[name])
    found = read_sources(tmp_path / "sources.csv")
    for file, source, licence, style in ROWS[1:]:
        row = found.row(file)
        assert (row["source"], row["licence"], row["style"]) == (source, licence, style)
    assert not found.unmatched


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (table(",").replace("file", "datei").encode(), "no column 'file'.* datei, source, licence"),
        (b"", "no column 'file'.* none"),
        (b"\0\0\0", "no column 'file'"),
        (b"a.mid,CC0\n", "no column 'file'"),
        (b"file,licence\na.mid,CC0\na.mid,CC-BY\n", "line 3: a.mid is in line 2 too"),
        (b'file,licence\n"' + b"x" * 200_000, "line 2: not a table"),
    ],
)
def test_what_is_no_such_table_is_refused(tmp_path: Path, data: bytes, why: str) -> None:
    (tmp_path / "sources.csv").write_bytes(data)
    with pytest.raises(UsageError, match=why):
        read_sources(tmp_path / "sources.csv")
    (tmp_path / "folder").mkdir()
    with pytest.raises(UsageError, match="cannot be read"):
        read_sources(tmp_path / "folder")


@pytest.mark.parametrize("name", ["plain", "a byte order mark", "semicolons", "cp1252", "license"])
def test_the_licence_filter_is_never_silently_off(
    write_midi: WriteMidi,
    tmp_path: Path,
    chipassets: Run,  # noqa: F811
    name: str,
) -> None:
    for seed, file in enumerate(("a.mid", "sub/ä.mid", "c.mid", "d.mid")):
        (tmp_path / "midi/sub").mkdir(parents=True, exist_ok=True)
        write_midi(file, tune(16, 60, seed))
    rows = WRITTEN[name].replace(b"c.mid", b"gone.mid")
    (tmp_path / "midi/sources.csv").write_bytes(rows)
    read = chipassets("train", "corpus", "midi", "-o", "my.corpus", "--jobs", "1")
    assert read.returncode == 0, read.stderr
    assert "sources, line 4: there is no file gone.mid" in read.stdout
    assert "sources: 2 files have no row" in read.stdout
    words = ["train", "dataset", "my.corpus", "-o", "d", "--refuse-licence", "cc by-nc", "--json"]
    made = json.loads(chipassets(*words).stdout)
    assert made["skipped"]["pieces: licence cc by-nc"] == 1
    assert made["licences"] == {"": 2, "CC0-1.0": 1}


@pytest.mark.parametrize(
    ("licence", "refused", "is_out"),
    [
        ("CC-BY-NC", "CC-BY", True),
        ("cc by-nc 4.0", "CC-BY-NC", True),
        ("CC BY 4.0", "CC-BY-NC", False),
        ("CC0-1.0", "CC-BY", False),
        ("", "CC-BY", False),
        ("Public Domain", "public domain", True),
    ],
)
def test_a_licence_is_known_however_it_is_written(
    make_piece: MakePiece, licence: str, refused: str, is_out: bool
) -> None:
    from dataclasses import replace

    piece = replace(make_piece(seed=1), licence=licence)
    assert bool(Selection((refused,)).reason_against(piece)) == is_out


@pytest.mark.skipif(os.name == "nt", reason="file names are text there")
def test_a_name_that_is_no_utf8_costs_nothing(write_midi: WriteMidi, tmp_path: Path) -> None:
    good = write_midi("a.mid", tune(8, 60, 1)).read_bytes()
    folder = os.fsencode(tmp_path / "midi")
    Path(os.fsdecode(folder + b"/\x97E\x8e\xd2.mid")).write_bytes(good[:-20] + good[-20:])
    write_midi("b.mid", tune(8, 60, 2))
    (tmp_path / "midi/a.mid").unlink()
    pieces, told = read_corpus(tmp_path / "midi")
    assert [piece.file for piece in pieces] == ["b.mid", r"\x97E\x8e\xd2.mid"]
    write_corpus(pieces, tmp_path / "my.corpus")
    assert [piece.file for piece in load_corpus(tmp_path / "my.corpus")] == [p.file for p in pieces]
    from chipassets.train.corpus_doctor import write_report

    write_report(told, tmp_path / "report.jsonl")
    assert (tmp_path / "report.jsonl").read_text(encoding="utf-8").count("\n") == 2


CELLS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp"])).map(
    lambda text: " ".join(text.split())
)


@given(
    st.dictionaries(st.sampled_from(["a.mid", "b/c.mid", "ä é.mid"]), st.tuples(CELLS, CELLS)),
    st.sampled_from([",", ";", "\t", "|"]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
)
def test_a_table_comes_back_as_it_was_written(
    tmp_path_factory: pytest.TempPathFactory,
    rows: dict[str, tuple[str, str]],
    sign: str,
    encoding: str,
    quoting: Literal[0, 1],
) -> None:
    path = tmp_path_factory.mktemp("table") / "sources.csv"
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.writer(file, delimiter=sign, quoting=quoting)
        writer.writerow(["file", "source", "licence"])
        writer.writerows([name, *cells] for name, cells in rows.items())
    found = read_sources(path)
    assert found.rows.keys() == rows.keys()
    for name, (source, licence) in rows.items():
        assert found.row(name) == {"file": name, "source": source, "licence": licence}
