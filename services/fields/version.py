"""The version of the grammars that make records of words."""

FIELDS_VERSION = "5"
"""Goes up with every change by which the same words give another record: `vanban refresh` then makes them again."""
