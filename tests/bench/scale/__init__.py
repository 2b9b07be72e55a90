"""The archive at 100,000 documents: `python -m tests.bench.scale`."""
