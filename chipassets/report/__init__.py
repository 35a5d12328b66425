"""The report: a bundle, or the change from one bundle to another, as one page to look at and hear."""

from __future__ import annotations

from chipassets.report.page import report

__all__ = ["report"]
