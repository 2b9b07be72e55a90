"""Topics: an editable taxonomy file, cue phrases with weights, and what they find in a document."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from services.core.model import CleanText, Record, Topic


@dataclass(frozen=True, slots=True)
class Taxonomy:
    """The topics of an archive (a YAML file); `services/fields/taxonomy.yaml` unless another one is given."""

    labels: dict[str, str]

    @classmethod
    def load(cls, path: Path | None = None) -> Taxonomy:
        """Read a taxonomy file; SettingsError says what is wrong with it."""
        return cls(labels={})

    def assign(self, record: Record, clean: CleanText) -> tuple[Topic, ...]:
        """Return the topics of a document, best first; nothing is read again for it."""
        return ()
