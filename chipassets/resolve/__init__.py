"""From the manifest, flags and defaults to the frozen plan, and the plan as text."""
