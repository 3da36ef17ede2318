"""The bundles that the service scores with: a default one, and others that a request may name."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

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
    """A verified bundle, with what every request needs of it made once.

    `contract` checks the fields of a household. `lenient_fields` are the fields in which a category that the dictionary
    does not list counts as unknown. `wordings` has the sentences by language.
    """

    bundle: Bundle
    contract: RowContract
    scorer: SingleScorer
    lenient_fields: tuple[str, ...]
    wordings: Mapping[str, Wording]

    @classmethod
    def of(cls, bundle: Bundle) -> "LoadedModel":
        """Prepare a bundle for requests."""
        dictionary = bundle.dictionary
        lenient = tuple(name for name, field in dictionary.fields.items() if field.unknown_category == "missing")
        wordings = {language: Wording(bundle.declarations, language) for language in LANGUAGES}
        return cls(bundle, RowContract(dictionary), SingleScorer(bundle), lenient, wordings)

    @property
    def version(self) -> str:
        return self.bundle.version


@dataclass(frozen=True)
class Models:
    """All loaded models by version; the first is the default."""

    by_version: Mapping[str, LoadedModel]

    def default(self) -> LoadedModel:
        """The model for requests that name none. Raises ServiceUnavailable if no model is loaded."""
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


def fields_schema(models: Models) -> dict[str, Any]:
    """The JSON Schema of a household's `fields` for the default model; of any object where no model is loaded."""
    for model in models.by_version.values():
        schema = model.contract.json_schema()
        del schema["$schema"]  # within an OpenAPI document it would begin a document of its own
        about = f"{schema['title']}. null: not known. Left out: not sent. 0 is a value. For other loaded versions: GET /v1/schema/household."
        return {
            **schema,
            "title": "HouseholdFields",
            "description": about,
        }  # generated programs take their name from the title
    return {"type": "object"}


def load_models(settings: Settings) -> Models:
    """Load and verify every bundle that the settings name, the default first. Raises BundleError for a damaged one."""
    names = [name.strip() for name in (settings.model, *settings.pinned_models.split(","))]
    loaded = [load_by_name(name) for name in names if name]
    return Models({bundle.version: LoadedModel.of(bundle) for bundle in loaded})
