"""Every table: importing this module is enough to have the whole schema in `Base.metadata`."""

from graduasi_serving.database.base import Base
from graduasi_serving.database.lists import ListedHousehold, PublishedList
from graduasi_serving.database.people import User, WebSession
from graduasi_serving.database.programs import Client, SigningKey
from graduasi_serving.database.sign_ins import SignInCount

__all__ = ["Base", "Client", "ListedHousehold", "PublishedList", "SignInCount", "SigningKey", "User", "WebSession"]
