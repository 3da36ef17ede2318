"""The model card: what a bundle is for, what it learned from, how good it is, and what it must not be used for.

Its reader is an official. Its sentences are data, in `sentences.toml`, by language; its figures are those of evaluation.json.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from graduasi.bundle import CARD_MARK
from graduasi.declarations.declarations import Declarations
from graduasi.declarations.dictionary import Dictionary
from graduasi.declarations.programme import Programme
from graduasi.declarations.words import format_value, text_in
from graduasi_training.evaluation.interval_check import bins_that_hold
from graduasi_training.evaluation.uninformative import uninformative_baselines
from graduasi_training.judging.comparison import comparisons_with_others
from graduasi_training.notes import in_language
from graduasi_training.report.card.tuning import tuning_paragraph
from graduasi_training.report.card.words import LANGUAGES, count, decimal, label_in_words, percent, sentences
from graduasi_training.report.drawing import VERDICTS
from graduasi_training.report.tables import rate_digits, words

BASELINE_PREFIX = "baseline:"


def write_card(
    evaluation: dict[str, Any],
    declarations: Declarations,
    *,
    trained_through: date,
    language: str | None = None,
) -> str:
    """The card as Markdown, first in `language` (default: the dictionary's first), then in each other language that ships.

    `trained_through` is the day by which all labels that the model learned from were known.
    """
    first = language or declarations.dictionary.languages[0]
    first = first if first in LANGUAGES else "en"
    cards = [
        _Card(evaluation, declarations.dictionary, declarations.programme, trained_through, card_language)
        for card_language in (first, *(other for other in LANGUAGES if other != first))
    ]
    return "\n".join(f"{CARD_MARK.format(card.language)}\n{card.text()}" for card in cards)


@dataclass(frozen=True)
class _Card:
    """The card in one language. Each method gives a part of it as Markdown."""

    evaluation: dict[str, Any]
    dictionary: Dictionary
    programme: Programme
    trained_through: date
    language: str

    def text(self) -> str:
        last = self.evaluation["folds"][-1]
        parts = [self._sentence("title", name=self.programme.name, version=self.programme.version)]
        if self.dictionary.synthetic:
            parts.append("\n" + self._sentence("synthetic"))
        parts += [
            self._sentence(
                "for_what", name=self.programme.name, label=self.evaluation["label"], label_words=self._label()
            ),
            self._sentence("must_not", age=self.programme.max_data_age_days),
            self._learned(),
            "\n" + self._sentence("in_short"),
            *self._in_short(),
            self._chosen(),
            "\n" + self._sentence("folds") + "\n",
            self._folds(),
            "\n"
            + self._sentence("comparison", day=last["test_as_of"], n=count(last["labelled_rows"], self.language))
            + "\n",
            self._comparison(),
            "\n" + self._sentence("groups", day=last["test_as_of"]) + "\n",
            self._groups(),
            "\n" + self._sentence("checked"),
            *self._checks(),
            self._sentence("limits", notes=self._notes()),
            *self._muted(),
            self._sentence("mistake"),
        ]
        return re.sub(r"\n+(?=## )", "\n\n", "\n".join(parts)) + "\n"

    def _sentence(self, key: str, **values: object) -> str:
        """The sentence `key` of `sentences.toml`, filled in."""
        return sentences(self.language)[key].format(**values).rstrip()

    def _name(self, kind: str, key: str) -> str:
        """The name of a metric (`kind` metric) or of a candidate (`kind` against); its key in words where none is declared."""
        return sentences(self.language).get(f"{kind}_{key.removeprefix(BASELINE_PREFIX)}", words(key))

    def _number(self, value: float | None, digits: int = 3, *, signed: bool = False) -> str:
        return decimal(value, self.language, digits, signed=signed)

    def _label(self) -> str:
        return label_in_words(self.programme.target, self.dictionary, self.language)

    def _learned(self) -> str:
        data = self.evaluation["data"]
        sizes = {key: count(data[key], self.language) for key in ("snapshots", "households", "rows")}
        return self._sentence(
            "learned",
            **sizes,
            mature=count(data["mature_rows"], self.language),
            first=data["first_as_of"],
            last=data["last_as_of"],
            through=self.trained_through.isoformat(),
            digest=data["sha256"][:16],
            dictionary=f"{self.dictionary.name} {self.dictionary.version}",
            name=self.programme.name,
            version=self.programme.version,
        )

    def _in_short(self) -> Iterator[str]:
        fold = self.evaluation["folds"][-1]
        figures, day = fold["candidates"]["champion"], fold["test_as_of"]
        n, base = count(fold["labelled_rows"], self.language), percent(fold["base_rate"], self.language)
        yield self._sentence("short_auc", n=n, day=day, **self._share(figures, "auc"))
        if fold.get("household_disjoint_auc") is not None:
            yield self._sentence("short_unseen", **self._share(fold, "household_disjoint_auc"))
        if figures["precision_at_quota"] is None:
            yield self._sentence("short_top", n=n, day=day, base=base, **self._share(figures, "precision_at_10pct"))
        else:
            labelled = count(figures["listed_labelled"], self.language)
            yield self._sentence(
                "short_quota", n=labelled, day=day, base=base, **self._share(figures, "precision_at_quota")
            )
        yield self._lists_in_short(figures)
        if figures["harm_at_quota"] is not None:
            known = count(figures["at_quota_share"]["100"]["harm_known"], self.language)
            yield self._sentence("short_harm", n=known, **self._share(figures, "harm_at_quota"))
        if figures["calibration_slope"] is not None:
            yield self._sentence("short_slope", slope=self._interval(figures, "calibration_slope", 2), n=n)
        yield from self._gains()

    def _lists_in_short(self, figures: dict[str, Any]) -> str:
        """That there are no lists, or how full they are; older evaluations tell only how many families they hold."""
        if figures["listed"] is None:
            return self._sentence("short_no_lists")
        listed = count(figures["listed"], self.language)
        if figures.get("quota_filled") is None:
            return self._sentence("short_listed", listed=listed)
        return self._sentence("short_filled", listed=listed, filled=percent(figures["quota_filled"], self.language))

    def _share(self, figures: dict[str, Any], name: str) -> dict[str, str]:
        """A rate and its interval as percentages, by placeholder of a sentence."""
        keys = {"value": name, "low": f"{name}_low", "high": f"{name}_high"}
        return {placeholder: percent(figures[key], self.language) for placeholder, key in keys.items()}

    def _interval(self, figures: dict[str, Any], name: str, digits: int = 3) -> str:
        """A figure with its interval, as far as there is one; a dash for no figure."""
        low, high = (figures.get(f"{name}_{end}") for end in ("low", "high"))
        value = self._number(figures.get(name), digits)
        return value if low is None or high is None else f"{value} ({self._ends(low, high, digits)})"

    def _ends(self, low: float, high: float, digits: int = 3, *, signed: bool = False) -> str:
        ends = (self._number(end, digits, signed=signed) for end in (low, high))
        return f" {self._sentence('to')} ".join(ends)

    def _gains(self) -> Iterator[str]:
        """For each metric, the baselines that the model is better than, worse than, or indistinguishable from.

        Baselines that are the same for every family are named apart: being better than one of them says nothing.
        """
        uninformative = uninformative_baselines(self.evaluation["folds"][-1]["candidates"])
        for metric in ("auc", self.evaluation["primary_metric"]):
            for verdict in VERDICTS:
                against = ", ".join(
                    self._name("against", row["against"])
                    for row in self._compared()
                    if (row["metric"], row["verdict"]) == (metric, verdict)
                    and row["against"].startswith(BASELINE_PREFIX)
                    and row["against"] not in uninformative
                )
                if against:
                    yield self._sentence(f"short_{verdict}", metric=self._name("metric", metric), against=against)
        if uninformative:
            yield self._sentence(
                "short_silent", against=", ".join(self._name("against", name) for name in uninformative)
            )
        yield "\n" + self._sentence("none_better")

    def _compared(self) -> list[dict[str, Any]]:
        return comparisons_with_others(self.evaluation, "comparison")

    def _chosen(self) -> str:
        trees, tuning = self.evaluation["settings"]["trees"], self.evaluation.get("tuning")
        champion = self._name("against", self.evaluation["champion"])
        chosen = self._sentence("chosen", champion=champion, trees=trees["trees"], leaves=trees["leaves"])
        return (
            f"{chosen}\n{tuning_paragraph(tuning, self.language)}" if tuning else chosen
        )  # without a search, a note says so

    def _folds(self) -> str:
        rows = []
        for fold in self.evaluation["folds"]:
            figures = fold["candidates"]["champion"]
            keys = ("auc", "precision_at_10pct", "precision_at_quota", "harm_at_quota", "calibration_slope")
            rows.append(
                [
                    fold["test_as_of"],
                    self._name("against", fold["chosen"]),
                    count(fold["labelled_rows"], self.language),
                    self._number(fold["base_rate"], rate_digits(fold["base_rate"])),
                    *(self._interval(figures, key) for key in keys),
                ]
            )
        return self._table("folds_head", rows)

    def _comparison(self) -> str:
        rows = [
            [
                self._name("against", row["against"]),
                self._name("metric", row["metric"]),
                self._number(row["difference"], signed=True),
                self._ends(row["low"], row["high"], signed=True),
                self._sentence(row["verdict"]),
            ]
            for row in self._compared()
            if row["metric"] in ("auc", self.evaluation["primary_metric"])
        ]
        return self._table("comparison_head", rows)

    def _groups(self) -> str:
        rows = []
        for name, values in self.evaluation["groups"].items():
            for value, row in values.items():
                n = count(row["n"], self.language) + (f" ({self._sentence('too_few')})" if "note" in row else "")
                keys = ("precision_at_quota", "recall_at_quota", "calibration_slope")
                figures = (self._interval(row, key) for key in keys)
                rows.append(
                    [
                        *self._group(name, value),
                        n,
                        self._number(row.get("base_rate"), rate_digits(row.get("base_rate"))),
                        *figures,
                    ]
                )
        return self._table("groups_head", rows) if rows else self._sentence("no_groups")

    def _group(self, name: str, value: str) -> tuple[str, str]:
        """The group's field and its value in words. Those of areas do not stand in the dictionary."""
        if name == "area_code":
            return self._sentence("area"), value
        field = self.dictionary.fields[name]
        return text_in(field.label, self.language) or name, format_value(field, value, self.language)

    def _table(self, head: str, rows: list[list[str]]) -> str:
        top = self._sentence(head)
        line = "|" + "---|" * (top.count("|") - 1)
        return "\n".join([top, line, *(f"| {' | '.join(row)} |" for row in rows)])

    def _checks(self) -> Iterator[str]:
        intervals = self.evaluation.get("intervals") or {}
        bins = (intervals.get("next_period") or {}).get("bins")
        if bins:
            n, held = count(sum(row["n"] for row in bins), self.language), bins_that_hold(bins)
            nominal = percent(intervals["nominal"], self.language)
            yield self._sentence("intervals", nominal=nominal, n=n, held=held, bins=len(bins))
        else:
            yield self._sentence("no_intervals")
        relapse = self.evaluation.get("relapse") or {}
        if relapse.get("auc") is None:
            yield self._sentence("no_relapse")
        else:
            sizes = {key: count(relapse[key], self.language) for key in ("graduates", "n")}
            base, auc = percent(relapse["base_rate"], self.language), self._interval(relapse, "auc")
            label = self.programme.relapse_label
            assert label is not None  # without it there is no relapse model to judge
            yield self._sentence("relapse", base=base, auc=auc, months=label.undone_within_months, **sizes)

    def _notes(self) -> str:
        return "\n".join(f"- {in_language(note, self.language)}" for note in self.evaluation["notes"])

    def _muted(self) -> Iterator[str]:
        """What the programme muted, each with its code and the reason; nothing where it mutes nothing."""
        muted = self.evaluation.get("muted") or []
        if muted:
            yield "\n" + self._sentence("muted")
        for each in muted:
            text = in_language(each, self.language)
            yield "- " + self._sentence("muted_one", text=text, code=each["code"], reason=each["reason"])
