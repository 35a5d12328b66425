"""The report: a bundle, or what changed since another, as one page to look at and to hear."""

from __future__ import annotations

from chipassets.report.markdown import compare_markdown
from chipassets.report.page import report

__all__ = ["compare_markdown", "report"]
