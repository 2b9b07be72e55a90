"""The version of the reading pipeline, in one place."""

PIPELINE_VERSION = "12"
"""Raise it when the same page image would give other words: kept page results are keyed by it."""
