"""programme.toml: the programme's rules as data.

Who is in the cohort, what "ready" means as a label, what must hold before a family is proposed (floor), who is never
listed (protected), the bands of the score, and where a family may be referred.
"""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Tag, field_validator
from pydantic import Field as Key

from graduasi.declarations.conditions import Condition
from graduasi.declarations.dictionary import Dictionary
from graduasi.declarations.toml import Declared, build, read_toml
from graduasi.errors import DeclarationError


class Header(Declared):
    """The [programme] table. `ends` and `returns` name events: after an end, a household is out until a return."""

    name: str
    version: str
    quota_per_mentor: int = Key(ge=1)
    max_data_age_days: int = Key(ge=1)
    ends: tuple[str, ...] = ()
    returns: tuple[str, ...] = ()


class SnapshotsLabel(Declared):
    """Ready when `rules` hold at `hold` consecutive snapshots, of which the first comes `after` snapshots later.

    Visits are counted, so this is for panels in which every family is visited at the same fixed rhythm: where ready
    families are visited less often, their windows end later, and recent rows hold too few of them. See PeriodLabel.
    """

    kind: Literal["snapshots"]
    name: str
    after: int = Key(ge=1)
    hold: int = Key(ge=1)
    rules: tuple[Condition, ...] = Key(min_length=1)
    within_months: int | None = Key(default=None, ge=1)


class PeriodLabel(Declared):
    """Ready when `rules` hold at every visit from `after_months` after the as-of date until `hold_months` later.

    Each end is the visit nearest to it, at most `tolerance_months` away; below half of `hold_months`, no visit can be both
    ends. With `hold_months = 0` there is one end, and so one visit. Whoever was not visited near an end has no label. For
    both outcomes alike it is known when the last end and its tolerance are over and visits of that day are usually reported.
    """

    kind: Literal["snapshots"]
    name: str
    after_months: int = Key(ge=1)
    hold_months: int = Key(ge=0)
    tolerance_months: int = Key(ge=0)
    rules: tuple[Condition, ...] = Key(min_length=1)


class EventLabel(Declared):
    """Ready when `event` comes within `within_months` and no `undone_by` event follows it within `undone_within_months`.

    A household for which a `competing` event comes first is never counted as ready.
    """

    kind: Literal["event"]
    name: str
    event: str
    within_months: int = Key(ge=1)
    undone_by: tuple[str, ...] = ()
    undone_within_months: int = Key(default=0, ge=0)
    competing: tuple[str, ...] = ()


class ColumnLabel(Declared):
    """Ready when a boolean outcome column of the panel says so.

    `known_after_months` is how far ahead of its row the column looks: it is known so long after the row is, and after
    the column's `lag_days`. None only in bundles of versions that did not ask; nothing is learned from such a label.
    """

    kind: Literal["column"]
    name: str
    column: str
    known_after_months: int | None = Key(default=None, ge=0)


PERIOD_KEYS = frozenset({"after_months", "hold_months", "tolerance_months"})


def _label_tag(table: Any) -> str:
    """Which label a parsed table declares: its kind, or "period" for a snapshots label that gives months."""
    kind = table.get("kind") if isinstance(table, dict) else getattr(table, "kind", None)
    keys = table if isinstance(table, dict) else type(table).model_fields
    return "period" if kind == "snapshots" and not PERIOD_KEYS.isdisjoint(keys) else str(kind)


Label = Annotated[
    Annotated[SnapshotsLabel, Tag("snapshots")]
    | Annotated[PeriodLabel, Tag("period")]
    | Annotated[EventLabel, Tag("event")]
    | Annotated[ColumnLabel, Tag("column")],
    Discriminator(_label_tag),
]


class Rule(Declared):
    """Conditions with a code and a sentence in each language: a floor, a protection or a flag.

    `text` says that the rule holds. For a floor, `unmet` says in its own words that it does not ("The floor of the home is still
    earth"); for a floor or a protection, `unknown` that nobody knows. Without them `text` is put into a general sentence. The first
    condition of a flag with `past` is on a number of months from the visit: {month} in its texts is the month in which they
    end, and `past` is told once that month is over.
    """

    code: str
    text: dict[str, str]
    unmet: dict[str, str] | None = None
    unknown: dict[str, str] | None = None
    past: dict[str, str] | None = None
    rules: tuple[Condition, ...] = Key(min_length=1)
    source: str | None = None
    needs_check: bool = False


class Harm(Declared):
    """When a listed family counts as harmed: when `rules` hold; without rules, when it left and had to re-enter."""

    rules: tuple[Condition, ...] = ()


class Bands(Declared):
    """Scores from which a visit is worth making. They never decide a graduation: a person does, after the visit."""

    ready: float = Key(gt=0, lt=1)
    nearly: float = Key(gt=0, lt=1)


