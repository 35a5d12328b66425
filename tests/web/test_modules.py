"""The JavaScript that ships is made of the modules in web/, and of these as they are now."""

from __future__ import annotations

from pathlib import Path

import pytest

from web.bundle import bundle, stale


def test_the_bundled_scripts_are_up_to_date() -> None:
    assert stale() == [], "run python web/bundle.py"


def write(folder: Path, **modules: str) -> Path:
    for name, text in modules.items():
        (folder / f"{name}.js").write_text(text)
    return folder / "entry.js"


def test_modules_come_once_and_before_those_that_use_them(tmp_path: Path) -> None:
    entry = write(
        tmp_path,
        entry='/* Head. */\nimport { one } from "./a.js";\nimport {\n  two,\n} from "./b.js";\n'
        "one(two);\n",
        a='import { two } from "./b.js";\nexport function one() {\n  return two;\n}\n',
        b="/** Kept. */\nexport const two = 2;\n",
    )
    assert bundle(entry) == (
        '/* Head. */\n(function () {\n  "use strict";\n\n  /** Kept. */\n  const two = 2;\n\n'
        "  function one() {\n    return two;\n  }\n\n  one(two);\n})();\n"
    )


@pytest.mark.parametrize(
    ("a", "b", "why"),
    [
        ("export const x = 1;\n", "const x = 2;\n", "both declare x"),
        ('import { y } from "./b.js";\n', 'import { x } from "./a.js";\n', "imports itself"),
        ("export default 1;\n", "", "export default 1;' is not understood"),
        ('import x from "howler";\n', "", "is not understood"),
        ("const x = 1;\nexport { x };\n", "", "is not understood"),
    ],
)
def test_modules_that_cannot_be_bundled_are_refused(
    tmp_path: Path, a: str, b: str, why: str
) -> None:
    entry = write(
        tmp_path,
        entry='/* Head. */\nimport { x } from "./a.js";\nimport { y } from "./b.js";\n',
        a=a,
        b=b,
    )
    with pytest.raises(ValueError, match=why):
        bundle(entry)
