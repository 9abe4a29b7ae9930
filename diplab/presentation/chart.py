"""The public verb that draws estimates."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from diplab.errors import OptionError, one_of
from diplab.presentation.charts.circles import Circle, Circles
from diplab.presentation.charts.dots import Dot, Dots
from diplab.presentation.conventions import synthetic
from diplab.presentation.estimate_rows import Row, heading, rows_in_words
from diplab.presentation.notes import Notes
from diplab.presentation.style import WIDTHS
from diplab.presentation.terms import term
from diplab.reference.text import NOTHING, Text

if TYPE_CHECKING:
    from diplab.microdata.codebook import Codebook
    from diplab.presentation.charts.chart import Chart
    from diplab.presentation.page import PrintedFigure
    from diplab.reference.text import Language
    from diplab.results.estimates import Estimates

__all__ = ["KINDS", "chart"]

KINDS = ("dots", "circles")


def chart(
    estimates: Estimates,
    kind: str = "dots",
    language: Language = "en",
    *,
    title: Text | str | None = None,
    notes: Notes | None = None,
    alt: Text | str | None = None,
    labels: Codebook | None = None,
    percent: bool | None = None,
    decimals: int | None = None,
    width: str = "text",
) -> PrintedFigure:
    """Return estimates as a figure for print, in French or in English.

    Parameters
    ----------
    estimates : Estimates
        The numbers.
    kind : {"dots", "circles"}
        Dots with intervals, or circles to area (one inside the other: only for nested populations).
    language : {"fr", "en"}
        Language of the reader.
    title : Text or str, optional
        Title above; by default the statistic and the variable.
    notes : Notes, optional
        *Lecture*, *Champ*, *Source*, note, unit; what is missing there is taken from the provenance.
    alt : Text or str, optional
        The figure told to one who cannot see it; by default its rows and numbers.
    labels : Codebook, optional
        Labels of variables and answers.
    percent : bool, optional
        Print as percentages; by default where every estimate is a share or a rate.
    decimals : int, optional
        Digits after the decimal mark; by default one for percentages and none otherwise.
    width : {"column", "text", "page"}
        Width in print: 85, 130 or 180 mm.

    Returns
    -------
    matplotlib.figure.Figure
        The figure; `diplab.save` writes it as svg, pdf or png.

    Raises
    ------
    OptionError
        For another kind, width or language, and for circles that are not nested.

    Examples
    --------
    >>> import pandas as pd
    >>> import diplab as dl
    >>> people = pd.DataFrame({"hours": [10.0, 20.0, 30.0, 40.0]})
    >>> figure = chart(dl.estimate(dl.declare_design(people), dl.mean("hours")), language="fr")
    >>> figure.caption.title
    'Moyenne – hours'
    """
    if kind not in KINDS:
        raise one_of("`kind`", kind, KINDS)
    if width not in WIDTHS:
        raise one_of("`width`", width, WIDTHS)
    both: dict[Language, list[Row]] = {
        "fr": rows_in_words(estimates, "fr", labels, percent, decimals),
        "en": rows_in_words(estimates, "en", labels, percent, decimals),
    }
    names = _names(both, len(estimates.by) > 0)
    said: dict[str, Any] = {
        "title": _text(title, Text(heading(both["fr"], "fr"), heading(both["en"], "en"))),
        "notes": _notes(estimates, notes),
        "alt": _text(alt, _alt(both, names)),
        "width": WIDTHS[width],
    }
    if kind == "circles":
        return _circles(estimates, names, said).figure(language)
    return _dots(estimates, names, both["en"], said, decimals).figure(language)


def _dots(
    estimates: Estimates, names: list[Text], rows: list[Row], said: dict[str, Any], decimals: int | None
) -> Chart:
    in_percent = all(row.estimate.text.endswith("%") or row.estimate.number is None for row in rows)
    places = max((_places(row.estimate.text) for row in rows), default=0) if decimals is None else decimals
    dots = tuple(
        Dot(
            name,
            row.estimate.number,
            _known(low),
            _known(high),
            bounds=row.estimate.number is None,
        )
        for name, row, low, high in zip(
            names, rows, estimates.frame["ci_low"], estimates.frame["ci_high"], strict=True
        )
    )
    confidence = float(estimates.provenance.rules.get("confidence", "0.95"))
    return Dots(rows=dots, percent=in_percent, decimals=places, confidence=confidence, **said)


def _circles(estimates: Estimates, names: list[Text], said: dict[str, Any]) -> Chart:
    if not estimates.provenance.nested:
        raise OptionError(
            f"Circles of {len(names)} estimates were asked.",
            "Their provenance does not say that each population is inside the next.",
            "Write `kind='dots'`, or `estimates.described(nested=True)` if they are nested.",
        )
    sizes = [float(size) for size in estimates.frame["estimate"]]
    return Circles(circles=tuple(map(Circle, names, sizes)), **said)


def _names(both: dict[Language, list[Row]], domains: bool) -> list[Text]:
    several = {
        part: len({getattr(row, part) for row in both["en"]}) > 1 for part in ("statistic", "variable")
    }

    def name(row: Row) -> str:
        parts = [*row.by] if domains else []
        parts += [getattr(row, part) for part, differ in several.items() if differ]
        parts += [row.category] if row.category else []
        named = ", ".join(part for part in parts if part) or row.variable or row.statistic
        return f"{named} ({row.remark})" if row.remark else named

    return [Text(name(fr), name(en)) for fr, en in zip(both["fr"], both["en"], strict=True)]


def _alt(both: dict[Language, list[Row]], names: list[Text]) -> Text:
    def told(language: Language) -> str:
        rows = zip(names, both[language], strict=True)
        parts = [
            f"{name.in_(language)} {row.estimate.text} {row.interval.text}".strip() for name, row in rows
        ]
        return f"{term('word.figure', language)}. {'; '.join(parts)}."

    return Text(told("fr"), told("en"))


def _text(given: Text | str | None, otherwise: Text) -> Text:
    if given is None:
        return otherwise
    return Text.same(given) if isinstance(given, str) else given


def _notes(estimates: Estimates, notes: Notes | None) -> Notes:
    own = notes or Notes()
    provenance = estimates.provenance
    cautions = own.note
    if provenance.indicative:
        key = "sentence.indicative"
        cautions = Text(
            f"{term(key, 'fr')} {own.note.fr}".strip(),
            f"{term(key, 'en')} {own.note.en}".strip(),
        )
    return Notes(
        lecture=own.lecture,
        champ=own.champ or provenance.base,
        source=own.source or provenance.source,
        note=cautions or NOTHING,
        unit=own.unit,
        synthetic=synthetic(provenance, notes),
    )


def _known(value: Any) -> float | None:
    return None if value is None or math.isnan(value) else float(value)


def _places(text: str) -> int:
    digits = text.rstrip("%").partition(".")[2]
    return len(digits) if digits.isdigit() else 0
