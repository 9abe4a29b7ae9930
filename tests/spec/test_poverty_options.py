"""Options of poverty indicators: what is refused, in whole, and what is written down and printed."""

from __future__ import annotations

from typing import Any

import pytest

import diplab as dl

PEOPLE = """
psu g w income line d l old
1   a 1  100   200  0 0 0
2   a 2  200   500  0 0 1
3   a 1  300   300  1 0 0
4   b 1  400   400  0 0 1
5   b 3  800  1000  0 1 0
"""
GAPS_IN_ANSWERS = """
psu  w income d l
1    1  100   . 0
2    2   .    1 0
3    4   .    0 0
4    8  900   . 0
5   16  900   0 0
6   32  900   0 .
7   64   .    . 1
"""
TWO_AGES = """
psu w pension old pay busy
1   1  10     1   .   0
2   2  20     1   .   0
3   1  30     1   5   0
4   1   .     0  40   1
5   1   .     0  60   1
6   2   .     0  80   1
7   9   .     0   .   0
8   5   .     1   .   0
"""


def declared(engine: Any, text: str) -> dl.Sample:
    return dl.declare_design(engine.draw(text), weights="w", psu="psu")


def points(sample: dl.Sample, *statistics: dl.Statistic, by: Any = ()) -> list[float]:
    found: list[float] = dl.estimate(sample, *statistics, by=by).frame["estimate"].tolist()
    return found


REFUSED = [
    (
        dl.arpr("income", threshold=1026, fraction=0.5),
        (
            "A fixed `threshold` was asked for together with `fraction=0.5`. A fixed line is estimated on nobody, as a "
            "fraction of nothing. Write `threshold` or `fraction`, not both."
        ),
    ),
    (
        dl.fgt("income", 1, threshold="line", threshold_on="domain"),
        (
            "A fixed `threshold` was asked for together with `threshold_on='domain'`. A fixed line is estimated on "
            "nobody, as a fraction of nothing. Write `threshold` or `threshold_on`, not both."
        ),
    ),
    *(
        (
            dl.relative_median_gap("income", threshold=each),
            (
                f"A poverty line was asked for with `threshold={each!r}`. A line is a number above zero, a dated "
                "parameter, or a column. Write for example `threshold=1026`, "
                "`threshold=parameter('poverty_threshold_60', 2016)` or `threshold='line'`."
            ),
        )
        for each in (0, -5.0, float("nan"), float("inf"), True, [1])
    ),
    (
        dl.arope("income", "d", "l", threshold="income - 300"),
        (
            "A column with the line of each household was asked for as `threshold`. In 3 rows it is at or below zero, "
            "where nobody can be poor. Write the lines in the unit of income, and leave a household without a line "
            "missing."
        ),
    ),
    *(
        (
            each("income", fraction=fraction),
            (
                f"A poverty line at {fraction:g} times the median was asked for. A line at or below zero has "
                "nobody under it. Write for example `fraction=0.6`."
            ),
        )
        for each, fraction in ((dl.arpt, 0), (dl.arpr, -0.6), (dl.arpt, float("nan")))
    ),
    (
        dl.relative_median_gap("income", fraction=60),
        (
            "A poverty line at 60 times the median was asked for. A line above the median has more than half of "
            "everybody under it. Write for example `fraction=0.6`."
        ),
    ),
    (
        dl.arpt("income", fraction="60%"),
        (
            "A poverty line at '60%' times the median was asked for. A fraction is a number. Write for example "
            "`fraction=0.6`."
        ),
    ),
    *(
        (
            dl.fgt("income", order),
            (
                f"A poverty index of order {order!r} was asked for. An order is a number at or above zero. Write for "
                "example `fgt('income', 1)` for the poverty gap."
            ),
        )
        for order in (-1, float("nan"), float("inf"), "1", True)
    ),
    (
        dl.fgt("income", 1, nonpositive="omit"),
        "`nonpositive` of `fgt` was given as 'omit'. It is one of: keep, fail, zero, drop. Write ",
    ),
    (
        dl.fgt("income", 1, nonpositive="drop"),
        (
            "A poverty index was asked for with `nonpositive='drop'`. People with an income at or below zero are the "
            "poorest, and without them poverty is that of others. Write `nonpositive='keep'` or `nonpositive='zero'`, "
            "or `sample.where('income > 0')` for the poverty of those with an income."
        ),
    ),
    (
        dl.arope("income", "d", "l", undecided="both"),
        "`undecided` of `arope` was given as 'both'. It is one of: drop, no, yes. Write `drop`, `no`, `yes` instead.",
    ),
    (
        dl.arope("income", "d", "l", interval="exact"),
        "`interval` of `arope` was given as 'exact'. It is one of: ",
    ),
    (
        dl.relative_median_income_ratio("income", "old", convention=["eurostat"]),
        "`convention` was given as ['eurostat']. It is one of: eurostat, convey, vardpoor. Write ",
    ),
]


