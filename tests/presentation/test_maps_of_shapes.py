"""Maps of your own areas: from GeoJSON, with the codes of the data and a credit."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
from matplotlib.patches import PathPatch

import diplab as dl
from diplab.errors import OptionError
from diplab.presentation.charts import geojson
from diplab.presentation.charts.map import Area
from diplab.presentation.writers.figures import content_of
from diplab.reference.text import Text

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType


def square(x: float, y: float, side: float = 1.0) -> list[list[float]]:
    """Return a closed ring of longitudes and latitudes."""
    return [[x, y], [x + side, y], [x + side, y + side], [x, y + side], [x, y]]


def feature(code: Any, *rings: Any, **properties: Any) -> dict[str, Any]:
    shape = {"type": "Polygon", "coordinates": list(rings)}
    held = {"cod": code, "nombre": "x", **properties}
    return {"type": "Feature", "properties": held, "geometry": shape}


def collection(*features: Any) -> dict[str, Any]:
    return {"type": "FeatureCollection", "features": list(features)}


ISLAND = feature("03", square(-69.5, -33.5, 0.2))
COMMUNES = collection(
    feature("01", square(-70, -33), name="Arica"),
    feature("02", square(-69, -33), name="Iquique"),
    feature("03", square(-70, -34), square(-69.8, -33.8, 0.5), name="Taltal"),
    ISLAND,
    feature("04", square(-69, -34), name="Tocopilla"),
)
AREAS = [Area("1", 10.0), Area("02", 20.0), Area("3.0", 40.0)]


def chart(shapes: Any = COMMUNES, areas: Any = AREAS, **options: Any) -> Any:
    return dl.chart(areas, "map", title="a", shapes=shapes, **options)


def test_areas_of_ones_own_are_drawn_by_their_codes(layout: ModuleType) -> None:
    credit = Text("INE, 2020", "INE, 2020")
    for language, said in (("fr", "Fond de carte\u00a0: INE, 2020"), ("en", "Shapes: INE, 2020")):
        figure = chart(language=language, map_credit=credit)
        assert said in [text.get_text() for text in figure.axes[0].texts]
        assert layout.overlaps(figure) == []
    assert figure.chart.values == {"01": 10.0, "02": 20.0, "03": 40.0}
    assert figure.chart.absent == ["04"]
    assert figure.chart.in_words("en") == "Map. Arica\u00a010; Iquique\u00a020; Taltal\u00a040."
    assert not any("Shapes" in text.get_text() for text in chart().axes[0].texts)
    drawn = [shape for shape in figure.axes[0].findobj(PathPatch) if shape.get_zorder() == 2]
    # the hole and the island of Taltal are parts of one area
    rings = [sum(code == 1 for code in shape.get_path().codes) for shape in drawn]
    assert rings == [1, 1, 3, 1]
    assert [shape.get_hatch() for shape in drawn] == ["", "", "", "//////"]
    # north is up, and a degree of longitude is shorter than one of latitude
    xs, ys = drawn[0].get_path().vertices.T
    assert max(ys) < min(drawn[3].get_path().vertices.T[1]) + 0.2
    assert (max(xs) - min(xs)) / (max(ys) - min(ys)) == pytest.approx(0.8387, abs=0.002)


def test_a_file_and_its_content_give_one_map(tmp_path: Path) -> None:
    file = tmp_path / "communes.geojson"
    file.write_text(json.dumps(COMMUNES), encoding="utf-8")
    of_file, of_path, of_content = (chart(each).chart for each in (str(file), file, COMMUNES))
    assert of_file.shapes == of_path.shapes == of_content.shapes
    content = content_of(of_file, "fr")
    assert content == content_of(of_content, "fr") != ""
    other = collection(*COMMUNES["features"][:3])
    assert content_of(chart(other).chart, "fr") != content
    once, twice = (dl.save(chart(file), tmp_path / f"{name}.svg").read_bytes() for name in "ab")
    assert once == twice


def test_a_result_is_drawn_on_shapes_of_ones_own() -> None:
    frame = pd.DataFrame({"cod": [1, 2, 3, 4] * 10, "pay": range(40)})
    found = dl.estimate(dl.declare_design(frame), dl.mean("pay"), by="cod")
    figure = dl.chart(
        found, "map", shapes=COMMUNES, shape_code="cod", map_credit="INE", style="grey"
    )
    assert figure.chart.values == {"01": 18.0, "02": 19.0, "03": 20.0, "04": 21.0}
    assert "Arica" in figure.caption.description
    # coordinates in metres are not stretched
    metres = collection(feature("01", square(600_000, 6_600_000, 1000)))
    shapes = chart(metres, [Area("01", 1.0)]).chart.shapes
    assert (shapes.width, shapes.height) == pytest.approx((600, 600))


def test_a_tall_country_stays_on_its_page() -> None:
    tall = collection(feature("01", square(-70, -50)), feature("02", square(-70, -20)))
    figure = chart(tall, [Area("01", 1.0), Area("02", 2.0)])
    width, height = figure.get_size_inches() * 72
    assert height < 600
    low, high = figure.axes[0].get_xlim()
    box = figure.axes[0].get_position()
    across = (high - low) / (box.width * width)
    up = abs(float(figure.axes[0].get_ylim()[0])) / (box.height * height)
    assert across == pytest.approx(up)


def test_shapes_and_codes_that_do_not_fit_are_refused(
    tmp_path: Path, refused: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    point = {"type": "Feature", "properties": {"cod": "01"}}
    point["geometry"] = {"type": "Point", "coordinates": [0, 0]}
    endless = {"type": "Polygon", "coordinates": [[[0, 0], [float("nan"), 1], [1, 1]]]}
    calls: list[Callable[[], Any]] = [
        lambda: chart(areas=[*AREAS, Area("11", 1.0), Area("12", 1.0)]),
        lambda: chart(areas=[Area("A", 1.0)]),
        lambda: chart(collection(*COMMUNES["features"], feature(None, square(0, 0)))),
        lambda: chart(shape_code="code"),
        lambda: chart({"type": "Topology", "objects": {}}),
        lambda: chart(collection()),
        lambda: chart([1]),
        lambda: chart(collection(point), [Area("01", 1.0)]),
        lambda: chart(collection({**feature("01"), "geometry": endless}), [Area("01", 1.0)]),
        lambda: chart(collection(feature("01", [[0, 0]] * 4)), [Area("01", 1.0)]),
        lambda: dl.chart(AREAS, "map", title="a", map_credit="INE"),
    ]
    for call in calls:
        refused(call, OptionError)
    monkeypatch.chdir(tmp_path)
    refused(lambda: chart("absent.geojson"), OptionError)
    Path("broken.geojson").write_text("[" * 100_000, encoding="utf-8")
    refused(lambda: chart("broken.geojson"), OptionError)
    monkeypatch.setattr(geojson, "MOST_BYTES", 1024)
    refused(lambda: chart("broken.geojson"), OptionError)
    monkeypatch.setattr(geojson, "MOST_POINTS", 20)
    refused(chart, OptionError)
