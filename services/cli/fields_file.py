"""The file of `vanban read --fields`: one JSON line for each scan."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TextIO

from services.core.model import JSON
from services.fields import Hints, Taxonomy, flat_lines, read_documents
from services.ocr import FileRead, compose


@dataclass(frozen=True, slots=True)
class FieldsFile:
    """Where the lines go, and the topics to look for."""

    lines: TextIO
    taxonomy: Taxonomy

    def add(self, result: FileRead) -> None:
        """Write the line of one scan, at once."""
        self.lines.write(json.dumps(fields_of(result, self.taxonomy), ensure_ascii=False) + "\n")
        self.lines.flush()


def fields_of(result: FileRead, taxonomy: Taxonomy) -> Mapping[str, JSON]:
    """Return the flat line of one file (design.md section 8)."""
    name, texts = result.path.name, result.page_texts()
    whole = [(1, len(result.pages))] if result.triage is None and texts else None  # a text is one document
    signatures = result.triage.signatures if result.triage else ()
    found = read_documents(texts, compose, Hints(file_name=name, signatures=signatures), taxonomy, runs=whole)
    return flat_lines(name, len(result.pages), found)
