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


REFUSED = {
    "threshold and fraction": lambda: dl.arpr("income", threshold=1026, fraction=0.5),
    "threshold and threshold_on": lambda: dl.fgt("income", 1, threshold="line", threshold_on="domain"),
    **{
        f"threshold {each!r}": lambda each=each: dl.relative_median_gap("income", threshold=each)
        for each in (0, -5.0, float("nan"), float("inf"), True, [1])
    },
    "threshold in column": lambda: dl.arope("income", "d", "l", threshold="income - 300"),
    **{
        f"{each.name} fraction {fraction}": lambda each=each, fraction=fraction: each(
            "income", fraction=fraction
        )
        for each, fraction in ((dl.arpt, 0), (dl.arpr, -0.6), (dl.arpt, float("nan")))
    },
    "fraction of 60": lambda: dl.relative_median_gap("income", fraction=60),
    "fraction in words": lambda: dl.arpt("income", fraction="60%"),
    **{
        f"order {order!r}": lambda order=order: dl.fgt("income", order)
        for order in (-1, float("nan"), float("inf"), "1", True)
    },
    "nonpositive omit": lambda: dl.fgt("income", 1, nonpositive="omit"),
    "nonpositive drop": lambda: dl.fgt("income", 1, nonpositive="drop"),
    "undecided": lambda: dl.arope("income", "d", "l", undecided="both"),
    "interval": lambda: dl.arope("income", "d", "l", interval="exact"),
    "convention": lambda: dl.relative_median_income_ratio("income", "old", convention=["eurostat"]),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_in_three_sentences(table: Any, name: str, error_text: Any) -> None:
    with pytest.raises(dl.DiplabError) as caught:
        dl.estimate(dl.declare_design(table(PEOPLE), weights="w", psu="psu"), REFUSED[name]())
    error_text(caught)


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
