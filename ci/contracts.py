"""A contract of import-linter: what a package may import, where the others say what it may not."""

from __future__ import annotations

import sys
from typing import cast

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output


class OnlyContract(Contract):
    """The modules of a package import each other, the standard library and what is listed."""

    type_name = "only"

    package = fields.StringField()
    allowed = fields.SetField(subfield=fields.StringField(), required=False)

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:  # noqa: ARG002
        """Return whether it is kept, and each import that breaks it."""
        package = str(self.package)
        allowed = {*sys.stdlib_module_names, *cast("set[str]", self.allowed or ())}
        strangers = sorted(
            (module, imported)
            for module in {package, *graph.find_descendants(package)}
            for imported in graph.find_modules_directly_imported_by(module)
            if imported != package
            and not imported.startswith(f"{package}.")
            and imported.split(".")[0] not in allowed
            and imported not in allowed
        )
        return ContractCheck(kept=not strangers, metadata={"strangers": strangers})

    def render_broken_contract(self, check: ContractCheck) -> None:
        """Print each import that breaks the contract."""
        for module, imported in check.metadata["strangers"]:
            output.print_error(f"{module} imports {imported}, which {self.package} may not import")
