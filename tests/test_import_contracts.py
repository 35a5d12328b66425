from __future__ import annotations

from pathlib import Path

import pytest
from grimp import ImportGraph
from importlinter.cli import EXIT_STATUS_SUCCESS, lint_imports

from ci.contracts import OnlyContract

ROOT = Path(__file__).parents[1]


def test_the_import_contracts_are_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    # Its own configuration switches off the loggers that other tests listen to.
    monkeypatch.setattr("importlinter.cli._configure_logging", lambda _verbose: None)
    status = lint_imports(cache_dir=str(tmp_path))
    assert status == EXIT_STATUS_SUCCESS, capsys.readouterr().out


@pytest.mark.parametrize(
    ("imported", "is_kept"),
    [("game.parts", True), ("json", True), ("pygame", True), ("numpy", False), ("tool", False)],
)
def test_a_package_imports_only_what_is_allowed(imported: str, is_kept: bool) -> None:
    graph = ImportGraph()
    for module in {"game", "game.player", "game.parts", imported}:
        graph.add_module(module)
    graph.add_import(importer="game.player", imported=imported)
    contract = OnlyContract(
        name="only",
        session_options={},
        contract_options={"package": "game", "allowed": ["pygame"]},
    )
    assert contract.check(graph, verbose=False).kept is is_kept
