"""Pages show what lies in the database: every test that takes the service runs on SQLite and on PostgreSQL."""

import pytest

from graduasi_serving.service import Service


@pytest.fixture
def service(database_url: str, service: Service) -> Service:
    return service
