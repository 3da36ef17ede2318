"""Shapes of requests and answers, for the OpenAPI document only.

Answers are built as plain dicts, which is much faster than building these models; a test checks an answer against them.
"""

from datetime import date, datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from graduasi_serving.web import examples


class Shape(BaseModel):
    """A closed shape: only the declared members are allowed."""

    model_config = ConfigDict(extra="forbid")


class FaultShape(Shape):
    """One thing that is wrong."""

    pointer: str = Field(description="A JSON pointer into the request; empty for the request as a whole.")
    code: str = Field(description="Stable; act on this.")
    message: str = Field(description="For people. Never holds what was sent.")


class ProblemShape(BaseModel):
    """RFC 9457 problem details."""

    type: str
    title: str
    status: int
    detail: str | None = None
    error: str | None = Field(
        None, description="The code that OAuth clients read (RFC 6749 section 5.2); POST /v1/token only."
    )
    errors: list[FaultShape]


class TokenAnswer(Shape):
    """An access token."""

    access_token: str
    token_type: Literal["Bearer"]
    expires_in: int = Field(description="Seconds.")
    scope: str


class SnapshotShape(Shape):
    """An earlier snapshot of the household."""

    as_of: date
    known_on: date | None = Field(None, description="The day it became known; default: as_of.")
    fields: dict[str, Any]


class EventShape(Shape):
    """Something that happened to the household: graduated, re_entered and so on."""

    event: str
    event_date: date
    known_on: date | None = None


class HouseholdShape(Shape):
    """One household to score. GET /v1/schema/household describes `fields`."""

    household_id: str = Field(
        min_length=1, max_length=100, description="Opaque. Never an identity number: 16 digits are refused."
    )
    as_of: date = Field(description="The day the fields describe.")
    mentor_id: str | None = None
    area_code: str | None = None
    scored_on: date | None = Field(
        None, description="The day to score for; default: today. Decides whether the data are stale."
    )
    fields: dict[str, Any] = Field(description="null: not known. Left out: not sent. 0 is a value.")
    history: list[SnapshotShape] | None = None
    events: list[EventShape] | None = None


class ScoresRequest(Shape):
    """Households to score together; the fault of one does not fail the others."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.REQUEST]})
    households: list[HouseholdShape] = Field(min_length=1, max_length=100)


class IntervalShape(Shape):
    """The interval around the score, and how often such intervals are right."""

    low: float
    high: float
    coverage: float


class BlockingShape(Shape):
    """A floor rule that does not hold or is unknown, or a protection that holds or is unknown."""

    code: str
    state: Literal["met", "unmet", "unknown"]
    message: str


class FloorShape(Shape):
    """Whether every basic condition is known to hold, and what stands in the way."""

    passed: bool
    blocking: list[BlockingShape]


class ReasonShape(Shape):
    """What one field adds to the margin."""

    feature: str
    kind: str
    direction: Literal["helps", "hinders"]
    contribution: float
    value: str | None
    text: str


class ReferralShape(Shape):
    """An empowerment programme the household may be referred to."""

    code: str
    name: str
    why: str


class RelapseShape(Shape):
    """How likely a graduate like this family is to need aid again within the programme's months, with its interval."""

    risk: float
    low: float | None = Field(description="null for a model whose interval was not tested.")
    high: float | None


class FarNumberShape(Shape):
    """A number far from anything that training saw: more likely a mistake than a family. It should be checked."""

    field: str
    side: Literal["above", "below"]
    value: str
    limit: str = Field(description="What it lies above or below, in the field's own unit.")
    text: str


class ScoredShape(Shape):
    """A household's score: a forecast of what it will earn without aid, not of what withdrawing aid does to it."""

    household_id: str
    status: Literal["success"]
    score: float
    score_interval: IntervalShape | None = Field(
        description="Where the rate among families like this one lies, in a period like those seen; null for a model whose interval was not tested."
    )
    margin: float = Field(description="Log-odds: base_margin + the sum of reasons' contributions + other_contribution.")
    base_margin: float
    band: Literal["protected", "stale", "unsure", "ready", "nearly", "not_yet"]
    band_label: str
    floor: FloorShape
    reasons: list[ReasonShape]
    other_contribution: float
    relapse: RelapseShape | None = Field(
        description="null where the family is unlike any graduate, or too few graduated to learn from."
    )
    is_complete: bool
    missing_fields: list[str]
    far_numbers: list[FarNumberShape]
    warnings: list[str]
    referrals: list[ReferralShape]
    score_id: str
    calculated_at: datetime
    valid_until: date = Field(description="After this day the data are stale.")


class FailedShape(Shape):
    """A household that could not be scored, with every reason."""

    household_id: str | None
    status: Literal["error"]
    errors: list[FaultShape]


class ScoresAnswer(Shape):
    """One result for each household, in the order of the request."""

    model_version: str
    dictionary_version: str
    results: list[ScoredShape | FailedShape]


class ModelShape(Shape):
    """A loaded model."""

    version: str
    is_default: bool
    digest: str
    dictionary: str
    programme: str
    bands: dict[str, float]


class ModelDetail(ModelShape):
    """A loaded model with its card and what its manifest says."""

    about: dict[str, Any]
    card: str


class ModelsAnswer(Shape):
    """What is loaded."""

    models: list[ModelShape]


class LiveAnswer(Shape):
    """The process answers."""

    status: Literal["live"]


class ReadyAnswer(Shape):
    """Requests can be served."""

    status: Literal["ready"]
    model_version: str | None = Field(description="null: no model is loaded, and none was asked for.")


_PROBLEM_CONTENT = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/ProblemShape"}}}
FAULT_STATUSES = {
    400: "Not JSON, a repeated key or header, NaN, or a wrong grant.",
    401: "No valid token, or unknown client.",
    403: "The token lacks the scope.",
    404: "No such model version is loaded.",
    413: "Too many bytes or households.",
    415: "A compressed body; send it as it is.",
    422: "Well formed, but not what is documented.",
    503: "Something the service needs is missing; see Retry-After.",
}
"""Every status of a fault that an operation documents, and when it is sent."""


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The answers of an operation to faults in the OpenAPI document: those of its own, and one for all others, such as 405."""
    own: dict[int | str, dict[str, Any]] = {
        status: {"description": FAULT_STATUSES[status], "content": _PROBLEM_CONTENT} for status in statuses
    }
    return {**own, "default": {"description": "Any other fault.", "content": _PROBLEM_CONTENT}}


def success(
    example: dict[str, Any], *, shape: type[BaseModel] | None = None, media_type: str = "application/json"
) -> dict[int | str, dict[str, Any]]:
    """An operation's 200 in the OpenAPI document: an example, and the shape if the answer has a fixed one."""
    content: dict[str, Any] = {"example": example}
    if shape is None:
        return {200: {"content": {media_type: {**content, "schema": {"type": "object"}}}}}
    return {200: {"model": shape, "content": {media_type: content}}}
