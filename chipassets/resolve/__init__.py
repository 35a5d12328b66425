"""From the manifest, flags and defaults to the frozen plan, and the plan as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chipassets.lazy import offering

if TYPE_CHECKING:
    from chipassets.resolve.build_plan import resolve
    from chipassets.resolve.plan_json import plan_to_json
    from chipassets.resolve.plan_text import plan_to_text

__all__ = ["plan_to_json", "plan_to_text", "resolve"]

__getattr__ = offering(
    __name__,
    {"plan_to_json": "plan_json", "plan_to_text": "plan_text", "resolve": "build_plan"},
)
