"""What is written down about an estimate: the rules in force, what is missing and why, where the data come from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from diplab import __version__
from diplab.estimators.prepared import option_text, parameter_date
from diplab.reference.parameter import Parameter
from diplab.reference.text import Text
from diplab.results.provenance import Provenance
from diplab.sampling.condition import together
from diplab.sampling.totals import Totals

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from diplab.inference.computed import Computed
    from diplab.sampling.sample import Sample

__all__ = ["provenance_of"]


def _reasons(sample: Sample, missing: Mapping[str, int]) -> dict[str, Mapping[str, int]]:
    """Return the reasons of missing answers, where those that the codebook counted are these."""
    known = sample.codebook.reasons
    return {
        name: known[name] for name, count in missing.items() if sum(known.get(name, {}).values()) == count
    }


_PRINTED_FIRST = (
    *(
        "interval",
        "undecided",
        "quantile_rule",
        "convention",
        "threshold_on",
        "fraction",
        "threshold",
        "band",
    ),
    *("nonpositive", "groups", "gap_of", "full_week"),
)
"""Rules that are options of statistics, in the order in which they are printed; others follow."""


def _options(computed: Sequence[Computed]) -> dict[str, str]:
    """Return the options in force, each with its values over the statistics of the result."""
    values: dict[str, dict[str, None]] = {name: {} for name in _PRINTED_FIRST}
    for each in computed:
        options = each.bound.options_in_force
        for option, rule in each.bound.description.rules:
            if options.get(option) is not None:
                values.setdefault(rule, {})[option_text(options[option])] = None
    units = dict.fromkeys(each.unit for each in _parameters(computed))
    rules = {rule: ", ".join(texts) for rule, texts in values.items() if texts}
    return rules | ({"threshold_unit": "; ".join(units)} if units else {})


def _parameters(computed: Sequence[Computed]) -> list[Parameter]:
    """Return the dated numbers that the statistics lean on, each once."""
    given = [each.bound.options.get("threshold") for each in computed]
    return list(dict.fromkeys(each for each in given if isinstance(each, Parameter)))


def _documented(parameter: Parameter) -> str:
    """Return the document of a dated number, with the page where there is one."""
    return ", ".join(each for each in (parameter.source, parameter.page) if each)


def _source(file: str, parameters: Sequence[Parameter]) -> Text:
    """Return the file of the data, and the document of each dated number."""
    own = [Text.same(file)] if file else []
    own += [
        Text(
            f"{each.label.fr} ({parameter_date(each)})\N{NO-BREAK SPACE}: {_documented(each)}",
            f"{each.label.en} ({parameter_date(each)}): {_documented(each)}",
        )
        for each in parameters
    ]
    return Text(
        "\N{NARROW NO-BREAK SPACE}; ".join(each.fr for each in own), "; ".join(each.en for each in own)
    )


def _gone(each: Computed, everyone: int) -> int:
    """Return the rows that one statistic leaves out: without an answer that is needed, or undecided."""
    counted = each.n if each.linearised.counted is None else each.totals.n
    return everyone - int(counted.sum()) + each.linearised.undecided


def _of_whom(sample: Sample) -> dict[str, str]:
    said = {"universe": together(sample.said_of_population), "where": together(sample.said_of_domain)}
    return {name: words for name, words in said.items() if words}


def provenance_of(
    sample: Sample, computed: Sequence[Computed], confidence: float, df: str, domains: tuple[str, ...]
) -> Provenance:
    """Return the provenance of statistics computed on a sample.

    Parameters
    ----------
    sample : Sample
        For its design, its conditions and its codebook.
    computed : sequence of Computed
        The statistics.
    confidence : float
        Level of the intervals.
    df : str
        Rule of the degrees of freedom.
    domains : tuple of str
        Domain variables.
    """
    design = sample.design
    rules = {
        "confidence": f"{confidence:.15g}",
        "df": df,
        "na": "drop",
        "lonely_psu": design.lonely_psu,
        "variance": "linearised",
        "diplab": __version__,
    }
    rules |= sample.engine.units.said
    if design.fpc and design.weights is None and sample.engine.units.weights is None:
        # weights do not follow from an fpc that some stage lacks
        rules["weighting"] = "none"
    rules |= sample.replication.said if sample.replication else {}
    rules |= sample.auxiliary.said if sample.auxiliary else {}
    rules |= {**_options(computed), **_of_whom(sample)}
    asked = Totals(sample.engine, computed[0].totals.scope, computed[0].totals.population)
    everyone = int(asked.n.sum())
    gone = {each.bound.variable: _gone(each, everyone) for each in computed}
    missing = {name: count for name, count in gone.items() if count > 0}
    if domains:
        whole = sample.totals((), ())
        outside = int(whole.n.sum()) - everyone
        missing |= {" × ".join(domains): outside} if outside else {}
    origin = sample.codebook.origin
    return Provenance(
        rules=rules,
        source=_source(origin.file, _parameters(computed)),
        status="synthetic" if origin.synthetic else "estimated",
        assumptions=tuple(dict.fromkeys(text for each in computed for text in each.linearised.assumptions)),
        missing=missing,
        reasons=_reasons(sample, missing),
        synthetic=origin.synthetic,
        indicative=design.kind == "opt-in",
    )
