"""The main job, end to end, for somebody who looks on: `make demo`."""
