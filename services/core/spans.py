"""The spans of a clean text as four arrays: a document of 2,000 pages has a million, too many to be objects."""

from array import array
from collections.abc import Iterable, Iterator, Sequence
from typing import overload

from services.core.model import Span


class Spans(Sequence[Span]):
    """Spans by their columns; each becomes a `Span` when it is looked at. Equal to any sequence of the same spans."""

    def __init__(self, starts: Iterable[int], ends: Iterable[int], pages: Iterable[int], words: Iterable[int]) -> None:
        """Take the columns; ValueError when they differ in length, OverflowError for a negative number."""
        self.starts, self.ends = array("I", starts), array("I", ends)
        self.pages, self.words = array("I", pages), array("I", words)
        if not len(self.starts) == len(self.ends) == len(self.pages) == len(self.words):
            raise ValueError("columns of different lengths")

    @classmethod
    def of(cls, spans: Sequence[Span]) -> "Spans":
        """Return the spans in this form."""
        if isinstance(spans, Spans):
            return spans
        return cls(
            (s.start for s in spans), (s.end for s in spans), (s.page for s in spans), (s.word for s in spans)
        )  # fmt: skip

    def __len__(self) -> int:
        return len(self.starts)

    @overload
    def __getitem__(self, at: int) -> Span: ...
    @overload
    def __getitem__(self, at: slice) -> "Spans": ...
    def __getitem__(self, at: int | slice) -> "Span | Spans":
        """Return one span, or some."""
        if isinstance(at, slice):
            return Spans(self.starts[at], self.ends[at], self.pages[at], self.words[at])
        return Span(self.starts[at], self.ends[at], self.pages[at], self.words[at])

    def __iter__(self) -> Iterator[Span]:
        return map(Span, self.starts, self.ends, self.pages, self.words)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sequence):
            return NotImplemented
        return len(self) == len(other) and all(a == b for a, b in zip(self, other, strict=True))

    def __hash__(self) -> int:
        return hash(tuple(self))
