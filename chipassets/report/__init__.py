"""The report: a page on a bundle, or on what changed since another bundle."""

from __future__ import annotations

from chipassets.report.markdown import compare_markdown
from chipassets.report.page import report, write_report

__all__ = ["compare_markdown", "report", "write_report"]
