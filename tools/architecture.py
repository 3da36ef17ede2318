"""Draws docs/images/architecture.svg: the rooms of the three packages, from their import graph.

    python tools/architecture.py            write the picture
    python tools/architecture.py --check    change nothing; 1 when the picture is not what would be written

A room is a folder or module directly below a package. Which rooms there are and what each imports comes from the code,
the rows they stand in from the layers in pyproject.toml, and their sentences from their docstrings. Only what no import
tells, namely which files and requests enter and leave, stands in architecture.toml.
"""

import ast
import sys
import textwrap
import tomllib
from dataclasses import dataclass
from html import escape
from pathlib import Path

import grimp

ROOT = Path(__file__).resolve().parent.parent
PICTURE = ROOT / "docs" / "images" / "architecture.svg"
PACKAGES = {"graduasi_training": "training", "graduasi": "models", "graduasi_serving": "serving"}
"""The columns of the picture from left to right, each with its top-level folder."""
CORE = "graduasi"

COLUMN, GUTTER, MARGIN, TOP = 400, 44, 16, 96
LINE, PADDING, GAP = 15, 8, 22
CHARACTER = 6.5
"""Average width in pixels of a character at 12 pixels."""

STYLE = (
    "text{font:12px system-ui,sans-serif;fill:#1a1a1a}.name{font-weight:bold;font-size:14px}.head{font-size:16px;font-weight:bold}"
    ".core{fill:#555;font-style:italic}.flow{font-weight:bold;fill:#0b4f6c}rect{fill:#f7f7f4;stroke:#888}"
    "path{fill:none;stroke:#777;stroke-width:1.2;marker-end:url(#tip)}"
)


@dataclass(frozen=True)
class Room:
    """A folder or module directly below a package. `imports` are rooms of the same package, `core` rooms of the core."""

    name: str
    sentence: str
    imports: frozenset[str]
    core: tuple[str, ...]
    data_in: str
    data_out: str


@dataclass(frozen=True)
class Box:
    """Where a room stands, in pixels, and the lines of text in it as (style class, text)."""

    room: Room
    x: float
    y: float
    width: float
    lines: tuple[tuple[str, str], ...]

    @property
    def height(self) -> float:
        return 2 * PADDING + LINE * len(self.lines)


def room_of(module: str) -> tuple[str, str]:
    """The package and room of a dotted module name."""
    package, _, rest = module.partition(".")
    return package, rest.partition(".")[0]


def rooms_of(package: str, graph: grimp.ImportGraph, flows: dict[str, dict[str, dict[str, str]]]) -> dict[str, Room]:
    """Every room of a package, by name."""
    names = {room_of(module)[1] for module in graph.modules if module.startswith(f"{package}.")}
    imports: dict[str, set[str]] = {name: set() for name in names}
    core: dict[str, set[str]] = {name: set() for name in names}
    for module in (module for module in graph.modules if module.startswith(f"{package}.")):
        name = room_of(module)[1]
        for imported in graph.find_modules_directly_imported_by(module):
            other_package, other = room_of(imported)
            if other_package == package and other not in (name, ""):
                imports[name].add(other)
            elif other_package == CORE != package and other:
                core[name].add(other)
    return {
        name: Room(
            name=name,
            sentence=_first_sentence(package, name),
            imports=frozenset(imports[name]),
            core=tuple(sorted(core[name])),
            data_in=flows.get(package, {}).get(name, {}).get("in", ""),
            data_out=flows.get(package, {}).get(name, {}).get("out", ""),
        )
        for name in sorted(names)
    }


def _first_sentence(package: str, room: str) -> str:
    """The first paragraph of the room's docstring. Raises ValueError for a room without one."""
    place = ROOT / PACKAGES[package] / package / room
    file = place / "__init__.py" if place.is_dir() else place.with_suffix(".py")
    text = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8")))
    if not text:
        raise ValueError(f"{file.relative_to(ROOT)}: no docstring; say in one sentence what the room is for")
    return " ".join(text.split("\n\n")[0].split())


