"""Areas of your own, from a file or a mapping of GeoJSON, as the shapes of a map."""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from diplab.errors import OptionError, near_names, quoted_names, suggestion

MOST_BYTES = 64 * 1024**2
MOST_POINTS = 2_000_000
LONG_SIDE = 600.0  # of the drawn areas, in the unit of the shapes
NAMES = ("name", "nom", "label", "libelle", "libgeo", "nom_com", "nom_dep", "nom_reg")
"""Properties that name an area, in small letters."""
MOST_NAMED = 6

Point = tuple[float, float]
Ring = list[Point]


@dataclass(frozen=True)
class Shapes:
    """Areas by code, each with its name and its rings of x and y in turn, y downwards."""

    areas: Mapping[str, Mapping[str, Any]]
    width: float
    height: float

    def code_of(self, written: str) -> str:
        """Return the code of a shape for one of the data."""
        return _code_among(written, self.areas)

    def check_codes(self, codes: Sequence[str]) -> None:
        """Raise an error for codes that no shape has."""
        absent = [code for code in codes if self.code_of(code) not in self.areas]
        if not absent:
            return
        shown = [f"`{code}`" for code in absent[:MOST_NAMED]]
        more = f" and {len(absent) - MOST_NAMED} more" * (len(absent) > MOST_NAMED)
        near = near_names(absent[0], self.areas)
        write = f"The nearest to `{absent[0]}` are {quoted_names(near)}." if near else ""
        raise OptionError(
            f"{len(absent)} of {len(codes)} codes have no shape: {', '.join(shown)}{more}.",
            f"The {len(self.areas)} shapes have codes such as "
            f"{quoted_names(list(self.areas)[:3])}.",
            write or "Write `shape_code=`, the property of the shapes that holds the codes.",
        )


def shapes_of(given: object, codes: Sequence[str], shape_code: str | None) -> Shapes:
    """Return the shapes of GeoJSON by the property that holds the codes of the data.

    `shape_code` names it; by default it is the one that has most of the codes.
    """
    features = _features(given)
    properties = [_properties(feature) for feature in features]
    name = _code_property(properties, codes, shape_code)
    rings_by_code: dict[str, list[Ring]] = {}
    names: dict[str, str] = {}
    points = 0
    for position, (feature, held) in enumerate(zip(features, properties, strict=True), 1):
        code = _text(held.get(name))
        if not code:
            raise OptionError(
                f"Shape {position} of {len(features)} has no code in `{name}`.",
                f"Its properties are {quoted_names(held) or 'none'}.",
                "Give it its code, leave it out, or name another property: `shape_code=`.",
            )
        rings = list(_rings(feature.get("geometry"), code))
        points += sum(map(len, rings))
        if points > MOST_POINTS:
            raise OptionError(
                f"`shapes` has more than {MOST_POINTS:,} points.",
                write="Simplify it first, for example with mapshaper.",
            )
        # several shapes of one code, such as islands, are one area
        rings_by_code.setdefault(code, []).extend(rings)
        names.setdefault(code, _name(held) or code)
    return _fitted(rings_by_code, names)


def _features(given: object) -> list[Mapping[str, Any]]:
    """Return the features of a collection, or raise an error for anything else."""
    read = given
    if isinstance(given, str | Path):
        read = _parsed(Path(given))
    kind = read.get("type") if isinstance(read, Mapping) else type(read).__name__
    found = read.get("features") if isinstance(read, Mapping) else None
    if kind != "FeatureCollection" or not isinstance(found, Sequence) or not found:
        what = {"Topology": "It is TopoJSON.", "FeatureCollection": "It has no feature."}
        raise OptionError(
            "`shapes` is not a collection of areas in GeoJSON.",
            what.get(str(kind), f"It is of type {kind!r}."),
            "Write the path of a file of GeoJSON whose type is `FeatureCollection`, or its "
            "content as a dictionary.",
        )
    for position, feature in enumerate(found, 1):
        if not isinstance(feature, Mapping):
            raise OptionError(f"Shape {position} of `shapes` is not a feature of GeoJSON.")
    return list(found)


def _parsed(path: Path) -> Any:
    """Return the content of a file, within a limit of size."""
    try:
        size = path.stat().st_size
        if size > MOST_BYTES:
            raise OptionError(
                f"`shapes={str(path)!r}` has {size / 1024**2:.0f} MiB, more than "
                f"{MOST_BYTES // 1024**2}.",
                write="Simplify it first, for example with mapshaper.",
            )
        content = path.read_bytes()
    except OSError as missing:
        raise OptionError(
            f"`shapes={str(path)!r}` cannot be read.", f"{missing.strerror}.", "Check the path."
        ) from missing
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as broken:
        raise OptionError(
            f"`shapes={str(path)!r}` is not JSON.",
            write="Export the areas as GeoJSON, with longitudes and latitudes (EPSG:4326).",
        ) from broken


