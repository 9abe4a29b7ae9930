"""A regression as dots: what is drawn, under which heading, and where no effect stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from diplab.presentation.coefficient_lines import coefficient_lines, is_of_coefficients
from diplab.presentation.dot_names import Named
from diplab.presentation.labels import labels_over
from diplab.presentation.regression_table import regression_title
from diplab.presentation.terms import wording
from diplab.reference.text import LANGUAGES, Text
from diplab.results.regression import Regression

if TYPE_CHECKING:
    from diplab.microdata.codebook import Codebook
    from diplab.reference.text import Language
    from diplab.results.estimates import Estimates

__all__ = ["are_ratios", "drawn_terms", "named_terms", "no_effect", "statistic_of_terms", "titled_terms"]

RATIOS = ("odds_ratio", "rate_ratio")
EFFECTS = ("coefficient", "marginal_effect")


def drawn_terms(estimates: Estimates) -> Estimates:
    """Return the rows of a regression that a chart shows, all but the constant and the cut points; others as they are.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> people = pd.DataFrame({"sex": ["f", "f", "m", "m"], "hours": [10.0, 20.0, 30.0, 50.0]})
    >>> len(drawn_terms(dl.regress(dl.declare_design(people), "hours ~ sex")))
    1
    """
    if not (isinstance(estimates, Regression) and is_of_coefficients(estimates)):
        return estimates
    frame = estimates.frame
    return estimates.rows((frame["statistic"] != "cut") & (frame["variable"] != "intercept"))


def named_terms(estimates: Estimates, labels: Codebook | None) -> list[Named] | None:
    """Return the headings and the label of each term of a regression; None for other results.

    The answers of a multinomial model are the first headings, and its variables stand under them.
    """
    if not (isinstance(estimates, Regression) and is_of_coefficients(estimates)):
        return None
    held = labels_over(labels, estimates.codebook)
    both = [coefficient_lines(estimates, language, held) for language in LANGUAGES]
    named = []
    for pair in zip(*both, strict=True):
        outcome, head, label = (
            Text(*(getattr(line, part) for line in pair)) for part in ("outcome", "head", "label")
        )
        named.append(Named(label, outcome, head) if outcome else Named(label, head))
    return named


def titled_terms(estimates: Estimates, language: Language, labels: Codebook | None) -> str | None:
    """Return the title of a regression; None for other results."""
    if not (isinstance(estimates, Regression) and is_of_coefficients(estimates)):
        return None
    return regression_title(estimates, language, labels_over(labels, estimates.codebook))


def statistic_of_terms(estimates: Estimates) -> Text:
    """Return what the dots of a regression are, for the axis; nothing where there is no dot."""
    name = next(iter(estimates.frame["statistic"]), "")
    return Text(*(wording("statistic", str(name), each) for each in LANGUAGES))


def are_ratios(estimates: Estimates) -> bool:
    """Return whether all rows are ratios of odds, rates or estimates, which are counted on a logarithmic axis."""
    if _contrast(estimates) == "ratio":
        return bool((estimates.frame["estimate"] > 0).all())
    kinds = set(estimates.frame["statistic"])
    return bool(kinds) and kinds <= set(RATIOS)


def no_effect(estimates: Estimates) -> float | None:
    """Return the value that says that nothing changes: 1 for ratios, 0 for differences, coefficients and effects.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> people = pd.DataFrame({"hours": [10.0, 20.0, 30.0, 50.0]})
    >>> no_effect(dl.estimate(dl.declare_design(people), dl.mean("hours"))) is None
    True
    """
    kinds = set(estimates.frame["statistic"])
    contrast = _contrast(estimates)
    if contrast == "ratio" or are_ratios(estimates):
        return 1.0
    return 0.0 if contrast == "difference" or (kinds and kinds <= set(EFFECTS)) else None


def _contrast(estimates: Estimates) -> str:
    return estimates.provenance.rules.get("contrast", "").partition(" ")[0]
