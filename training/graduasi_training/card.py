"""The model card: what a bundle is for, what it learned from, how good it is, and what it must not be used for.

An official reads it. Its sentences are data (`card_sentences.toml`); its figures are those of evaluation.json.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from graduasi.bundle import CARD_MARK
from graduasi.dictionary import Dictionary
from graduasi.programme import Programme
from graduasi_training.card_words import LANGUAGES, count, decimal, label_in_words, percent, sentences
from graduasi_training.report.calibration import bins_that_hold
from graduasi_training.report.tables import words
from graduasi_training.tuning_report import tuning_paragraph


def write_card(
    evaluation: dict[str, Any],
    dictionary: Dictionary,
    programme: Programme,
    *,
    trained_through: date,
    language: str | None = None,
) -> str:
    """The card as Markdown in `language` (default: the dictionary's first), then in the other language that ships."""
    first = language or dictionary.languages[0]
    first = first if first in LANGUAGES else "en"
    cards = [
        _Card(evaluation, dictionary, programme, trained_through, chosen)
        for chosen in (first, *(other for other in LANGUAGES if other != first))
    ]
    return "\n".join(f"{CARD_MARK.format(card.language)}\n{card.text()}" for card in cards)


@dataclass(frozen=True)
class _Card:
    """One card in one language."""

    evaluation: dict[str, Any]
    dictionary: Dictionary
    programme: Programme
    trained_through: date
    language: str

    def text(self) -> str:
        named = {"name": self.programme.name, "version": self.programme.version}
        parts = [self._say("title", **named)]
        if self.dictionary.synthetic:
            parts.append("\n" + self._say("synthetic"))
        parts += [
            self._say("for_what", name=self.programme.name, label=self.evaluation["label"], label_words=self._label()),
            self._say("must_not", age=self.programme.max_data_age_days),
            self._learned(),
            "\n" + self._say("in_short"),
            *self._in_short(),
            self._chosen(),
            "\n" + self._folds(),
            "\n" + self._say("comparison") + "\n",
            self._comparison(),
            "\n" + self._say("groups"),
            self._groups(),
            "\n" + self._say("checked"),
            *self._checks(),
            self._say("limits", notes=self._notes()),
            self._say("mistake"),
        ]
        return re.sub(r"\n+(?=## )", "\n\n", "\n".join(parts)) + "\n"

    def _say(self, key: str, **values: object) -> str:
        return sentences(self.language)[key].format(**values).rstrip()

    def _name(self, kind: str, key: str) -> str:
        """A metric or a baseline in words; its own name where none are declared."""
        return sentences(self.language).get(f"{kind}_{key}", words(key))

    def _number(self, value: float | None, digits: int = 3, *, signed: bool = False) -> str:
        return decimal(value, self.language, digits, signed=signed)

    def _label(self) -> str:
        return label_in_words(self.programme.target, self.dictionary, self.language)

    def _learned(self) -> str:
        data = self.evaluation["data"]
        sizes = {key: count(data[key], self.language) for key in ("snapshots", "households", "rows")}
        return self._say(
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
        share = {end: percent(figures[f"auc{end}"], self.language) for end in ("", "_low", "_high")}
        n = count(fold["labelled_rows"], self.language)
        yield self._say("short_auc", auc=share[""], low=share["_low"], high=share["_high"], n=n, day=day)
        if figures.get("precision_at_quota") is not None:
            ends = {end: percent(figures.get(f"precision_at_quota_{end}"), self.language) for end in ("low", "high")}
            yield self._say(
                "short_quota",
                value=percent(figures["precision_at_quota"], self.language),
                **ends,
                n=count(figures["listed_labelled"], self.language),
                base=percent(fold["base_rate"], self.language),
                day=day,
            )
        if figures.get("harm_at_quota") is not None:
            yield self._say("short_harm", value=percent(figures["harm_at_quota"], self.language))
        if figures.get("calibration_slope") is not None:
            yield self._say("short_slope", slope=self._number(figures["calibration_slope"], 2))
        yield from self._gains()

    def _gains(self) -> Iterator[str]:
        primary = self.evaluation["primary_metric"]
        rows = [row for row in self.evaluation["comparison"] if row["against"].startswith("baseline:")]
        for row in (row for row in rows if row["metric"] == primary):
            yield self._say(
                "short_gain",
                against=self._name("against", row["against"].removeprefix("baseline:")),
                verdict=self._say(row["verdict"]),
                metric=self._name("metric", row["metric"]),
                difference=self._number(row["difference"], signed=True),
                low=self._number(row["low"], signed=True),
                high=self._number(row["high"], signed=True),
            )
        yield "\n" + self._say("none_better")

    def _chosen(self) -> str:
        trees, tuning = self.evaluation["settings"]["trees"], self.evaluation.get("tuning")
        chosen = self._say("chosen", champion=self.evaluation["champion"], trees=trees["trees"], leaves=trees["leaves"])
        return f"{chosen}\n{tuning_paragraph(tuning, self.language)}"

    def _folds(self) -> str:
        rows = []
        for fold in self.evaluation["folds"]:
            figures = fold["candidates"]["champion"]
            ends = f"{self._number(figures['auc_low'])} {self._say('to')} {self._number(figures['auc_high'])}"
            rows.append(
                [
                    fold["test_as_of"],
                    fold["chosen"],
                    count(fold["labelled_rows"], self.language),
                    self._number(fold["base_rate"]),
                    f"{self._number(figures['auc'])} ({ends})",
                    *(
                        self._number(figures.get(key))
                        for key in ("precision_at_10pct", "precision_at_quota", "harm_at_quota", "calibration_slope")
                    ),
                ]
            )
        return self._table("folds_head", rows)

    def _comparison(self) -> str:
        rows = [
            [
                row["against"],
                row["metric"],
                self._number(row["difference"], signed=True),
                f"{self._number(row['low'], signed=True)} {self._say('to')} {self._number(row['high'], signed=True)}",
                self._say(row["verdict"]),
            ]
            for row in self.evaluation["comparison"]
            if row["metric"] in ("auc", self.evaluation["primary_metric"])
        ]
        return self._table("comparison_head", rows)

    def _groups(self) -> str:
        rows = []
        for name, values in self.evaluation["groups"].items():
            for value, row in values.items():
                n = count(row["n"], self.language) + (f" ({self._say('too_few')})" if "note" in row else "")
                keys = ("base_rate", "precision_at_quota", "recall_at_quota", "ece")
                rows.append([name, value, n, *(self._number(row.get(key)) for key in keys)])
        return self._table("groups_head", rows) if rows else self._say("no_groups")

    def _table(self, head: str, rows: list[list[str]]) -> str:
        top = self._say(head)
        line = "|" + "---|" * (top.count("|") - 1)
        return "\n".join([top, line, *(f"| {' | '.join(row)} |" for row in rows)])

    def _checks(self) -> Iterator[str]:
        found = self.evaluation.get("intervals") or {}
        bins = (found.get("next_period") or {}).get("bins")
        if bins:
            n, held = count(sum(row["n"] for row in bins), self.language), bins_that_hold(bins)
            nominal = percent(found["nominal"], self.language)
            yield self._say("intervals", nominal=nominal, n=n, held=held, bins=len(bins))
        else:
            yield self._say("no_intervals")
        relapse = self.evaluation.get("relapse") or {}
        if relapse.get("auc") is None:
            yield self._say("no_relapse")
            return
        auc = {
            key: self._number(relapse.get(name))
            for key, name in (("auc", "auc"), ("low", "auc_low"), ("high", "auc_high"))
        }
        n, base = count(relapse["n"], self.language), percent(relapse["base_rate"], self.language)
        yield self._say("relapse", n=n, base=base, **auc)

    def _notes(self) -> str:
        notes = [f"- {note}" for note in self.evaluation["notes"]]
        return "\n".join([self._say("notes_language") + "\n", *notes] if self._say("notes_language") else notes)
