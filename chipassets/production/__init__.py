"""One track or all of them through the stages, in worker processes."""
