"""One registration per kind of result and per kind of chart: what registers is found, by `dl.table` and `dl.chart`."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import pandas as pd

import diplab as dl
from diplab.errors import OptionError
from diplab.microdata.missing import ReasonCounts
from diplab.presentation.charts.chart import Chart, Margins, chart_kinds, extent
from diplab.presentation.layouts.registry import TableRequest, drawing, layout, load_layouts
from diplab.presentation.sheet import Cell, Sheet
from diplab.results.comparison import Comparison, PopulationComparison
from diplab.results.estimates import BandedEstimates, Estimates
from diplab.results.hypothesis_test import Test
from diplab.results.plan import Plan
from diplab.results.regression import MarginalEffects, Regression
from diplab.results.sizes import Sizes
from diplab.results.tables import Crosstab, Decomposition, Summary

if TYPE_CHECKING:
    from types import ModuleType

WIDTH = {85.0: "column", 130.0: "text", 180.0: "page"}
RESULTS = (
    *(BandedEstimates, Comparison, Crosstab, Decomposition, Estimates, MarginalEffects, Plan),
    *(PopulationComparison, ReasonCounts, Regression, Sizes, Summary, Test),
)


def test_every_kind_of_result_has_a_layout_of_its_own() -> None:
    for kind in RESULTS:
        load_layouts(kind, layout.registry)
        assert kind in layout.registry
    kinds = [
        "bars",
        "circles",
        "density",
        "dots",
        "dumbbell",
        "histogram",
        "likert",
        "lines",
        "lorenz",
    ]
    kinds += ["map", "pyramid", "sensitivity_curve", "slope", "survival"]
    assert list(chart_kinds()) == kinds


def test_data_become_the_chart_that_its_class_makes(samples: ModuleType) -> None:
    for chart in samples.CHARTS.values():
        options = {each.name: getattr(chart, each.name) for each in fields(chart)}
        own = {name: options.pop(name) for name in ("title", "notes", "alt")}
        assert options.pop("series_colours") == {}
        width = WIDTH[options.pop("width")]
        data = options.pop(chart.data)
        if chart.kind == "sensitivity_curve":
            data = tuple(zip(data, options.pop("y"), strict=True))
        assert dl.chart(data, chart.kind, width=width, **own, **options).chart == chart


def test_a_new_kind_of_chart_is_reached_by_its_name() -> None:
    @dataclass(frozen=True, kw_only=True)
    class Square(Chart, kind="square", data="sides", item=float):
        sides: tuple[float, ...]

        def margins(self, language: str, room: float) -> Margins:
            return Margins()

        def height(self, language: str, room: float) -> float:
            return room

        def draw(self, axes: object, language: str) -> None:
            assert extent(axes)[0] > 0  # type: ignore[arg-type]

    try:
        figure = dl.chart([1.0], "square", title="A square")
        assert figure.chart.sides == (1.0,)
    finally:
        del Chart.kinds["square"]


def test_a_new_kind_of_result_is_laid_out_and_drawn_as_it_registers() -> None:
    @dataclass(frozen=True)
    class Answer:
        text: str

    @layout.register(Answer)
    def answer_sheet(answer: Answer, request: TableRequest) -> Sheet:
        return Sheet(request.title_or("An answer"), ("Answer",), ((Cell(answer.text),),), ("left",))

    assert dl.table(Answer("42")).sheet.rows[0][0].text == "42"
    assert dl.table(Answer("42"), title="Ours").sheet.title == "Ours"
    assert drawing.dispatch(Answer) is drawing.dispatch(object)


def test_what_a_kind_of_chart_does_not_take_is_refused(refused: Any) -> None:
    hours = dl.estimate(dl.declare_design(pd.DataFrame({"hours": [10.0, 20.0]})), dl.mean("hours"))
    refused(lambda: dl.chart([], "dots", title="a", colour="red"), OptionError)
    refused(lambda: dl.chart([1.0], "circles", title="a"), OptionError)
    refused(lambda: dl.chart([1.0], "sensitivity_curve", title="a"), OptionError)
    refused(lambda: dl.chart(hours, bandwidth=1.0), OptionError)
    refused(lambda: dl.chart(hours, "sensitivity_curve"), OptionError)
    refused(lambda: dl.chart([(2020, 8.0)], "sensitivity_curve", title="a"), OptionError)
    refused(lambda: dl.chart(hours, width="wide"), OptionError)
