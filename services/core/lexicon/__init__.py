"""The lexicon: what is known of Vietnamese syllables and how often they follow each other (README.md beside this)."""

from services.core.lexicon.build import build
from services.core.lexicon.file import write_tables
from services.core.lexicon.model import Lexicon, load_lexicon

__all__ = ["Lexicon", "build", "load_lexicon", "write_tables"]
