"""From the manifest, flags and defaults to the frozen plan, and the plan as text."""

from __future__ import annotations

from chipassets.resolve.build_plan import resolve
from chipassets.resolve.plan_text import plan_to_json, plan_to_text

__all__ = ["plan_to_json", "plan_to_text", "resolve"]
