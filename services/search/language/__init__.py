"""The query language: what a query says beside its words (docs/search.md). Pure; nothing typed is an error."""

from services.search.language.asked import Asked, Found, understand

__all__ = ["Asked", "Found", "understand"]
