"""All tables in one place, so that whoever needs the whole schema has it after one import."""

from graduasi_serving.database.base import Base
from graduasi_serving.database.clients import Client
from graduasi_serving.database.keys import SigningKey
from graduasi_serving.database.lists import ListedHousehold, PublishedList
from graduasi_serving.database.sessions import WebSession
from graduasi_serving.database.users import User

__all__ = ["Base", "Client", "ListedHousehold", "PublishedList", "SigningKey", "User", "WebSession"]