class Evaluation(Declared):
    """How a model is evaluated: groups to report, temporal folds, months between as-of dates, and an embargo.

    The embargo is in months before a test date: what is dated or became known in them is not learned from.
    """

    groups: tuple[str, ...] = ()
    folds: int = Key(default=3, ge=1)
    every_months: int | None = Key(default=None, ge=1)
    embargo_months: int = Key(default=0, ge=0)


class Drift(Declared):
    """Limits for drift. An alarm needs a limit that is passed, and a difference that chance would not make.

    `psi` and `ks` apply to one field or to the score. `missing_change` and `unseen_share` are shares of households.
    `calibration_gap` is the observed rate minus the mean score. `calibration_slope` is the lowest slope allowed; the
    highest is its inverse.
    """

    psi: float = Key(default=0.25, gt=0)
    ks: float = Key(default=0.2, gt=0, lt=1)
    missing_change: float = Key(default=0.1, gt=0, lt=1)
    unseen_share: float = Key(default=0.01, gt=0, lt=1)
    calibration_gap: float = Key(default=0.05, gt=0, lt=1)
    calibration_slope: float = Key(default=0.6, gt=0, lt=1)
    significance: float = Key(default=0.001, gt=0, le=0.05)
    min_rows: int = Key(default=200, ge=30)


class Promotion(Declared):
    """Limits that a model must keep to be promoted (docs/decisions/0010-promotion-gates.md has a source for each default)."""

    max_loss: float = Key(default=0.02, ge=0, lt=1)
    precise_within: float = Key(default=0.05, gt=0, lt=1)
    calibration_slope_min: float = Key(default=0.6, gt=0, le=1)
    calibration_slope_max: float = Key(default=1.6, ge=1)
    max_listed_gap: float = Key(default=0.1, gt=0, lt=1)
    max_recall_gap_growth: float = Key(default=0.1, ge=0, lt=1)


class Referral(Declared):
    """An empowerment programme, and when it may help: with the levers that hold a family back, with unmet floor `conditions`

    (their codes), or, `for_ready`, with living without aid.
    """

    code: str
    name: dict[str, str]
    levers: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()
    for_ready: bool = False
    rules: tuple[Condition, ...] = ()
    source: str | None = None
    needs_check: bool = False


class Muted(Declared):
    """A finding of `check` and `train` that is not to be said again, and why not: the card keeps the reason.

    With `about`, only where that field, label or other name fills in its sentence. What a gate refuses cannot be muted.
    """

    code: str = Key(pattern=r"^GRD\d{3}$")
    reason: str
    about: str | None = None

    @field_validator("reason")
    @classmethod
    def _is_in_words(cls, reason: str) -> str:
        if not any(character.isalpha() for character in reason):
            raise ValueError("say in words why the finding is not to be said again; the card keeps it")
        return reason


class Tables(Declared):
    """Every table of the file."""

    programme: Header
    labels: tuple[Label, ...] = Key(min_length=1)
    bands: Bands
    cohort: tuple[Condition, ...] = ()
    floor: tuple[Rule, ...] = ()
    protected: tuple[Rule, ...] = ()
    flags: tuple[Rule, ...] = ()
    harm: Harm = Harm()
    evaluation: Evaluation = Evaluation()
    drift: Drift = Drift()
    promotion: Promotion = Promotion()
    referrals: tuple[Referral, ...] = ()
    muted: tuple[Muted, ...] = ()


class Programme(Tables):
    """The tables of the file, and its `text`, which bundles carry."""

    text: str

    @property
    def name(self) -> str:
        return self.programme.name

    @property
    def version(self) -> str:
        return self.programme.version

    @property
    def quota_per_mentor(self) -> int:
        return self.programme.quota_per_mentor

    @property
    def max_data_age_days(self) -> int:
        return self.programme.max_data_age_days

    @property
    def target(self) -> SnapshotsLabel | PeriodLabel | EventLabel | ColumnLabel:
        """The label the model is trained for: the first."""
        return self.labels[0]

    @property
    def relapse_label(self) -> EventLabel | None:
        """The first event label with `undone_by`: it defines graduating and relapse. None if there is no such label."""
        return next((label for label in self.labels if isinstance(label, EventLabel) and label.undone_by), None)


def read_programme(path: Path, dictionary: Dictionary) -> Programme:
    """Read programme.toml against `dictionary`. Raises DeclarationError naming every fault by file, table and key."""
    tables = read_toml(path)
    return parse_programme(path.read_text(encoding="utf-8"), tables, dictionary=dictionary, file=path.name)


def parse_programme(text: str, tables: Mapping[str, Any], *, dictionary: Dictionary, file: str) -> Programme:
    """A programme from parsed TOML; `text` is what a bundle will carry. Raises DeclarationError naming every fault."""
    programme = build(Programme, {**tables, "text": text}, file=file)
    faults = [f"{file}: {fault}" for fault in _contradictions(programme, dictionary)]
    if faults:
        raise DeclarationError(faults)
    return programme


