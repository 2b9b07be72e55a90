"""Break words into lines."""

from __future__ import annotations

from tests.corpus.fonts import Face, advance


def broken(words: list[str], face: Face, size: float, width: float, indent: float) -> list[list[str]]:
    """Break words into lines of a width, the first one indented (points).

    A word with a hyphen may be cut after it, as word processors do; an empty word is a wide space.
    """
    lines: list[list[str]] = [[]]
    space, used = advance(face, size, " "), indent
    for word in words:
        rest = word
        while rest:
            start = used + (space if lines[-1] else 0)
            fits = start + advance(face, size, rest) <= width
            head = rest if fits else _prefix(rest, face, size, width - start)
            if head:
                lines[-1].append(head)
                used = start + advance(face, size, head)
                rest = rest[len(head) :]
            elif not lines[-1]:
                lines[-1].append(rest)
                rest = ""
            if rest:
                lines.append([])
                used = 0.0
        if not word:
            lines[-1].append("")
            used += space
    return lines


def _prefix(word: str, face: Face, size: float, room: float) -> str:
    cuts = [i + 1 for i, letter in enumerate(word[:-1]) if letter == "-" and i > 0]
    fitting = [word[:cut] for cut in cuts if advance(face, size, word[:cut]) <= room]
    return fitting[-1] if fitting else ""
