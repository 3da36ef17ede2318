"""Made-up rows of a scores file, and the lists made of them."""

from datetime import date

import pyarrow as pa

from graduasi.lists.ranking import build_lists
from graduasi.scoring.scores import SCORES
from tests.made_up.small_programme import DECLARED

REASONS = [
    {"feature": "work", "kind": "lever", "direction": "helps", "contribution": 0.4, "value": "regular"},
    {"feature": "income_idr", "kind": "lever", "direction": "hinders", "contribution": -0.3, "value": "900000"},
]
TODAY = date(2026, 11, 27)
CHANCES = {"score_low": 0.4, "score_high": 0.6, "relapse_risk": 0.25, "relapse_low": 0.1, "relapse_high": 0.5}


def scored(household_id, band="ready", score=0.5, *, mentor="M1", **changes):
    """A row of a scores file, without interval and relapse risk unless `changes` give them."""
    row = dict.fromkeys(SCORES.names)
    row |= {
        "household_id": household_id, "as_of": date(2026, 10, 1), "mentor_id": mentor, "area_code": "32.01", "score": score, "margin": 0.0,
        "base_margin": 0.0, "band": band, "floor_passed": band == "ready", "blocking": [], "is_complete": True, "missing_fields": [], "flags": [],
        "reasons": REASONS, "other_contribution": 0.0, "model_version": "small-1-abc", "eligible_referrals": ["PENA"],
        "unknown_rules": [], "far_numbers": [], "earlier_values": [], "further_reasons": [], "flag_values": [], "themes": [],
    }  # fmt: skip
    return row | changes


def lists_of(*rows, quota=3, used=None, language="en"):
    scores = pa.Table.from_pylist(list(rows), schema=SCORES)
    return build_lists(scores, declarations=DECLARED, quota=quota, used=used or {}, language=language, today=TODAY)


def list_of(*rows, **options):
    """The list of the only mentor in `rows`."""
    (mentor,) = lists_of(*rows, **options)
    return mentor
