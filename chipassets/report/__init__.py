"""The report: a bundle, or what changed since another, as one page to look at and to hear."""

from __future__ import annotations

from chipassets.report.page import report

__all__ = ["report"]
