"""A date of a request that lies after its own row is refused, as it is in a file; a bundle learned none of those."""

from pathlib import Path
from typing import Any

import pytest

from graduasi.bundle import load_bundle
from graduasi.dates import to_day
from graduasi_serving.scoring.items import FailedItem, Item, parse_item
from graduasi_serving.scoring.loaded_models import LoadedModel
from tests.made_up.learned_model import save_learned_bundle
from tests.made_up.service_programme import MADE_ON


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> LoadedModel:
    folder: Path = save_learned_bundle(tmp_path_factory.mktemp("dates") / "bundle")
    return LoadedModel.of(load_bundle(folder))


def parsed(model: LoadedModel, joined: str, as_of: str = "2026-10-01", **members: Any) -> Item | FailedItem:
    item = {"household_id": "K1", "as_of": as_of, "fields": {"joined": joined, "receives_aid": True}, **members}
    return parse_item(item, 0, model=model, today=to_day(MADE_ON))


@pytest.mark.parametrize(("joined", "is_taken"), [("2026-10-01", True), ("2026-10-02", False)])
def test_a_date_after_as_of_is_refused_at_its_field(model: LoadedModel, joined: str, is_taken: bool) -> None:
    item = parsed(model, joined)
    assert isinstance(item, Item) is is_taken
    if isinstance(item, FailedItem):
        assert [(fault.pointer, fault.code) for fault in item.errors] == [
            ("/households/0/fields/joined", "not_allowed")
        ]
        assert "not after as_of" in item.errors[0].message
        assert joined not in item.errors[0].message


def test_a_visit_of_the_history_is_held_to_its_own_day(model: LoadedModel) -> None:
    item = parsed(model, "2020-01-01", history=[{"as_of": "2026-01-01", "fields": {"joined": "2026-01-02"}}])
    assert isinstance(item, FailedItem)
    assert [fault.pointer for fault in item.errors] == ["/households/0/history/0/fields/joined"]


def test_beside_a_day_that_cannot_be_read_no_date_is_said_to_lie_after_it(model: LoadedModel) -> None:
    item = parsed(model, "2020-01-01", as_of="soon")
    assert isinstance(item, FailedItem)
    assert [fault.pointer for fault in item.errors] == ["/households/0/as_of"]
