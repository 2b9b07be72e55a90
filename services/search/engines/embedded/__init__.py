"""The embedded engine: tantivy over files of the data directory. The only package that knows tantivy."""

from services.search.engines.embedded.engine import EmbeddedEngine

__all__ = ["EmbeddedEngine"]
