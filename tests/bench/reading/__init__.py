"""Reading beside the bare loop: `python -m tests.bench.reading`."""