@pytest.mark.parametrize(("statistic", "said"), REFUSED)
def test_refused_in_three_sentences(table: Any, statistic: dl.Statistic, said: str) -> None:
    with pytest.raises(dl.DiplabError) as caught:
        dl.estimate(dl.declare_design(table(PEOPLE), weights="w", psu="psu"), statistic)
    assert str(caught.value).startswith(said)
    assert str(caught.value) == said or said.endswith((": ", "Write "))


def test_missing_answers_are_refused_where_they_may_not_be(engine: Any) -> None:
    """A worker without a pension is no gap; three statuses of which any may be missing are."""
    ratio = dl.aggregate_replacement_ratio("pension", "old == 1", "pay", "busy == 1")
    with pytest.raises(dl.DiplabError, match="1 of 8 rows have no answer"):
        dl.estimate(declared(engine, TWO_AGES), ratio, na="fail")
    with pytest.raises(dl.DiplabError, match="6 of 7 rows have no answer"):
        dl.estimate(declared(engine, GAPS_IN_ANSWERS), dl.arope("income", "d", "l"), na="fail")


def test_a_dated_line_is_named_with_its_source(table: Any) -> None:
    sample = dl.declare_design(table(PEOPLE), weights="w", psu="psu")
    line = dl.parameter("poverty_threshold_60", 2016)
    found = dl.estimate(sample, dl.arpr("income", threshold=line), dl.fgt("income", 1, threshold=line))
    assert found.frame["estimate"].tolist() == points(
        sample, dl.arpr("income", threshold=1026), dl.fgt("income", 1, threshold=1026)
    )
    rules = found.provenance.rules
    assert (rules["threshold"], rules["threshold_unit"]) == (
        "1026 (2016)",
        "EUR a month, one consumption unit",
    )
    assert not {"fraction", "threshold_on"} & set(rules)
    assert found.provenance.source.en.startswith(
        "Poverty threshold at 60% of the median (2016): INSEE Première 1710"
    )
    assert found.provenance.source.fr.startswith(
        "Seuil de pauvreté à 60\u00a0% de la médiane (2016)\u00a0: INSEE"
    )


def test_lines_and_rules_below_a_table(table: Any) -> None:
    sample = dl.declare_design(table(PEOPLE), weights="w", psu="psu")
    line = dl.parameter("poverty_threshold_60", 2016)
    asked = [dl.fgt("income", 1, threshold=line), dl.arpr("income", threshold="line")]
    french, english = (str(dl.table(dl.estimate(sample, *asked), each)) for each in ("fr", "en"))
    whole = " ".join(french.split())
    assert "seuil : 1 026 (2016), line" in whole
    assert "seuil en euros par mois et par unité de consommation" in whole
    assert "revenus nuls ou négatifs gardés tels quels" in whole
    assert "Indice de pauvreté FGT d’ordre 1" in whole
    assert "FGT poverty index of order 1" in " ".join(english.split())
    both = [dl.arope("income", "d", "l", undecided=each) for each in ("no", "yes")]
    shown = str(dl.table(dl.estimate(sample, *both), "fr"))
    assert "borne basse" in shown
    assert "borne haute" in shown
