"""Examples for the OpenAPI document and for /docs, the page made from it.

Tests check that each example has its documented shape, and that the household is one the PKH programme scores. The
household is made up.
"""

from typing import Any

HOUSEHOLD: dict[str, Any] = {
    "household_id": "KPM-0001",
    "as_of": "2026-09-30",
    "fields": {"receives_pkh": True, "income_excl_aid_pc_idr": 520_000, "head_work_status": "own_account", "missed_meals": False, "savings_idr": None},
}  # fmt: skip
LATER: dict[str, Any] = {"household_id": "KPM-0002", "as_of": "2099-12-31", "fields": {"receives_pkh": True}}
REQUEST: dict[str, Any] = {"households": [HOUSEHOLD, LATER]}

_SCORED: dict[str, Any] = {
    "household_id": "KPM-0001",
    "status": "success",
    "score": 0.18,
    "score_interval": {"low": 0.13, "high": 0.25, "coverage": 0.9},
    "margin": -1.52,
    "base_margin": -2.1,
    "band": "unsure",
    "band_label": "Not enough data",
    "floor": {
        "passed": False,
        "blocking": [
            {"code": "HAS_TOILET", "state": "unknown", "message": "The family has its own or a shared toilet"}
        ],
    },
    "reasons": [
        {
            "feature": "income_excl_aid_pc_idr",
            "kind": "lever",
            "direction": "helps",
            "contribution": 0.61,
            "value": "520000",
            "text": "Income without aid is Rp520,000 a person a month.",
        }
    ],
    "other_contribution": -0.03,
    "relapse": {"risk": 0.28, "low": 0.2, "high": 0.39},
    "is_complete": False,
    "missing_fields": ["savings_idr", "toilet"],
    "far_numbers": [],
    "warnings": [],
    "referrals": [],
    "score_id": "3f0c1f0e-7a53-4f0e-9d57-6f2d2c1f7c11",
    "calculated_at": "2026-11-24T03:00:00Z",
    "valid_until": "2027-03-29",
}
_FAILED: dict[str, Any] = {
    "household_id": "KPM-0002",
    "status": "error",
    "errors": [
        {
            "pointer": "/households/1/as_of",
            "code": "not_known_yet",
            "message": "as_of: not later than scored_on (default: today); nobody knows a later day.",
        }
    ],
}
SCORES: dict[str, Any] = {
    "model_version": "pkh-2026.11-3b1f0c9a5d2e",
    "dictionary_version": "2026.11",
    "results": [_SCORED, _FAILED],
}

TOKEN: dict[str, Any] = {
    "access_token": "eyJhbGciOiJIUzI1NiIs…",
    "token_type": "Bearer",
    "expires_in": 3600,
    "scope": "score:write",
}

_MODEL: dict[str, Any] = {
    "version": "pkh-2026.11-3b1f0c9a5d2e",
    "is_default": True,
    "digest": "3b1f0c9a5d2e…",
    "dictionary": "pkh 2026.11",
    "programme": "pkh 2026.11",
    "bands": {"ready": 0.4, "nearly": 0.2},
}
MODELS: dict[str, Any] = {"models": [_MODEL]}
MODEL: dict[str, Any] = {**_MODEL, "about": {"made_by": "graduasi train"}, "card": "# Model card\n…"}

LIVE: dict[str, Any] = {"status": "live"}
READY: dict[str, Any] = {"status": "ready", "model_version": "pkh-2026.11-3b1f0c9a5d2e"}
HOUSEHOLD_SCHEMA: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "properties": {"work": {"title": "…", "type": ["string", "null"], "enum": ["none", "casual", "regular", None]}},
}
