"""Migrations, and what the database stores of lists, people and programs."""

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, select
from sqlalchemy.exc import IntegrityError

from graduasi.errors import Refused
from graduasi_serving.accounts.accounts import add_client, add_user, find_client
from graduasi_serving.database import migration
from graduasi_serving.database.engine import open_database
from graduasi_serving.database.tables import Base, Client, ListedHousehold, SigningKey, User
from graduasi_serving.service import Service
from tests.serving.factory import KNOWN, NOW, PASSWORD, entry, mentor_list, publish_lists


def test_the_migrations_make_exactly_the_declared_tables(service: Service) -> None:
    with service.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []


def test_migrating_down_and_up_again_works_with_data_in_the_tables(service: Service, people: None) -> None:
    publish_lists(service, mentor_list("M1"))
    migration.downgrade(service.engine, revision="base")
    assert inspect(service.engine).get_table_names() == ["alembic_version"]
    migration.upgrade(service.engine, now=NOW)
    assert migration.is_current(service.engine)


def test_lists_published_before_chances_were_kept_stay_and_have_none(service: Service, people: None) -> None:
    publish_lists(service, mentor_list("M1", entry(**KNOWN)))
    migration.downgrade(service.engine, revision="0001")
    migration.upgrade(service.engine, now=NOW)
    with service.transaction() as session:
        entry_of_before = session.scalars(select(ListedHousehold)).one()
        assert entry_of_before.household_id == "KPM-1"
        assert [getattr(entry_of_before, name) for name in (*KNOWN, "relapse_months")] == [None] * 6


def test_a_published_family_keeps_its_interval_its_relapse_risk_and_how_far_that_looks(service: Service) -> None:
    publish_lists(service, mentor_list("M1", entry("KPM-1", **KNOWN), entry("KPM-2")))
    with service.transaction() as session:
        known, unknown = session.scalars(select(ListedHousehold).order_by(ListedHousehold.household_id))
        assert {name: getattr(known, name) for name in KNOWN} == KNOWN
        assert known.relapse_months == 12
        assert unknown.relapse_months is None


def test_upgrading_twice_keeps_the_signing_key(service: Service) -> None:
    def kids() -> list[str]:
        with service.transaction() as session:
            return list(session.scalars(select(SigningKey.kid)))

    kids_before = kids()
    migration.upgrade(service.engine, now=NOW)
    assert kids() == kids_before
    assert len(kids_before) == 1


def test_a_database_without_tables_is_refused_with_the_command_to_run(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path / 'empty.db'}")
    with pytest.raises(Refused, match="graduasi db upgrade"):
        migration.require_current(engine)
    engine.dispose()


def test_an_address_nothing_can_open_is_refused_without_repeating_it() -> None:
    with pytest.raises(Refused) as refused:
        open_database("nonsense://user:secret@host/db")
    assert "secret" not in str(refused.value)


def test_the_database_itself_holds_that_a_mentor_has_one_current_list(service: Service) -> None:
    publish_lists(service, mentor_list("M1"))
    publish_lists(service, mentor_list("M1"))
    with service.engine.connect() as connection, pytest.raises(IntegrityError):
        connection.exec_driver_sql("update published_list set current_for = 'M1'")


def test_neither_password_nor_secret_is_kept(service: Service, people: None) -> None:
    with service.transaction() as session:
        credentials = add_client(session, "sistem", scopes=["model:read"], now=NOW)
        assert credentials.client_secret not in session.scalars(select(Client.secret_hash)).one()
        assert all(
            password_hash.startswith("$argon2id$") and PASSWORD not in password_hash
            for password_hash in session.scalars(select(User.password_hash))
        )


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"role": "boss"}, "role: one of mentor, supervisor, admin"),
        ({"mentor_id": None}, "a mentor needs --mentor-id"),
        ({"role": "admin"}, "only a mentor has a --mentor-id"),
        ({"role": "supervisor", "mentor_id": None}, "a supervisor needs --area"),
        ({"password": "short"}, "password: 12 to 256 characters"),
    ],
)
def test_an_account_is_refused(service: Service, changes: dict[str, str | None], reason: str) -> None:
    account: dict[str, str | None] = {
        "role": "mentor",
        "mentor_id": "M1",
        "area": None,
        "password": PASSWORD,
        **changes,
    }
    with pytest.raises(Refused, match=reason), service.transaction() as session:
        add_user(session, "sari", now=NOW, **account)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["sari", "tono"])
def test_a_name_stands_for_one_person(service: Service, people: None, name: str) -> None:
    with pytest.raises(Refused, match="in use"), service.transaction() as session:
        add_user(session, name, role="admin", mentor_id=None, area=None, password=PASSWORD, now=NOW)


@pytest.mark.parametrize("scopes", [[], ["score:write", "everything"]])
def test_a_client_gets_only_scopes_that_exist(service: Service, scopes: list[str]) -> None:
    with pytest.raises(Refused, match="allowed: score:write"), service.transaction() as session:
        add_client(session, "sistem", scopes=scopes, now=NOW)


def test_a_program_can_have_a_second_secret_while_the_first_still_works(service: Service) -> None:
    with service.transaction() as session:
        first, second = (add_client(session, "sistem", scopes=["model:read"], now=NOW) for _ in range(2))
        assert find_client(session, first.client_id, first.client_secret)
        assert find_client(session, second.client_id, second.client_secret)
        assert find_client(session, first.client_id, second.client_secret) is None
