"""The picture of the architecture is the code's own, and what it shows is told apart from what it leaves out."""

import grimp

from tools import architecture
from tools.architecture import Room, arrows_of


def _room(name: str, *imports: str) -> Room:
    return Room(name, "A room.", frozenset(imports), (), "", "")


def test_the_picture_is_the_one_that_the_import_graph_gives() -> None:
    assert architecture.main(["--check"]) == 0


def test_an_import_that_follows_from_others_has_no_arrow() -> None:
    rooms = {room.name: room for room in (_room("a"), _room("b", "a"), _room("c", "a", "b"))}
    assert set(arrows_of(rooms)) == {("a", "b"), ("b", "c")}


def test_every_room_of_every_package_is_drawn_with_what_enters_and_leaves() -> None:
    picture = architecture.picture()
    graph = grimp.build_graph(*architecture.PACKAGES, cache_dir=None)
    for package in architecture.PACKAGES:
        for name, room in architecture.rooms_of(package, graph, {}).items():
            assert f">{name}</text>" in picture
            assert room.sentence
    assert "in: households, events" in picture


def test_rooms_that_do_not_exist_have_no_flow() -> None:
    flows = architecture.tomllib.loads((architecture.ROOT / "tools" / "architecture.toml").read_text(encoding="utf-8"))
    for package, rooms in flows.items():
        for name in rooms:
            place = architecture.ROOT / architecture.PACKAGES[package] / package / name
            assert place.is_dir() or place.with_suffix(".py").is_file(), f"{package}.{name}"
