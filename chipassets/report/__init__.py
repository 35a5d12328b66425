"""The report: a bundle, or what changed since another, as a page to look at and to hear."""

from __future__ import annotations

from chipassets.report.markdown import compare_markdown
from chipassets.report.page import report, write_report

__all__ = ["compare_markdown", "report", "write_report"]
