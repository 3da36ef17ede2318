"""The bundles this service scores with: one by default, and others that a request may name."""

from collections.abc import Mapping
from dataclasses import dataclass

from graduasi.bundle import Bundle
from graduasi.bundle.by_name import load_by_name
from graduasi.panel.row_contract import RowContract
from graduasi.single.scores import SingleScorer
from graduasi_serving.pages.words import LANGUAGES
from graduasi_serving.scoring.wording import Wording
from graduasi_serving.settings import Settings
from graduasi_serving.web.problems import BadRequest, ServiceUnavailable


@dataclass(frozen=True)
class LoadedModel:
    """A verified bundle with the contract for the rows it takes.

    `lenient_fields` are those whose unlisted categories count as unknown; `wordings` speak its languages.
    """

    bundle: Bundle
    contract: RowContract
    scorer: SingleScorer
    lenient_fields: tuple[str, ...]
    wordings: Mapping[str, Wording]

    @classmethod
    def of(cls, bundle: Bundle) -> "LoadedModel":
        """The bundle with what every request would otherwise work out again."""
        dictionary = bundle.dictionary
        lenient = tuple(name for name, field in dictionary.fields.items() if field.unknown_category == "missing")
        wordings = {language: Wording(bundle.declarations, language) for language in LANGUAGES}
        return cls(bundle, RowContract(dictionary), SingleScorer(bundle), lenient, wordings)

    @property
    def version(self) -> str:
        return self.bundle.version


@dataclass(frozen=True)
class Models:
    """All that is loaded, by version; the first is the default."""

    by_version: Mapping[str, LoadedModel]

    def default(self) -> LoadedModel:
        """The model that answers when none is named."""
        for model in self.by_version.values():
            return model
        raise ServiceUnavailable(
            "no model is loaded; set GRADUASI_MODEL to a bundle folder and start again", retry_after=60
        )

    def pick(self, version: str | None) -> LoadedModel:
        """The model of this version, or the default. Raises BadRequest (404) for one that is not loaded."""
        if version is None:
            return self.default()
        if version not in self.by_version:
            raise BadRequest(
                404, "model_not_loaded", "This model version is not loaded here; GET /v1/models lists those that are."
            )
        return self.by_version[version]


def load_models(settings: Settings) -> Models:
    """Load and verify every bundle of the settings. Raises BundleError for the first that is not sound."""
    names = [name.strip() for name in (settings.model, *settings.pinned_models.split(","))]
    loaded = [load_by_name(name) for name in names if name]
    return Models({bundle.version: LoadedModel.of(bundle) for bundle in loaded})
