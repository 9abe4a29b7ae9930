"""The provenance of results: rules in force, missing answers with reasons, and data sources."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import reduce
from typing import TYPE_CHECKING, Any

import numpy as np

from diplab.errors import ColumnError
from diplab.estimators.measurement import no_answer_notices, whose_notices
from diplab.estimators.prepared import ColumnNames, option_text
from diplab.estimators.statistic import Linearised
from diplab.inference.covariance import ComputedStatistic, linearised_statistic
from diplab.microdata.multiple_response import Responses
from diplab.reference.parameter import Parameter, figure_in_words, parameter_date
from diplab.reference.text import Text, Words
from diplab.results.estimates import Combined, Crossings, Provenance, join_sources
from diplab.sampling.condition import conjunction
from diplab.sampling.engines.protocol import Scope
from diplab.sampling.expression import ONE, Apply, Expression, column_names
from diplab.sampling.sample import Sample, SampleInMemory
from diplab.sampling.totals import Totals
from diplab.version import __version__

if TYPE_CHECKING:
    from diplab.inference.tables.tabulation import Tabulation

_WORDS = Words("diplab.inference")
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


def _options_in_force(computed: Sequence[ComputedStatistic]) -> dict[str, Any]:
    """Return the options in force, each with its values over the statistics of the result."""
    values: dict[str, dict[str, Any]] = {name: {} for name in _PRINTED_FIRST}
    columns: dict[str, Crossings] = {}
    for item in computed:
        options = item.bound.options_in_force
        for option, rule in item.bound.description.rules:
            value = options.get(option)
            if isinstance(value, ColumnNames):
                columns[rule] = (value.names,)
            elif value is not None:
                text = option_text(value)
                # columns and expressions are what they are called
                values.setdefault(rule, {})[text] = text if isinstance(value, Expression) else value
    units = {parameter.unit: parameter.unit for parameter in _parameters(computed)}
    rules: dict[str, Any] = {rule: texts for rule, texts in values.items() if texts}
    return rules | columns | ({"threshold_unit": units} if units else {})


def _parameters(computed: Sequence[ComputedStatistic]) -> list[Parameter]:
    """Return the dated numbers that the statistics lean on, each once."""
    given = [item.bound.options.get("threshold") for item in computed]
    return list(dict.fromkeys(item for item in given if isinstance(item, Parameter)))


def _source(file: str, parameters: Sequence[Parameter]) -> Text:
    """Return the file of the data, and the document of each dated number."""
    documents = [Text.same(file)] if file else []
    for parameter in parameters:
        date, document = (
            parameter_date(parameter),
            ", ".join(filter(None, (parameter.source, parameter.page))),
        )
        french = f"{parameter.label.fr} ({date})\N{NO-BREAK SPACE}: {document}"
        documents.append(Text(french, f"{parameter.label.en} ({date}): {document}"))
    return join_sources(documents)


def provenance_of(
    sample: Sample,
    computed: Sequence[ComputedStatistic],
    confidence: float,
    df: str,
    domains: tuple[str, ...],
    used: Sample | None = None,
) -> Provenance:
    """Return the provenance of statistics on a sample; notices count the rows of `used`."""
    rules = _rules_in_force(sample, computed, confidence, df)
    missing, reasons = _missing_answers(sample, computed, domains)
    ordered: dict[str, Any] = {}
    notices: list[Text] = []
    supposed: list[tuple[str, str]] = []
    columns: list[Expression] = []
    for statistic in computed:
        ordered |= statistic.bound.variables.ordered
        notices += statistic.bound.variables.notices
        supposed += statistic.bound.variables.supposed
        columns += statistic.bound.columns
    notices += whose_notices(sample, supposed)
    read = [*column_names(*columns), *domains, *missing]
    used = used or _used(sample, computed, domains)
    notices += no_answer_notices(used, [name for name in read if name in sample.names])
    notices += _of_design(sample, computed)
    combined = [statistic.bound.combined for statistic in computed]
    combined.append(Combined(domains, "crossing"))
    assumptions = (text for statistic in computed for text in statistic.linearised.assumptions)
    origin = sample.codebook.origin
    return Provenance(
        rules=rules,
        source=_source(origin.file, _parameters(computed)),
        missing=missing,
        synthetic=origin.synthetic,
        status="synthetic" if origin.synthetic else "estimated",
        indicative=sample.design.kind == "opt-in",
        assumptions=tuple(dict.fromkeys(assumptions)),
        notices=tuple(dict.fromkeys(notices)),
        reasons={name: why for name, why in reasons.items() if why},
        ordered=ordered,
        variables={
            item.bound.variable: item.bound.written
            for item in computed
            if len(item.bound.written) > 1
        },
        combined={str(item): item for item in combined if item and len(item.parts) > 1},
        categories={
            str(item.bound.category): item.bound.category_options
            for item in computed
            if item.bound.category_options
        },
    )


def _rules_in_force(
    sample: Sample, computed: Sequence[ComputedStatistic], confidence: float, df: str
) -> dict[str, Any]:
    """Return the rules of intervals, design, statistics and conditions, in printing order."""
    design, units = sample.design, sample.engine.units
    options = [statistic.bound.options for statistic in computed]
    na = {own["na"] for own in options if "na" in own}
    rules: dict[str, Any] = {
        "confidence": f"{confidence:.15g}",
        "df": df,
        "na": ", ".join(sorted(na)) or "drop",
    }
    if design.strata:
        # without strata none has a single unit
        rules["lonely_psu"] = design.lonely_psu
    rules |= {"variance": "linearised", "diplab": __version__}
    rules |= units.rules
    if design.fpc and design.weights is None and units.weights is None:
        # weights do not follow from an fpc that some stage lacks
        rules["weighting"] = "none"
    if sample.replication:
        rules |= sample.replication.rules
    if sample.auxiliary:
        rules |= sample.auxiliary.rules
    scores = dict.fromkeys(
        name for statistic in computed for name in statistic.bound.variables.scores
    )
    if scores:
        rules["scores"] = tuple((name,) for name in scores)
    rules |= _options_in_force(computed)
    if universe := conjunction(sample.population_text):
        rules["universe"] = universe
    if where := conjunction(sample.domain_text):
        rules["where"] = where
    return rules


def _missing_answers(
    sample: Sample, computed: Sequence[ComputedStatistic], domains: tuple[str, ...]
) -> tuple[dict[str, int], dict[str, Mapping[str, int]]]:
    """Return how many respondents lack an answer to each variable, and for which reasons."""
    domain = Totals(sample.engine, computed[0].totals.scope, computed[0].totals.population)
    everyone = int(domain.n.sum())
    missing: dict[str, int] = {}
    for statistic in computed:
        linearised = statistic.linearised
        answered = statistic.n if linearised.counted is None else statistic.totals.n
        # without an answer that is needed, or undecided
        left_out = everyone - int(answered.sum()) + linearised.undecided
        if left_out > 0:
            missing[statistic.bound.variable] = left_out
    reasons = {}
    for name, count in missing.items():
        reasons[name] = sample.missing_by_reason(name, domain.scope, count)
    if domains:
        outside = int(sample.totals((), ()).n.sum()) - everyone
        if outside:
            name = str(Combined(domains, "crossing"))
            missing[name] = outside
            reasons[name] = sample.missing_by_reason(name, sample.scope, outside)
    return _with_undecided(sample, missing, reasons)


def _used(
    sample: Sample, computed: Sequence[ComputedStatistic], domains: tuple[str, ...]
) -> Sample:
    """Return the sample of those who answered the domain variables and what all statistics read."""
    read = [{*column_names(*(item.bound.complete or item.bound.columns))} for item in computed]
    return sample.answering((*domains, *set.intersection(*read)))


def _of_design(sample: Sample, computed: Sequence[ComputedStatistic]) -> tuple[Text, ...]:
    """Return what is said of weights, persons and the fpc."""
    return (*_scaled(sample, computed), *_of_persons(sample), *_by_fpc(sample))


def _scaled(sample: Sample, computed: Sequence[ComputedStatistic]) -> tuple[Text, ...]:
    """Return a notice if weights sum to respondents and a statistic scales with them."""
    if not counts_respondents(sample):
        return ()
    for item in computed:
        # the linearised variable of what weights are a factor of sums to it, that of a mean to
        # nothing
        point = np.nan_to_num(item.linearised.point)
        own = np.nan_to_num(item.totals(item.linearised.variable)[0])
        if point.any() and not item.linearised.beyond and np.allclose(own, point, rtol=1e-9):
            return (of_respondents(),)
    return ()


def _of_persons(sample: Sample) -> tuple[Text, ...]:
    """Return a notice if identifiers show persons with several rows, taken as independent."""
    name = "" if sample.replication else sample.engine.identifier_that_comes_back(sample.scope)
    return (_WORDS("notice.several_rows", name=name),) if name else ()


def _by_fpc(sample: Sample) -> tuple[Text, ...]:
    """Return a notice if weights and the fpc imply very different population sizes."""
    by_fpc = sample.engine.units.weights
    if by_fpc is None or not isinstance(sample, SampleInMemory):
        return ()
    weights = sample.engine.weights
    people, drawn_from = float(weights.sum()), float(by_fpc[weights > 0].sum())
    if max(people, drawn_from) < _APART * min(people, drawn_from):
        return ()
    by_weights, by_counts = figure_in_words(round(people)), figure_in_words(round(drawn_from))
    return (
        _WORDS(
            "notice.weights_against_fpc",
            own=by_weights,
            told=by_counts,
            fpc=" × ".join(sample.design.fpc),
        ),
    )


_APART = 2  # times as many people by one as by the other: more than calibration or chance does


def counts_respondents(sample: Sample) -> bool:
    """Whether weights sum to at most about the number of respondents: totals are not of people."""
    return sample.engine.people_per_respondent <= _ABOUT_ONE


def design_effect_rules(sample: Sample, reference: str | None) -> dict[str, str]:
    """Return what design effects compare with, where the weights do not show it."""
    people = sample.engine.people_per_respondent
    if reference == "wr":
        return {"deff": reference}
    if reference == "wor" and people <= _FEW:
        return {"deff": reference, "people_per_respondent": f"{people:.2g}"}
    return {}


_ABOUT_ONE = 1.1  # weights scaled as producers of files do
_FEW = 5  # people a respondent, from which on n / N moves a design effect by less than a quarter


def of_respondents() -> Text:
    """Return the notice that weights sum to about the number of respondents."""
    return _WORDS("notice.counts_respondents")


def _with_undecided(
    sample: Sample, missing: Mapping[str, int], reasons: Mapping[str, Mapping[str, int]]
) -> tuple[dict[str, int], dict[str, Mapping[str, int]]]:
    """Add those whose membership of universe and domain is unknown: totals fall short by them."""
    missing, reasons = dict(missing), dict(reasons)
    for name, count in sample.undecided().items():
        open_rows = Scope(
            (Apply("missing", (reduce(Expression.__and__, (*sample.population, *sample.domain)),)),)
        )
        why = sample.missing_by_reason(name, open_rows, count)
        known = sum(why.values()) == count and sum(reasons.get(name, {}).values()) == missing.get(
            name, 0
        )
        together = Counter(reasons.get(name, {})) + Counter(why)
        missing[name] = missing.get(name, 0) + count
        reasons[name] = dict(together) if known else {}
    return missing, reasons


def table_provenance(
    table: Tabulation, confidence: float, df: str, rules: Mapping[str, str]
) -> Provenance:
    """Return the rules in force and what is missing by variable; refuse it under `na="fail"`."""
    sample = table.sample
    totals = sample.totals((), ())
    everyone = int(totals.n.sum())
    answered = _answered(table, everyone, rules["na"] == "keep")
    nothing = Linearised(np.zeros(1), ONE)
    computed = [
        linearised_statistic(totals, nothing, "share", name, np.array([n]))
        for name, n in answered.items()
    ]
    used = sample if rules["na"] == "keep" else sample.answering(answered)
    provenance = provenance_of(sample, computed, confidence, df, (), used)
    if rules["na"] == "fail" and provenance.missing:
        gaps = ", ".join(f"`{name}` {count}" for name, count in provenance.missing.items())
        raise ColumnError(
            f"`na='fail'`: answers to {' × '.join(f'`{name}`' for name in answered)} are missing.",
            f"Of {everyone} people: {gaps}.",
            "Write `na='drop'` to leave them out and count them, or `na='keep'` to show them.",
        )
    unanswered = no_answer_notices(used, [name for name in answered if name in sample.names])
    provenance = replace(provenance, notices=(*dict.fromkeys((*provenance.notices, *unanswered)),))
    several: dict[str, str] = {}
    if isinstance(table.row, Responses):
        several = {"responses": table.row.base}
    several |= design_effect_rules(sample, "wr" if counts_respondents(sample) else "wor")
    crossed = dict(provenance.combined)
    if table.column is not None:
        of_cells = Combined((table.row_name, table.column), "crossing")
        crossed[str(of_cells)] = of_cells
    rules = {**provenance.rules, **rules, **several}
    return replace(provenance, rules=rules, combined=crossed)


def _answered(table: Tabulation, everyone: int, keep_missing: bool) -> dict[str, int]:
    """Return how many respondents under study answered each variable."""
    sample = table.sample
    names = [*([table.column] if table.column else []), *table.by]
    inside = int(table.totals.n.sum())
    answered: dict[str, int] = {}
    if isinstance(table.row, Responses):
        answered[table.row.name] = everyone - inside + int(table.cells.n[table.base].sum())
    else:
        names.insert(0, table.row)
    complete = keep_missing or inside == everyone
    for name in names:
        scope = Scope((*sample.population, *sample.domain), (name,))
        answered[name] = everyone if complete else int(sample.engine.counts(scope, ()).sum())
    return answered
