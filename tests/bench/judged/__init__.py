"""The judged set: short queries as officials type them, pooled documents graded by reading (docs/relevance.md)."""
