"""Change between waves, gross flows and linked waves: worked by hand, on every engine, and what is refused."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pandas as pd
import pytest

import diplab as dl
from diplab.errors import ColumnError, DesignError, EmptyDomainError, OptionError

WAVES: dict[str, Any] = {"wave": "year", "person": "id"}
ROTATING = """
id year y sex works
a  1    1 f   yes
b  1    5 f   yes
c  1    3 m   no
d  1    7 m   no
c  2    2 m   yes
d  2   10 f   no
e  2    4 f   no
f  2    8 m   yes
"""


def test_half_of_the_persons_are_new(engine: Any) -> None:
    """Means 4 and 6; squares around them 20 and 40; products of c and d 16.

    n = m = 4 and 2 in common: k = 1 - 1/4 - 1/4 + 2/16 = 5/8, S = 16 / (2 * 5/8) = 12.8, the
    covariance of the means 2/16 * 12.8 = 1.6. Variance of the difference 20/12 + 40/12 - 3.2 = 1.8;
    of the ratio 1.5, (40/12 + 1.5^2 * 20/12
    - 2 * 1.5 * 1.6) / 16. Six persons; four units a wave less one.
    """
    sample = dl.declare_design(engine.draw(ROTATING))
    found = dl.change(sample, dl.mean("y"), dl.total("y"), **WAVES)
    assert found.frame["year"].tolist() == ["2 − 1"] * 2
    assert found.frame["estimate"].tolist() == pytest.approx([2, 8])
    assert (found.frame["std_error"] ** 2).tolist() == pytest.approx([1.8, 16 * 1.8])
    assert found.frame[["n", "df"]].to_numpy().tolist() == [[6, 3]] * 2
    assert found.provenance.rules["contrast"] == "difference between waves"
    assert found.provenance.rules["persons_in_both"] == "2"
    ratio = dl.change(sample, dl.mean("y"), kind="ratio", **WAVES).frame
    expected = [1.5, (40 / 12 + 1.5**2 * 20 / 12 - 2 * 1.5 * 1.6) / 16]
    assert [ratio["estimate"].item(), ratio["std_error"].item() ** 2] == pytest.approx(expected)
    # the order of the waves is the caller's
    back = dl.change(sample, dl.mean("y"), between=(2, 1), **WAVES).frame
    assert back[["year", "estimate"]].to_numpy().tolist() == [["1 − 2", -2.0]]


def test_who_changes_domain_is_in_one_of_them_in_each_wave(table: Any) -> None:
    """d was a man and is a woman: of two men and two women in each wave c alone answered twice as a man."""
    found = dl.change(dl.declare_design(table(ROTATING)), dl.mean("y"), by="sex", **WAVES).frame
    assert found[["sex", "estimate", "n"]].to_numpy().tolist() == [["f", 4.0, 4], ["m", 0.0, 3]]


def test_each_wave_has_its_own_poverty_line(table: Any) -> None:
    """Incomes double: nobody becomes poor or stops to be, although a line of both waves together would say so."""
    incomes = [4.0, 10, 11, 12, 30]
    people = pd.DataFrame(
        {
            "id": [*range(5)] * 2,
            "year": [1] * 5 + [2] * 5,
            "income": [*incomes, *(2 * x for x in incomes)],
        }
    )
    found = dl.change(
        dl.declare_design(people), dl.arpr("income"), dl.mean("income"), **WAVES
    ).frame
    assert found["estimate"].tolist() == pytest.approx([0, np.mean(incomes)], abs=1e-12)


def test_each_wave_is_compared_with_the_one_before() -> None:
    """The same answers in the first wave and the last: no change, and a covariance of the two changes of -V."""
    people = pd.DataFrame(
        {"id": [1, 2, 3] * 3, "year": np.repeat([1, 2, 3], 3), "y": [1.0, 2, 4, 3, 3, 9, 1, 2, 4]}
    )
    sample = dl.declare_design(people)
    found = dl.change(sample, dl.mean("y"), dl.total("y"), **WAVES)
    assert found.frame[["statistic", "year"]].to_numpy().tolist() == [
        ["mean", "2 − 1"], ["mean", "3 − 2"], ["total", "2 − 1"], ["total", "3 − 2"]
    ]  # fmt: skip
    assert found.covariance[0, 1] == pytest.approx(-found.covariance[0, 0])
    assert found.provenance.rules["persons_in_both"] == "3, 3"
    whole = dl.change(sample, dl.mean("y"), between=[1, 3], **WAVES).frame
    assert whole[["year", "estimate", "std_error"]].to_numpy().tolist() == [["3 − 1", 0.0, 0.0]]


def test_nobody_in_common(table: Any, refused: Any) -> None:
    """Totals and means are compared as those of independent samples, and it is said; nobody is followed."""
    people = table(ROTATING)
    apart = dl.declare_design(people.assign(id=people["id"] + people["year"].astype(str)))
    found = dl.change(apart, dl.mean("y"), **WAVES)
    assert found.frame["std_error"].item() ** 2 == pytest.approx(20 / 12 + 40 / 12)
    assert found.provenance.rules["persons_in_both"] == "0"
    assert "no one is in both waves" in str(dl.table(found, language="en").as_raw_html())
    assert "personne n’est présent aux deux vagues" in str(
        dl.table(found, language="fr").as_raw_html()
    )
    refused(lambda: dl.gross_flows(apart, "works", **WAVES), EmptyDomainError)


def test_replicates_made_and_imputations(table: Any) -> None:
    """The jackknife of a total over the persons is the linearised error; two imputations that agree are one answer."""
    people = table(ROTATING)
    stayers = people[people["id"].isin(["c", "d"])]
    sample = dl.declare_design(stayers, psu="id")
    linearised, made = (
        dl.change(each, dl.total("y"), **WAVES).frame
        for each in (sample, dl.make_replicates(sample, "jk1"))
    )
    assert made["std_error"].item() == pytest.approx(linearised["std_error"].item())
    imputed = dl.change(dl.imputed([sample, sample]), dl.total("y"), **WAVES).frame
    assert imputed["std_error"].item() == pytest.approx(linearised["std_error"].item())


def test_missing_answers_are_counted_over_both_waves(table: Any, refused: Any) -> None:
    people = table(ROTATING.replace("c  1    3", "c  1    .").replace("e  2    4", "e  2    ."))
    found = dl.change(dl.declare_design(people), dl.mean("y"), **WAVES)
    assert found.provenance.missing == {"y": 2}
    # of six persons e did not answer, and c answered once
    assert found.frame["n"].item() == 5
    refused(
        lambda: dl.change(dl.declare_design(people), dl.mean("y"), na="fail", **WAVES),
        dl.DiplabError,
    )


def test_answers_to_both_waves_side_by_side(engine: Any) -> None:
    """c and d: pay from 3 to 2 and from 7 to 10, work from no to yes and no to no, at the weights of the later wave."""
    linked = dl.link_waves(dl.declare_design(engine.draw(ROTATING)), ["y", "works"], **WAVES)
    rose = dl.estimate(linked, dl.mean("y_2 - y_1"), dl.share("y_2 > y_1"), dl.total("y_1")).frame
    assert rose["estimate"].tolist() == [1.0, 0.5, 10.0]
    flows = dl.gross_flows(dl.declare_design(engine.draw(ROTATING)), "works", **WAVES)
    assert flows.counts.frame[["works_1", "works_2", "estimate"]].to_numpy().tolist() == [
        ["no", "no", 1.0], ["no", "yes", 1.0], ["yes", "no", 0.0], ["yes", "yes", 0.0]
    ]  # fmt: skip


def test_attrition_is_a_second_phase(table: Any) -> None:
    """Of the four of the first wave two stay, and stand for two each: one finds work, one does not."""
    sample = dl.declare_design(table(ROTATING))
    table_of_all = dl.gross_flows(sample, "works", response=[], **WAVES)
    assert table_of_all.counts.frame["estimate"].tolist() == [2.0, 2.0, 0.0, 0.0]
    assert table_of_all.cells.provenance.rules["phases"] == "two"
    rules = " ".join(dl.table(table_of_all, "fr").sheet.note_lines())
    assert (
        "attrition\N{NO-BREAK SPACE}: les personnes réinterrogées sont considérées comme tirées au "
        "hasard parmi celles de la première vague" in rules
    )
    assert "personnes pour lesquelles year = 1" in rules


def test_tables_of_flows_name_no_column_of_ours(table: Any) -> None:
    flows = dl.gross_flows(dl.declare_design(table(ROTATING)), "works", **WAVES)
    assert "présents aux vagues 1 et 2" in " ".join(dl.table(flows, "fr").sheet.note_lines())
    assert "in waves 1 and 2" in " ".join(dl.table(flows, "en").sheet.note_lines())


def test_results_of_the_same_people_are_pointed_out(table: Any) -> None:
    """By their identifiers or their units; `contrast` takes them as independent."""
    people = table(ROTATING)

    def notices(*frames: pd.DataFrame, **design: Any) -> str:
        results = [dl.estimate(dl.declare_design(each, **design), dl.mean("y")) for each in frames]
        return " ".join(each.en for each in dl.contrast(results).provenance.notices)

    first, second = (people[people["year"] == year] for year in (1, 2))
    assert "50% of the values of id" in notices(first, second)
    apart = second.assign(id=["q", "r", "s", "t"])
    assert notices(first, apart) == ""
    areas = (each.rename(columns={"id": "area"}) for each in (first, second))
    assert "25% of the values of sex × area" in notices(*areas, strata="sex", psu="area")
    # a column of few values identifies nobody, however it is named
    assert notices(first.assign(id="x"), apart.assign(id="x")) == ""
    found = dl.estimate(dl.declare_design(first), dl.mean("y"))
    assert pickle.loads(pickle.dumps(found)).drawn.traces is None


def test_what_is_refused(table: Any, refused: Any) -> None:
    people = table(ROTATING)
    sample, mean = dl.declare_design(people), dl.mean("y")
    refused(lambda: dl.change(people, mean, **WAVES), OptionError)
    refused(lambda: dl.change(sample, **WAVES), OptionError)
    refused(lambda: dl.change(sample, mean, wave="yaer", person="id"), ColumnError)
    refused(lambda: dl.change(sample, mean, wave="year", person="sex"), DesignError)
    many = dl.declare_design(pd.DataFrame({"id": range(201), "year": 1, "y": 0.0}))
    refused(lambda: dl.change(many, mean, wave="id", person="year"), OptionError)
    refused(lambda: dl.change(sample, mean, by="year", **WAVES), OptionError)
    refused(lambda: dl.change(sample, mean, between=(1, 3), **WAVES), ColumnError)
    refused(lambda: dl.change(sample, mean, between=(1, 1), **WAVES), OptionError)
    refused(lambda: dl.change(sample, mean, between="1", **WAVES), OptionError)
    refused(lambda: dl.change(sample, mean, kind="odds", **WAVES), OptionError)  # type: ignore[arg-type]
    alone = dl.declare_design(people[people["year"] == 1])
    refused(lambda: dl.change(alone, mean, **WAVES), OptionError)
    refused(lambda: dl.change(dl.two_phase(sample, "works == 'yes'"), mean, **WAVES), DesignError)
    refused(lambda: dl.change(dl.make_replicates(sample, "jk1"), mean, **WAVES), DesignError)
    unequal = dl.declare_design(people.assign(p=0.5), fpc="p", unequal="brewer")
    refused(lambda: dl.change(unequal, mean, **WAVES), DesignError)
    moved = people.assign(town=[1, 2, 1, 2, 3, 3, 1, 2])
    refused(lambda: dl.change(dl.declare_design(moved, psu="town"), mean, **WAVES), DesignError)
    refused(
        lambda: dl.change(
            dl.declare_design(people.assign(id=[None, *people["id"][1:]])), mean, **WAVES
        ),
        DesignError,
    )
    refused(lambda: dl.link_waves(sample, "pay", **WAVES), ColumnError)
    refused(lambda: dl.link_waves(sample, "y", between=(1, 2, 1), **WAVES), OptionError)
    refused(
        lambda: dl.link_waves(dl.declare_design(people.assign(y_1=0)), "y", **WAVES), ColumnError
    )
    refused(lambda: dl.gross_flows(sample, "works", response="sex", **WAVES), DesignError)
    refused(lambda: dl.gross_flows(sample, "works", confidence=95, **WAVES), OptionError)
    linked = dl.link_waves(sample, "y", **WAVES)
    refused(lambda: dl.make_replicates(linked, "jk1"), DesignError)
    refused(lambda: dl.change(sample.where("year == 2"), mean, **WAVES), EmptyDomainError)
