"""What corrections taught: names that people put in the place of what was read, for the next document that reads so.

A reading is known by its letters and marks, a name of an office also by what it was taken for, since many provinces
print the same words. A reading that people corrected in two ways teaches nothing.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from services.core.model import Alias
from services.core.text import squeeze

TAUGHT = "corrections"
"""The witness of a value that was taken from an alias."""


@dataclass(frozen=True, slots=True)
class Learnt:
    """Aliases by kind and reading; `version` changes with what they say and is empty where there are none."""

    aliases: Mapping[tuple[str, str], Alias] = field(default_factory=dict)
    version: str = ""

    @classmethod
    def of(cls, aliases: Iterable[Alias]) -> "Learnt":
        """Take those that do not contradict each other."""
        ways: dict[tuple[str, str], list[Alias]] = defaultdict(list)
        for alias in aliases:
            ways[alias.kind, alias.reading].append(alias)
        agreed = {key: found[0] for key, found in ways.items() if len(found) == 1}
        said = sorted((*key, a.name, a.parent or "", a.sure) for key, a in agreed.items())
        return cls(agreed, hashlib.sha256(repr(said).encode()).hexdigest()[:12] if said else "")

    def issuer(self, name: str, issuer_id: str | None) -> Alias | None:
        """Return what people made of an issuer that is read so."""
        return self.aliases.get(("issuer", issuer_reading(name, issuer_id)))

    def signer(self, name: str) -> Alias | None:
        """Return what people made of a signer's name that is read so."""
        return self.aliases.get(("signer", signer_reading(name)))


NOTHING = Learnt()


def issuer_reading(name: str, issuer_id: str | None) -> str:
    """Return what a reading of an issuer is known by."""
    return f"{squeeze(name).casefold()} | {issuer_id or ''}"


def signer_reading(name: str) -> str:
    """Return what a reading of a signer's name is known by."""
    return squeeze(name).casefold()
