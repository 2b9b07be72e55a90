"""The answer of a search in the form that leaves the house: JSON, `--json` and the HTML pages read the same models."""

from typing import Literal

from pydantic import ConfigDict, Field

from services.core.model import Kind, Model, PartialDate, Topic
from services.search.types import Marks, Tier


class Piece(Model):
    """A stretch of a snippet; `hit` is true for what the query meant."""

    text: str
    hit: bool = False


class PageHit(Model):
    """Where a document's page answers the query; boxes are in PDF points, origin top left, (x0, y0, x1, y1)."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        json_schema_extra={
            "example": {
                "number": 2,
                "snippet": [
                    {"text": "… khẩn trương tổ chức ", "hit": False},
                    {"text": "tiêm vắc xin", "hit": True},
                    {"text": " ngay khi được phân bổ …", "hit": False},
                ],
                "boxes": [[86.4, 310.2, 110.9, 323.0], [114.1, 310.2, 132.8, 323.0]],
            }
        },
    )

    number: int = Field(description="Number of the page in its source, from 1.")
    snippet: tuple[Piece, ...] = ()
    boxes: tuple[tuple[float, float, float, float], ...] = ()


class IssuerName(Model):
    """The issuing body of a hit; `id` is a value of the issuer facet."""

    id: str | None = None
    name: str


class Hit(Model):
    """One document found.

    `tier` tells why it is there: `symbol` (its symbol, or one it cites, was asked for), `exact` (as typed), `tone` (the
    same letters with other tones), `folded` (the same without marks), `near` (one letter off).
    """

    id: str
    score: float
    tier: Tier
    symbol: str | None = None
    kind: Kind | None = None
    issuer: IssuerName | None = None
    issued_on: PartialDate | None = None
    subject: str | None = None
    topics: tuple[Topic, ...] = ()
    signer: str | None = None
    state: str | None = None
    through: tuple[str, ...] = Field(
        default=(),
        description="The name of many, by which a body asked for under `addressee` or `assignee` is meant here.",
        examples=[["Các sở, ban, ngành tỉnh"]],
    )
    pages: tuple[PageHit, ...] = ()
    page_count: int = 0
    file_name: str | None = None
    external_id: str | None = None
    links: dict[str, str] = Field(default_factory=dict)


class FacetValue(Model):
    """A value of a facet and how many documents have it; in a tree the value is a path, `y-te/tiem-chung`."""

    value: str
    label: str
    count: int
    selected: bool = False


class FacetPage(Model):
    """A part of the values of one facet, most frequent first."""

    facet: str
    total: int = Field(description="How many values there are, of those that `prefix` lets through.")
    values: tuple[FacetValue, ...] = ()
    next: int | None = Field(default=None, description="`offset` of the values that follow, null where none do.")


class UnderstoodPart(Model):
    """A part of the query that was read as more than words; `q` without it takes it off.

    `how`: `phrase` (these words, one after the other), `excluded` (documents must not have it), `filter` (they must),
    `boost` (those that have it come first, none is left out).
    """

    how: Literal["phrase", "excluded", "filter", "boost"]
    field: str | None = Field(
        default=None,
        description="The parameter of the same name; `issued` for a date in words; null for words and phrases.",
    )
    value: str = Field(description="As the parameter takes it; dates as an ISO 8601 interval, open ends as `..`.")
    label: str = Field(description="The value in words.")
    start: int = Field(description="Where the part begins in `q`, in characters from 0.")
    end: int
    without: str = Field(description="`q` without this part; of a phrase the words stay.")


class Understood(Model):
    """How the query was read: what was done with it that the words alone do not say."""

    marks: Literal["wish", "strict", "none"] = Field(
        description="wish: typed marks raise documents; strict: they are required; none: the query carries no mark."
    )
    symbol: str | None = Field(default=None, description="The symbol that the query names, as it was understood.")
    phrases: tuple[str, ...] = ()
    excluded: tuple[str, ...] = Field(default=(), description="Words and phrases that documents must not have.")
    parts: tuple[UnderstoodPart, ...] = Field(
        default=(), description="What was read out of the query, in its order; `literal=1` turns all of it off."
    )
    synonyms: dict[str, tuple[str, ...]] = Field(default_factory=dict, description="What was searched for besides.")
    near: dict[str, tuple[str, ...]] = Field(
        default_factory=dict, description="Syllables that occur nowhere, and those one letter off used instead."
    )
    cut: bool = Field(default=False, description="Only the first part of a very long query was used.")


class DidYouMean(Model):
    """Another query that the archive's own words suggest, and how many documents it finds under the same filters."""

    q: str = Field(description="The query to ask instead.", examples=["tiêm chủng"])
    total: int = Field(description="How many documents it finds.", examples=[12])


class AskedQuery(Model):
    """The query as asked and as understood."""

    q: str
    marks: Marks = "wish"
    understood: Understood
    did_you_mean: DidYouMean | None = Field(
        default=None,
        description="Where a word occurs nowhere, or nowhere beside its neighbours, and another is probably meant.",
    )


class SearchPage(Model):
    """One page of results."""

    query: AskedQuery
    total: int = Field(description="How many documents match, exactly.")
    took_ms: float = Field(description="Milliseconds from the call to the answer, marks included.")
    hits: tuple[Hit, ...] = ()
    facets: dict[str, tuple[FacetValue, ...]] = Field(default_factory=dict)
    next: str | None = Field(default=None, description="Cursor of the next page, null on the last one.")


class DocumentMarks(Model):
    """All pages of one document that answer a query, by page number; `cut` when there were more than are listed."""

    document_id: str
    q: str
    pages: tuple[PageHit, ...] = ()
    cut: bool = False
