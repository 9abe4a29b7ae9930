"""Drawings of estimates of areas, which say that they are from a model."""

from __future__ import annotations

from dataclasses import replace

from diplab.presentation.language import capital, rule
from diplab.presentation.layouts import registry
from diplab.presentation.layouts.drawings import estimates_drawing
from diplab.reference.text import LANGUAGES, Text
from diplab.results.areas import AreaEstimates


@registry.drawing.register(AreaEstimates)
def areas_drawing(areas: AreaEstimates, request: registry.ChartRequest) -> registry.Drawing:
    """Return the drawing of estimates of areas, with the name of their model."""
    model = areas.provenance.rules.get("area_model", "")
    named = (f"{capital(rule('area_model', model, code))}." for code in LANGUAGES)
    return replace(estimates_drawing(areas, request), method=Text(*named))