def _properties(feature: Mapping[str, Any]) -> dict[str, Any]:
    """Return the properties of a feature, with its `id` among them."""
    found = feature.get("properties")
    held = dict(found) if isinstance(found, Mapping) else {}
    if "id" in feature:
        held.setdefault("id", feature["id"])
    return held


def _code_property(
    properties: Sequence[Mapping[str, Any]], codes: Sequence[str], asked: str | None
) -> str:
    """Return the property that holds the codes: the one named, or that which has most of them."""
    known = list(dict.fromkeys(name for held in properties for name in held))
    if asked is not None:
        if asked not in known:
            raise OptionError(
                f"`shape_code={asked!r}` is not a property of the shapes.",
                "",
                suggestion(asked, known),
            )
        return asked
    most, best = 0, None
    for name in known:
        values = {_text(held.get(name)) for held in properties} - {""}
        if not values:
            continue
        matched = sum(_code_among(code, values) in values for code in codes)
        if matched > most:
            most, best = matched, name
    if best is None:
        raise OptionError(
            "No property of the shapes holds the codes of the data.",
            f"Codes are such as {quoted_names(codes[:3])}; the properties are "
            f"{quoted_names(known) or 'none'}.",
            "Write `shape_code=`, or give the shapes their codes.",
        )
    return best


def _code_among(written: str, known: Collection[str]) -> str:
    """Return a code as others are written: 01 for 1 and 1.0 where they have two digits."""
    code = written.strip().removesuffix(".0")
    if code in known or not code.isdigit():
        return code
    return code.zfill(max(map(len, known)))


def _text(value: object) -> str:
    """Return a code as text; empty for what is none."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return str(value).strip().removesuffix(".0")


def _name(held: Mapping[str, Any]) -> str:
    """Return the name of an area among its properties; empty if there is none."""
    lowered = {str(name).lower(): value for name, value in held.items()}
    return next((_text(lowered[name]) for name in NAMES if _text(lowered.get(name))), "")


def _rings(geometry: Any, code: str) -> Iterator[Ring]:
    """Yield the rings of a polygon or of several; other geometries raise an error."""
    kind = geometry.get("type") if isinstance(geometry, Mapping) else None
    held: Any = geometry.get("coordinates") if isinstance(geometry, Mapping) else None
    parts: Any = [held] if kind == "Polygon" else held
    try:
        if kind not in ("Polygon", "MultiPolygon"):
            raise TypeError
        for part in parts:
            for ring in part:
                points = [(float(point[0]), float(point[1])) for point in ring]
                if not all(map(math.isfinite, chain.from_iterable(points))):
                    raise ValueError
                yield points
    except (TypeError, ValueError, IndexError, KeyError) as broken:
        why = f"Its geometry is {kind!r}."
        if kind in ("Polygon", "MultiPolygon"):
            why = "Its coordinates are not all numbers."
        raise OptionError(
            f"The shape `{code}` is not an area.",
            why,
            "An area is a `Polygon` or a `MultiPolygon` of pairs of numbers.",
        ) from broken


def _fitted(rings_by_code: Mapping[str, list[Ring]], names: Mapping[str, str]) -> Shapes:
    """Return areas scaled to one size; degrees are stretched to true proportions."""
    xs: list[float] = []
    ys: list[float] = []
    for rings in rings_by_code.values():
        for ring in rings:
            for x, y in ring:
                xs.append(x)
                ys.append(y)
    if not xs:
        raise OptionError("`shapes` has no points.")
    left, right, low, high = min(xs), max(xs), min(ys), max(ys)
    shrink = 1.0
    if left >= -180 and right <= 180 and low >= -90 and high <= 90:
        # beyond these, coordinates are metres of a projection
        shrink = math.cos(math.radians((low + high) / 2))
    span = max((right - left) * shrink, high - low)
    if span <= 0:
        raise OptionError("`shapes` has no area: all its points are one.")
    scale = LONG_SIDE / span
    areas = {}
    for code, rings in rings_by_code.items():
        drawn: list[Ring] = []
        for ring in rings:
            drawn.append([])
            for x, y in ring:
                drawn[-1].append(((x - left) * shrink * scale, (high - y) * scale))
        areas[code] = {"name": names[code], "rings": _flat(drawn)}
    return Shapes(areas, (right - left) * shrink * scale, (high - low) * scale)


def _flat(rings: Sequence[Ring]) -> list[list[float]]:
    """Return rings as x and y in turn, without points nearer than print shows."""
    flat = []
    for ring in rings:
        kept: Ring = []
        for x, y in ring:
            point = round(x, 1), round(y, 1)
            if not kept or point != kept[-1]:
                kept.append(point)
        if len(set(kept)) > 2:
            flat.append(list(chain.from_iterable(kept)))
    # areas smaller than that keep their points
    return flat or [list(chain.from_iterable(ring)) for ring in rings]