def _contradictions(programme: Programme, dictionary: Dictionary) -> Iterator[str]:
    """What in a well-formed programme contradicts itself or the dictionary, each as '[table] key: sentence'."""
    for table, condition in _conditions(programme):
        for fault in condition.faults(dictionary):
            yield f"[{table}] {fault}"
    if programme.bands.nearly > programme.bands.ready:
        yield "[bands] nearly: must not be above ready"
    yield from _label_faults(programme, dictionary)
    yield from _outcome_faults(programme, dictionary)
    yield from _name_faults(programme, dictionary)
    for group in programme.evaluation.groups:
        field = dictionary.fields.get(group)
        if group != "area_code" and (field is None or field.type not in ("boolean", "category")):
            yield f"[evaluation] groups: {group} is not area_code, nor a boolean or category field"
    in_both = set(programme.programme.ends) & set(programme.programme.returns)
    if in_both:
        yield f"[programme] ends, returns: {', '.join(sorted(in_both))} cannot be both"
    for referral in programme.referrals:
        for lever in referral.levers:
            if lever not in dictionary.fields or dictionary.fields[lever].kind != "lever":
                yield f"[referrals.{referral.code}] levers: {lever} is not a lever of the dictionary"


def _conditions(programme: Programme) -> Iterator[tuple[str, Condition]]:
    """Every condition of the programme, with the name of its table."""
    tables: list[tuple[str, Iterable[Condition]]] = [("cohort", programme.cohort), ("harm.rules", programme.harm.rules)]
    tables += [(f"labels.{label.name}.rules", label.rules) for label in programme.labels if label.kind == "snapshots"]
    for kind, rules in (("floor", programme.floor), ("protected", programme.protected), ("flags", programme.flags)):
        tables += [(f"{kind}.{rule.code}.rules", rule.rules) for rule in rules]
    tables += [(f"referrals.{referral.code}.rules", referral.rules) for referral in programme.referrals]
    for table, conditions in tables:
        for condition in conditions:
            yield table, condition


def _label_faults(programme: Programme, dictionary: Dictionary) -> Iterator[str]:
    for label in programme.labels:
        if isinstance(label, PeriodLabel) and label.after_months <= label.tolerance_months:
            yield (
                f"[labels.{label.name}] tolerance_months: must be below after_months, or the window would reach back to "
                "the day of scoring"
            )
        if label.kind == "column":
            field = dictionary.fields.get(label.column)
            if field is None or field.type != "boolean" or field.kind != "outcome":
                yield f"[labels.{label.name}] column: {label.column} is not a boolean field of kind outcome"
        if label.kind == "event" and label.event in (*label.undone_by, *label.competing):
            yield f"[labels.{label.name}] event: {label.event} cannot also undo or compete with itself"


def _outcome_faults(programme: Programme, dictionary: Dictionary) -> Iterator[str]:
    """Conditions that read an outcome although they are not of a label or of harm: these rules apply on the day of scoring."""
    for table, condition in _conditions(programme):
        if table.startswith(("labels.", "harm.")):
            continue
        for key, name in (("field", condition.field), ("value_field", condition.value_field)):
            field = dictionary.fields.get(name or "")
            if field is not None and field.kind == "outcome":
                yield f"[{table}] {key}: {name} is an outcome, which nobody knows on the day of scoring"


def _name_faults(programme: Programme, dictionary: Dictionary) -> Iterator[str]:
    """Codes used twice, and sentences that lack a language of the dictionary."""
    for rule in programme.protected:
        if any(rule.code == other.code for other in programme.floor):
            yield f"[protected] {rule.code}: a floor rule has this code; scores tell what stands in the way by code"
    rules = {"floor": programme.floor, "protected": programme.protected, "flags": programme.flags}
    texts_by_code = {table: [(rule.code, rule.text) for rule in rules[table]] for table in rules}
    for table, of_table in rules.items():
        for rule in of_table:
            own = {"unmet": rule.unmet, "unknown": rule.unknown, "past": rule.past}
            for key, texts in own.items():
                missing = [] if texts is None else [name for name in dictionary.languages if name not in texts]
                yield from (f"[{table}.{rule.code}] {key}.{language}: required" for language in missing)
    floor = {rule.code for rule in programme.floor}
    for referral in programme.referrals:
        unknown = sorted(set(referral.conditions) - floor)
        yield from (f"[referrals.{referral.code}] conditions: {code} is not a floor rule" for code in unknown)
    texts_by_code["referrals"] = [(referral.code, referral.name) for referral in programme.referrals]
    # A label has a name only: it counts as having a text in every language.
    texts_by_code["labels"] = [(label.name, dict.fromkeys(dictionary.languages, "")) for label in programme.labels]
    for table, entries in texts_by_code.items():
        codes = [code for code, _ in entries]
        repeated = sorted({code for code in codes if codes.count(code) > 1})
        yield from (f"[{table}] {code}: stands twice" for code in repeated)
        for code, texts in entries:
            yield from (
                f"[{table}.{code}] text.{language}: required"
                for language in dictionary.languages
                if language not in texts
            )
