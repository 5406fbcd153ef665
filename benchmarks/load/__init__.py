"""Many people at once on the real server: `python -m benchmarks.load`."""
