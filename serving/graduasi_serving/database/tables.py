"""All tables in one place, so that whoever needs the whole schema has it after one import."""

from graduasi_serving.database.base import Base
from graduasi_serving.database.lists import ListedHousehold, PublishedList
from graduasi_serving.database.people import User, WebSession
from graduasi_serving.database.programs import Client, SigningKey

__all__ = ["Base", "Client", "ListedHousehold", "PublishedList", "SigningKey", "User", "WebSession"]
