"""What stood in quotation marks (pure): found by its positions, with its marks where it was typed with marks."""

from collections.abc import Sequence
from itertools import pairwise

from services.core.text import folded_form, has_marks
from services.search.analysis import EXACT_PAIRS, PAIR, exactly
from services.search.types import Need, Phrase, Term


def phrase_need(phrase: Sequence[str], *, strict: bool, marks: bool = True) -> Need:
    """Make the need of a phrase, given in exact forms: the folded syllables one after the other in the text.

    Where any carries a mark, or with `strict`, each two neighbours must also stand somewhere in the document exactly
    as typed. Only folded streams have positions, so a document passes wrongly where it has the phrase
    with other marks and each exact pair somewhere else; a phrase of two syllables is its pair, and exact.
    Without `marks` those that were typed ask for nothing.
    """
    exact = strict or (marks and any(map(has_marks, phrase)))
    if len(phrase) == 1:
        return Need(((exactly(phrase[0]) if exact else frozenset({Term("all_f", folded_form(phrase[0]))}),),))
    pairs = dict.fromkeys(map(PAIR.join, pairwise(phrase))) if exact else ()
    found = Phrase(tuple(map(folded_form, phrase)))
    return Need(((found, *(frozenset(Term(stream, pair) for stream in EXACT_PAIRS) for pair in pairs)),))