def layers_of(package: str) -> list[list[str]]:
    """The rows of a package as pyproject.toml declares them, the lowest layer first."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    (layers,) = (contract["layers"] for contract in contracts if contract.get("containers") == [package])
    return [[name.strip() for name in layer.split("|")] for layer in reversed(layers)]


def arrows_of(rooms: dict[str, Room]) -> list[tuple[str, str]]:
    """(imported, importer) for every import between rooms that does not follow from others."""

    def reaches(start: str, goal: str) -> bool:
        return start == goal or any(reaches(each, goal) for each in rooms[start].imports)

    return [
        (imported, room.name)
        for room in rooms.values()
        for imported in sorted(room.imports)
        if not any(reaches(between, imported) for between in room.imports - {imported})
    ]


def place_boxes(rooms: dict[str, Room], layers: list[list[str]], *, left: float) -> dict[str, Box]:
    """A box for each room: a row a layer, rooms of one layer side by side."""
    boxes: dict[str, Box] = {}
    y: float = TOP
    for layer in layers:
        width = (COLUMN - GAP * (len(layer) - 1)) / len(layer)
        for place, name in enumerate(layer):
            lines = tuple(_lines(rooms[name], width))
            boxes[name] = Box(rooms[name], left + place * (width + GAP), y, width, lines)
        y += max(boxes[name].height for name in layer) + GAP
    return boxes


def _lines(room: Room, width: float) -> list[tuple[str, str]]:
    characters = int((width - 2 * PADDING) / CHARACTER)
    parts = [("name", room.name), ("", room.sentence)]
    parts += [("flow", f"in: {room.data_in}")] if room.data_in else []
    parts += [("flow", f"out: {room.data_out}")] if room.data_out else []
    parts += [("core", f"core: {', '.join(room.core)}")] if room.core else []
    return [(style, line) for style, text in parts for line in textwrap.wrap(text, characters)]


def draw_box(box: Box) -> str:
    """The box with its lines of text."""
    text = "".join(
        f'<text class="{style}" x="{box.x + PADDING:g}" y="{box.y + PADDING + LINE * number - 3:g}">{escape(line)}</text>'
        for number, (style, line) in enumerate(box.lines, 1)
    )
    return f'<rect x="{box.x:g}" y="{box.y:g}" width="{box.width:g}" height="{box.height:g}" rx="4"/>{text}'


def draw_arrow(upper: Box, lower: Box, *, next_row: bool, lane: float) -> str:
    """An arrow from an imported room down to its importer: straight to the next row, else along a lane in the gutter."""
    if next_row:
        low, high = max(upper.x, lower.x), min(upper.x + upper.width, lower.x + lower.width)
        if low < high:
            x = (low + high) / 2
            return f'<path d="M{x:g} {upper.y + upper.height:g} V{lower.y - 2:g}"/>'
    start, end = upper.y + upper.height / 2, lower.y + lower.height / 2
    return f'<path d="M{upper.x:g} {start:g} H{lane:g} V{end:g} H{lower.x - 2:g}"/>'


def draw_package(package: str, rooms: dict[str, Room], *, left: float) -> tuple[list[str], float]:
    """The column of one package, and the height it takes."""
    layers = layers_of(package)
    rows = {name: row for row, layer in enumerate(layers) for name in layer}
    boxes = place_boxes(rooms, layers, left=left)
    parts = [f'<text class="head" x="{left:g}" y="{TOP - 16}">{PACKAGES[package]}/{package}</text>']
    arrows = sorted(arrows_of(rooms), key=lambda arrow: rows[arrow[1]] - rows[arrow[0]])
    for number, (imported, importer) in enumerate(arrows):
        lane = left - 6 - (number % 6) * 6
        next_row = rows[importer] - rows[imported] == 1
        parts.append(draw_arrow(boxes[imported], boxes[importer], next_row=next_row, lane=lane))
    parts += [draw_box(box) for box in boxes.values()]
    return parts, max(box.y + box.height for box in boxes.values())


def picture() -> str:
    """The whole picture as SVG."""
    flows = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
    graph = grimp.build_graph(*PACKAGES, cache_dir=None)
    parts: list[str] = []
    bottom = 0.0
    for number, package in enumerate(PACKAGES):
        left = MARGIN + GUTTER + number * (COLUMN + GUTTER)
        drawn, height = draw_package(package, rooms_of(package, graph, flows), left=left)
        parts += drawn
        bottom = max(bottom, height)
    width = MARGIN * 2 + GUTTER + len(PACKAGES) * (COLUMN + GUTTER) - GUTTER
    about = (
        "Data go down: a room imports only rooms above it, and an arrow leads from a room to those that use it "
        "(arrows that follow from others are left out)."
    )
    core = "Training and serving never import each other. “core: …” names the rooms of models/graduasi that a room imports."
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {bottom + MARGIN:g}" width="{width}" height="{bottom + MARGIN:g}" '
        f'role="img" aria-label="The rooms of graduasi and what each imports"><style>{STYLE}</style>'
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        '<polygon points="0,0 8,4 0,8" fill="#777"/></marker></defs>'
        f'<text x="{MARGIN}" y="26">{escape(about)}</text><text x="{MARGIN}" y="44">{escape(core)}</text>'
        + "\n".join(parts)
        + "</svg>\n"
    )


def main(arguments: list[str]) -> int:
    """Write the picture, or with --check only compare it."""
    drawn = picture()
    if "--check" in arguments:
        if PICTURE.is_file() and PICTURE.read_text(encoding="utf-8") == drawn:
            return 0
        print(
            f"{PICTURE.relative_to(ROOT)} is not what the code says; run: .venv/bin/python tools/architecture.py",
            file=sys.stderr,
        )
        return 1
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    PICTURE.write_text(drawn, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
