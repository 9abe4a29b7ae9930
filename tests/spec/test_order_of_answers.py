"""Answers stand in the order of the codebook, else of the type of their column, and never of the alphabet.

The orders are written by hand: none of the lists below is alphabetical, in neither direction.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import diplab as dl

if TYPE_CHECKING:
    from collections.abc import Callable

SATISFACTION = ["very bad", "bad", "neither", "good", "very good"]
EDUCATION = ["low", "medium", "high"]
WAVES = ["spring", "summer", "autumn"]
LISTED = {"sat": SATISFACTION, "edu": EDUCATION, "wave": WAVES}


@pytest.fixture(scope="module")
def answers() -> pd.DataFrame:
    random, n = np.random.default_rng(5), 240
    return pd.DataFrame({
        "sat": random.permutation(SATISFACTION * 48), "edu": random.permutation(EDUCATION * 80),
        "wave": random.permutation(WAVES * 80), "sex": random.permutation(["m", "f"] * 120),
        "y": random.normal(size=n), "until": random.exponential(size=n), "ended": random.integers(0, 2, n),
        "id": np.arange(n), "unit": np.arange(n) // 6, "w": random.uniform(1, 2, n),
    })  # fmt: skip


def codebook() -> dl.Codebook:
    book = dl.Codebook()
    for name, listed in LISTED.items():
        book = book.described(
            name, values={each: dl.Text.same(each) for each in listed}, measure="ordinal"
        )
    return book


def with_codebook(frame: pd.DataFrame) -> Any:
    return dl.Microdata(frame, codebook())


def lazy_with_codebook(frame: pd.DataFrame) -> Any:
    return dl.Microdata(pl.from_pandas(frame).lazy(), codebook())  # type: ignore[arg-type]


def database_with_codebook(frame: pd.DataFrame) -> Any:
    return dl.Microdata(duckdb.from_df(frame), codebook())  # type: ignore[arg-type]


def ordered_categories(frame: pd.DataFrame) -> Any:
    return frame.assign(
        **{name: pd.Categorical(frame[name], each, ordered=True) for name, each in LISTED.items()}
    )


def unordered_categories(frame: pd.DataFrame) -> Any:
    return frame.assign(
        **{name: pd.Categorical(frame[name], each) for name, each in LISTED.items()}
    )


def enumerations(frame: pd.DataFrame) -> Any:
    casts = [pl.col(name).cast(pl.Enum(each)) for name, each in LISTED.items()]
    return pl.from_pandas(frame).with_columns(*casts)


def lazy_enumerations(frame: pd.DataFrame) -> Any:
    return enumerations(frame).lazy()


def arrow_dictionaries(frame: pd.DataFrame) -> Any:
    return pa.Table.from_pandas(ordered_categories(frame), preserve_index=False)


def arrow_dictionaries_in_pieces(frame: pd.DataFrame) -> Any:
    pieces = [arrow_dictionaries(frame[:100]), arrow_dictionaries(frame[100:])]
    return pa.concat_tables(pieces)


def database_enumerations(frame: pd.DataFrame) -> Any:
    connection = duckdb.connect()
    connection.register("handed_over", frame)
    types = {name: f"ENUM({', '.join(map(repr, each))})" for name, each in LISTED.items()}
    casts = ", ".join(f'"{name}"::{types[name]} as "{name}"' for name in LISTED)
    return connection.sql(f"select * replace ({casts}) from handed_over")


KINDS = [
    with_codebook, lazy_with_codebook, database_with_codebook, ordered_categories, unordered_categories,
    enumerations, lazy_enumerations, database_enumerations, arrow_dictionaries, arrow_dictionaries_in_pieces,
]  # fmt: skip


@pytest.mark.parametrize("unit", [None, "unit"])
@pytest.mark.parametrize("kind", KINDS)
def test_estimates_tables_and_models_in_every_engine(
    kind: Callable[[pd.DataFrame], Any], unit: str | None, answers: pd.DataFrame
) -> None:
    data = kind(answers)
    sample = dl.declare_design(data, weights="w", psu=unit)
    assert dl.estimate(sample, dl.share("sat")).frame["category"].tolist() == SATISFACTION
    assert dl.estimate(sample, dl.mean("y"), by="edu").frame["edu"].tolist() == EDUCATION
    both = dl.estimate(sample, dl.mean("y"), by=["edu", "sat"]).frame
    assert both[["edu", "sat"]].values.tolist() == [
        [one, two] for one in EDUCATION for two in SATISFACTION
    ]
    fit = dl.regress(sample, "y ~ edu")
    assert (fit.references, fit.frame["category"].tolist()) == (
        {"edu": "low"},
        ["", "medium", "high"],
    )
    crossed = dl.crosstab(sample, "sat", "edu")
    assert (list(crossed.categories("sat")), list(crossed.categories("edu"))) == (
        SATISFACTION,
        EDUCATION,
    )


@pytest.fixture(scope="module")
def sample(answers: pd.DataFrame) -> Any:
    return dl.declare_design(with_codebook(answers), weights="w")


def first_seen(frame: pd.DataFrame, name: str) -> list[Any]:
    return list(dict.fromkeys(frame[name]))


class TestEveryVerb:
    def test_summary(self, sample: Any) -> None:
        found = dl.summary(sample, ["sat", "y"], by="edu", total=True)
        assert (
            first_seen(found.groups.frame[found.groups.frame["statistic"] == "share"], "category")
            == SATISFACTION
        )
        assert first_seen(found.groups.frame, "edu") == EDUCATION
        assert [each for each in first_seen(found.counts, "edu") if each] == EDUCATION

    def test_models(self, sample: Any) -> None:
        ordinal = dl.regress(sample, "sat ~ edu", family="ordinal")
        cuts = ["very bad | bad", "bad | neither", "neither | good", "good | very good"]
        assert ordinal.frame["category"].tolist() == ["medium", "high", *cuts]
        several = dl.regress(sample, "sat ~ edu", family="multinomial")
        assert several.references == {"edu": "low", "sat": "very bad"}
        assert first_seen(several.frame, "sat") == SATISFACTION[1:]
        effects = dl.marginal_effects(dl.regress(sample, "ended ~ edu", family="binomial"))
        assert effects.frame["category"].tolist() == ["medium", "high"]
        margins = dl.predicted_margins(dl.regress(sample, "y ~ edu"), "edu")
        assert margins.frame["category"].tolist() == EDUCATION
        table = dl.log_linear(sample, "~ edu * sex")
        assert table.frame["category"].tolist()[:2] == ["medium", "high"]

    def test_survival(self, sample: Any) -> None:
        curves = dl.survival.kaplan_meier(sample, "until", "ended", by="edu")
        assert first_seen(curves.frame, "edu") == EDUCATION
        assert dl.survival.cox(sample, "edu", time="until", event="ended").references == {
            "edu": "low"
        }

    def test_standardised_and_replicated_and_imputed(self, sample: Any) -> None:
        rates = dl.standardise(sample, dl.mean("y"), {"sex": {"m": 0.5, "f": 0.5}}, by="edu")
        assert rates.frame["edu"].tolist() == EDUCATION
        replicated = dl.make_replicates(sample, "bootstrap", n=20, seed=1)
        imputed = dl.imputed([sample, sample])
        for each in (replicated, imputed):
            assert dl.estimate(each, dl.share("sat")).frame["category"].tolist() == SATISFACTION
            assert first_seen(dl.estimate(each, dl.mean("y"), by="edu").frame, "edu") == EDUCATION

    def test_comparisons_of_pairs(self, sample: Any) -> None:
        by_edu = dl.estimate(sample, dl.mean("y"), by="edu")
        pairs = dl.contrast(by_edu, "edu", pairwise="holm")
        assert pairs.frame["edu"].tolist() == ["low − medium", "low − high", "medium − high"]

    def test_waves(self, sample: Any) -> None:
        found = dl.change(sample, dl.mean("y"), wave="wave", person="id")
        assert found.frame["wave"].tolist() == ["summer − spring", "autumn − summer"]

    def test_a_table_of_waves_stacked_from_files(self) -> None:
        one = pd.DataFrame({"id": [1, 2, 3], "y": [1.0, 2, 4]})
        two = pd.DataFrame({"id": [1, 2, 3], "y": [2.0, 3, 7]})
        stacked = dl.declare_design(dl.merge({"spring": one, "autumn": two}))
        assert dl.estimate(stacked, dl.mean("y"), by="wave").frame["wave"].tolist() == [
            "spring",
            "autumn",
        ]
        assert dl.change(stacked, dl.mean("y"), wave="wave", person="id").frame[
            "estimate"
        ].tolist() == pytest.approx([5 / 3])


class TestWordsInOrder:
    """Ordinal words have the medians, ranks and ordinal models of their places: 1 for the first."""

    @pytest.fixture
    def places(self, answers: pd.DataFrame) -> Any:
        return dl.declare_design(
            answers.assign(sat=answers["sat"].map(SATISFACTION.index) + 1), weights="w", psu="unit"
        )

    @pytest.mark.parametrize("kind", [each for each in KINDS if each is not unordered_categories])
    def test_medians_and_quantiles_in_every_engine(
        self, kind: Callable[[pd.DataFrame], Any], answers: pd.DataFrame, places: Any
    ) -> None:
        asked = dl.median("sat"), dl.quantile("sat", [0.1, 0.9])
        found = dl.estimate(
            dl.declare_design(kind(answers), weights="w", psu="unit"), *asked, by="sex"
        )
        of_places = dl.estimate(places, *asked, by="sex")
        for column in ("estimate", "std_error", "ci_low", "ci_high", "df", "n"):
            np.testing.assert_allclose(found.frame[column], of_places.frame[column], rtol=1e-10)
        assert found.provenance.ordered == {"sat": tuple(SATISFACTION)}

    def test_ranks_and_ordinal_models(self, answers: pd.DataFrame, places: Any) -> None:
        sample = dl.declare_design(with_codebook(answers), weights="w", psu="unit")
        for by in ("sex", "edu"):
            found, of_places = dl.rank_test(sample, "sat", by), dl.rank_test(places, "sat", by)
            assert found.statistic == pytest.approx(of_places.statistic)
            assert found.p_value == pytest.approx(of_places.p_value)
        models = [
            dl.regress(each, "sat ~ y", family="ordinal").frame["estimate"]
            for each in (sample, places)
        ]
        np.testing.assert_allclose(*models)

    def test_print_as_answers(self, answers: pd.DataFrame) -> None:
        """Two thirds are at or under `bad`, with an error of 6%: the ends of Woodruff's interval are bad and good."""
        three = pd.DataFrame({"sat": ["bad", "good", "bad"] * 20})
        values = {"bad": dl.Text("mauvais", "bad"), "good": dl.Text("bon", "good")}
        sample = dl.declare_design(
            dl.Microdata(three, dl.Codebook().described("sat", values=values))
        )
        found = dl.estimate(sample, dl.median("sat"))
        (row,) = dl.table(found, "fr").sheet.rows
        assert [cell.text for cell in row[:3]] == ["mauvais", "[mauvais\u202f;\u00a0bon]", "60"]
        assert (found.frame["estimate"].item(), found.frame["answer"].item()) == (1.0, "bad")
        (row,) = dl.table(
            dl.estimate(sample, dl.quantile("sat", 2 / 3, rule="school")), "en"
        ).sheet.rows
        assert row[0].text == "bad / good"
        described = dl.table(dl.summary(sample, "sat", statistics={"sat": "median"}), "en")
        assert described.sheet.rows[0][-1].text == "bad\u00a0(bad, good)"

    def test_have_no_place_on_an_axis_of_numbers(
        self, sample: Any, refused: Callable[..., None]
    ) -> None:
        """The median was drawn at 3.00, between 3.0 and 4.0."""
        found = dl.estimate(sample, dl.median("sat"), by="edu")
        for kind in ("dots", "bars", "lines"):
            refused(lambda kind=kind: dl.chart(found, kind), dl.DiplabError)
        assert "neither" in repr(found)
        assert dl.chart(dl.estimate(sample, dl.share("sat")), "likert").caption.title
        assert dl.chart(dl.estimate(sample, dl.median("y"), by="edu")).caption.title

    def test_a_group_may_not_be_named_as_the_column_of_answers(
        self, refused: Callable[..., None]
    ) -> None:
        frame = pd.DataFrame(
            {"sat": pd.Categorical(["a", "b"] * 9, ordered=True), "answer": [1, 2] * 9}
        )
        refused(
            lambda: dl.estimate(dl.declare_design(frame), dl.median("sat"), by="answer"),
            dl.DiplabError,
        )

    def test_medians_of_codes_print_as_labels(self) -> None:
        values = {at: dl.Text.same(each) for at, each in enumerate(EDUCATION, start=1)}
        book = dl.Codebook().described("x", values=values, measure="ordinal")
        sample = dl.declare_design(dl.Microdata(pd.DataFrame({"x": [3, 3, 1, 2, 3] * 10}), book))
        (row,) = dl.table(dl.estimate(sample, dl.median("x")), "en").sheet.rows
        assert (row[0].text, row[0].number) == ("high", 3.0)

    def test_a_model_of_order_takes_numbers_as_numbers(self) -> None:
        listed = dl.Codebook().described(
            "x", values={3: dl.Text.same("c"), 1: dl.Text.same("a"), 2: dl.Text.same("b")}
        )
        frame = pd.DataFrame({"x": [1, 2, 3, 2] * 10, "y": np.arange(40.0) % 7})
        sample = dl.declare_design(dl.Microdata(frame, listed))
        cuts = dl.regress(sample, "x ~ y", family="ordinal").frame["category"].tolist()[1:]
        assert cuts == ["1 | 2", "2 | 3"]

    def test_words_without_order_are_refused_and_the_remedy_works(
        self, answers: pd.DataFrame, refused: Callable[..., None]
    ) -> None:
        values = {each: dl.Text.same(each) for each in SATISFACTION}
        nominal = dl.Microdata(
            answers, dl.Codebook().described("sat", values=values, measure="nominal")
        )
        partly = dl.Microdata(
            answers, dl.Codebook().described("sat", values=dict(list(values.items())[:4]))
        )
        for data in (nominal, partly, answers, unordered_categories(answers)):
            sample = dl.declare_design(data)
            for asked in (
                lambda sample=sample: dl.estimate(sample, dl.median("sat")),
                lambda sample=sample: dl.rank_test(sample, "sat", "sex"),
                lambda sample=sample: dl.regress(sample, "sat ~ y", family="ordinal"),
            ):
                refused(asked, dl.DiplabError)
        for data in (nominal, partly):
            with pytest.raises(dl.DiplabError) as caught:
                dl.estimate(dl.declare_design(data), dl.median("sat"))
            written = str(caught.value).split("`")[-2]
            again = eval(written, {"data": data})
            assert (
                dl.estimate(dl.declare_design(again), dl.median("sat")).frame["estimate"].item()
                == 3.0
            )


class TestGroupsOfOtherResults:
    def test_decompositions(self, answers: pd.DataFrame) -> None:
        data = dl.Microdata(answers.assign(pay=np.exp(answers["y"])), codebook())
        found = dl.decompose(dl.declare_design(data, weights="w"), dl.theil("pay"), "edu").frame
        assert [each for each in first_seen(found, "edu") if each] == EDUCATION

    def test_incomes_in_bands(self, answers: pd.DataFrame) -> None:
        bands = ["under 1000", "1000 to 2000", "2000 to 3000"]
        banded = answers.assign(band=np.array(bands)[np.arange(len(answers)) % 3])
        sample = dl.declare_design(dl.Microdata(banded, codebook()), weights="w")
        found = dl.estimate(sample, dl.arpr(dl.banded("band"), threshold=1500), by="edu").frame
        assert first_seen(found, "edu") == EDUCATION

    def test_population_sizes(self, answers: pd.DataFrame) -> None:
        lists = pd.DataFrame(
            {
                "a": answers["ended"],
                "b": (np.arange(len(answers)) % 3 > 0) * 1,
                "edu": answers["edu"],
            }
        )
        lists = lists[(lists["a"] == 1) | (lists["b"] == 1)]
        found = dl.population.lists(
            dl.Microdata(lists, codebook()), by="edu", columns=["a", "b"]
        ).frame
        assert found["edu"].tolist()[:3] == EDUCATION


IN_ORDER = {
    "sat >= 'good'": ["good", "very good"], "'bad' < sat <= 'good'": ["neither", "good"], "sat < 'bad'": ["very bad"],
    "'neither' > sat": ["very bad", "bad"], "not sat <= 'neither'": ["good", "very good"], "sat > 'very good'": [],
    "sat > 'bad' and sat != 'good'": ["neither", "very good"],
}  # fmt: skip


class TestConditions:
    @pytest.mark.parametrize("kind", [each for each in KINDS if each is not unordered_categories])
    def test_words_compare_in_their_order_in_every_engine(
        self, kind: Callable[[pd.DataFrame], Any], answers: pd.DataFrame
    ) -> None:
        some = answers.assign(sat=answers["sat"].where(answers.index % 7 > 0))
        sample = dl.declare_design(kind(some), weights="w")
        known = int(some["sat"].notna().sum())
        for condition, kept in IN_ORDER.items():
            meant = int(some["sat"].isin(kept).sum())
            share = dl.estimate(dl.declare_design(kind(some)), dl.share(condition)).frame
            assert (share["n"].item(), share["estimate"].item()) == (
                known,
                pytest.approx(meant / known),
            ), condition
            if kept:
                assert (
                    dl.estimate(sample.where(condition), dl.count()).frame["n"].item() == meant
                ), condition

    @pytest.mark.parametrize("kind", KINDS[:4])
    def test_two_columns_of_one_order(
        self, kind: Callable[[pd.DataFrame], Any], answers: pd.DataFrame
    ) -> None:
        """As places from 0 to 2 compare; equality asks for no order."""
        before = answers["edu"].sample(frac=1, random_state=2).to_numpy()
        data = kind(answers)
        if kind is ordered_categories:
            data = data.assign(wave=pd.Categorical(before, EDUCATION, ordered=True))
        else:
            data = kind(answers.assign(wave=before)).described("wave", values=EDUCATION)
        sample = dl.declare_design(data)
        now, then = answers["edu"].map(EDUCATION.index), pd.Series(before).map(EDUCATION.index)
        counts = {"edu > wave": now > then, "edu <= wave": now <= then, "edu == wave": now == then,
                  "edu != wave": now != then}  # fmt: skip
        for condition, meant in counts.items():
            assert (
                dl.estimate(sample.where(condition), dl.count()).frame["n"].item() == meant.sum()
            ), condition

    def test_columns_of_two_orders_are_not_compared(
        self, sample: Any, refused: Callable[..., None]
    ) -> None:
        refused(lambda: sample.where("edu >= sat"), dl.DiplabError)
        assert dl.estimate(sample, dl.share("edu == sat")).frame["estimate"].item() == 0

    def test_labels_and_new_variables(self) -> None:
        values = {
            "lo": dl.Text("bas", "low"),
            "hi": dl.Text("haut", "high"),
            "dk": dl.Text("ne sait pas", "unsure"),
        }
        frame = pd.DataFrame(
            {
                "x": ["hi", "lo", "hi", "lo", "lo"],
                "z": pd.Categorical(list("bacab"), list("cab"), ordered=True),
            }
        )
        data = dl.Microdata(frame, dl.Codebook().described("x", values=values, measure="ordinal"))
        sample = dl.declare_design(data)
        for written in ("x > 'low'", "x >= 'haut'", "'lo' < x"):
            assert dl.estimate(sample.where(written), dl.count()).frame["n"].item() == 2, written
        more = data.with_columns(up="x > 'low'", last="z >= 'a'")
        assert more.frame["up"].tolist() == [True, False, True, False, False]
        assert more.frame["last"].tolist() == [True, True, False, True, True]
        assert dl.regress(sample, "I(x > 'low') ~ 1").frame["estimate"].item() == pytest.approx(0.4)

    @pytest.mark.parametrize(
        "kind", [lambda frame: frame, unordered_categories, pl.from_pandas, duckdb.from_df]
    )
    def test_words_without_an_order_are_refused_and_the_remedy_works(
        self,
        kind: Callable[[pd.DataFrame], Any],
        answers: pd.DataFrame,
        refused: Callable[..., None],
    ) -> None:
        data = kind(answers)
        refused(lambda: dl.declare_design(data).where("edu >= 'medium'"), dl.DiplabError)
        with pytest.raises(dl.DiplabError) as caught:
            dl.estimate(dl.declare_design(data), dl.share("edu >= 'medium'"))
        line = str(caught.value).split("`")[-2].split("values=")[0] + f"values={EDUCATION})"
        again = dl.declare_design(eval(line, {"data": data, "dl": dl}))
        assert dl.estimate(again.where("edu >= 'medium'"), dl.count()).frame["n"].item() == 160

    def test_a_word_that_nobody_listed_is_named(
        self, sample: Any, refused: Callable[..., None]
    ) -> None:
        refused(lambda: sample.where("sat >= 'goood'"), dl.DiplabError)
        refused(lambda: sample.where("sat >= 3"), dl.DiplabError)


class TestCharts:
    def test_sides_of_a_likert_chart(
        self, sample: Any, answers: pd.DataFrame, refused: Callable[..., None]
    ) -> None:
        for options in ({}, {"neutral": "neither"}):
            for by in ((), "edu"):
                drawn: Any = dl.chart(
                    dl.estimate(sample, dl.share("sat"), by=by), "likert", **options
                )
                sides = [[label.en for label in side] for side in drawn.chart.sides]
                assert sides == [["very bad", "bad"], ["good", "very good"], ["neither"]]
        plain = dl.declare_design(answers)
        refused(lambda: dl.chart(dl.estimate(plain, dl.share("sat")), "likert"), dl.DiplabError)

    def test_lines_and_rows(self, sample: Any) -> None:
        for kind in ("lines", "dots", "bars"):
            drawn: Any = dl.chart(dl.estimate(sample, dl.mean("y"), by="edu"), kind)
            assert [dot.label.en for dot in drawn.chart.rows] == EDUCATION
        listed = dl.Codebook().described(
            "x", values={code: dl.Text.same(f"x{code}") for code in (3, 1, 2)}
        )
        frame = pd.DataFrame({"x": [1, 2, 3] * 20, "y": np.arange(60.0)})
        codes = dl.declare_design(dl.Microdata(frame, listed))
        drawn = dl.chart(dl.estimate(codes, dl.mean("y"), by="x"), "lines")
        assert [dot.label.en for dot in drawn.chart.rows] == ["x3", "x1", "x2"]
        assert drawn.chart.times == ()


class TestSamplesWithNewVariables:
    def test_recoded_and_added(self, sample: Any, answers: pd.DataFrame) -> None:
        words = sample.recode(
            "sat",
            {("very bad", "bad"): "low", ("neither", "good", "very good"): "high"},
            into="two",
        )
        assert dl.estimate(words, dl.share("two")).frame["category"].tolist() == ["low", "high"]
        added = sample.with_columns(again=pd.Categorical(answers["edu"], EDUCATION, ordered=True))
        assert dl.estimate(added, dl.share("again")).frame["category"].tolist() == EDUCATION
        assert dl.estimate(added, dl.median("again")).frame["answer"].item() == "medium"

    def test_quantiles_have_the_weights_of_the_sample(
        self, sample: Any, answers: pd.DataFrame
    ) -> None:
        own = sample.recode("y", quantiles=4, into="quarter")
        data = dl.Microdata(answers, dl.Codebook()).recode(
            "y", quantiles=4, weights="w", into="quarter"
        )
        of_data = dl.estimate(dl.declare_design(data, weights="w"), dl.share("quarter"))
        np.testing.assert_allclose(
            dl.estimate(own, dl.share("quarter")).frame["estimate"], of_data.frame["estimate"]
        )


class TestReference:
    def test_by_name(self, sample: Any) -> None:
        chosen = dl.regress(sample, "y ~ edu * sex", reference={"edu": "high", "sex": "m"})
        assert chosen.references == {"edu": "high", "sex": "m"}
        written = dl.regress(sample, 'y ~ C(edu, Treatment("high")) * C(sex, Treatment("m"))')
        assert chosen.frame["category"].tolist() == written.frame["category"].tolist()
        np.testing.assert_allclose(chosen.frame["estimate"], written.frame["estimate"])
        several = dl.regress(sample, "sat ~ y", family="multinomial", reference={"sat": "neither"})
        assert several.references == {"sat": "neither"}
        assert first_seen(several.frame, "sat") == ["very bad", "bad", "good", "very good"]
        for other in (
            dl.make_replicates(sample, "bootstrap", n=20, seed=1),
            dl.imputed([sample, sample]),
        ):
            assert dl.regress(other, "y ~ edu", reference={"edu": "medium"}).references == {
                "edu": "medium"
            }

    def test_by_label(self, answers: pd.DataFrame) -> None:
        coded = answers.assign(edu=answers["edu"].map(EDUCATION.index))
        values = {at: dl.Text.same(each) for at, each in enumerate(EDUCATION)}
        sample = dl.declare_design(
            dl.Microdata(coded, dl.Codebook().described("edu", values=values))
        )
        assert dl.regress(sample, "y ~ edu", reference={"edu": "medium"}).references == {"edu": 1}

    def test_refused(self, sample: Any, refused: Callable[..., None]) -> None:
        for formula, reference in {
            "y ~ edu": {"edu": "hihg"}, "y ~ sat": {"sat": "awful"}, "y ~ sex": {"edu": "low"}, "y ~ id": {"id": 3},
            'y ~ C(edu, Treatment("low"))': {"edu": "high"}, "y ~ edu + sex": "low",
        }.items():  # fmt: skip
            refused(
                lambda f=formula, r=reference: dl.regress(sample, f, reference=r), dl.DiplabError
            )


class TestWhatHasNoOrder:
    def test_words_without_codebook_are_alphabetical(self, answers: pd.DataFrame) -> None:
        for data in (answers, pl.from_pandas(answers), duckdb.from_df(answers)):
            sample = dl.declare_design(data)
            assert dl.estimate(sample, dl.share("edu")).frame["category"].tolist() == [
                "high",
                "low",
                "medium",
            ]

    def test_words_that_the_codebook_does_not_list_come_last(self, answers: pd.DataFrame) -> None:
        book = dl.Codebook().described(
            "sat", values={each: dl.Text.same(each) for each in ("neither", "bad")}
        )
        sample = dl.declare_design(dl.Microdata(answers, book))
        order = ["neither", "bad", "good", "very bad", "very good"]
        assert dl.estimate(sample, dl.share("sat")).frame["category"].tolist() == order
        assert list(dl.crosstab(sample, "sat", "edu").categories("sat")) == order

    def test_numbers_keep_their_order_unless_all_are_listed(self) -> None:
        frame = pd.DataFrame({"x": [1, 2, 10, 2, 1, 10.0]})
        ends = dl.Codebook().described(
            "x", values={10: dl.Text.same("most"), 1: dl.Text.same("least")}
        )
        listed = dl.Codebook().described(
            "x", values={code: dl.Text.same(f"x{code}") for code in (10, 1, 2)}
        )
        for book, order in ((ends, [1, 2, 10]), (listed, [10, 1, 2])):
            sample = dl.declare_design(dl.Microdata(frame, book))
            assert dl.estimate(sample, dl.share("x")).frame["category"].tolist() == order
            assert list(dl.crosstab(sample, "x").categories("x")) == order

    def test_intervals_of_pandas(self) -> None:
        # `pandas.cut` and `qcut` make categories that are not words; alphabetically (10 would be
        # before (5
        frame = pd.DataFrame({"pay": [1.0, 7, 12, 14, 3, np.nan], "y": [1.0, 2, 3, 4, 5, 6]})
        frame["band"] = pd.cut(frame["pay"], [0, 5, 10, 100])
        found = dl.estimate(dl.declare_design(frame), dl.mean("y"), by="band")
        assert found.frame["band"].tolist() == ["(0, 5]", "(5, 10]", "(10, 100]"]
        assert found.frame["estimate"].tolist() == [3.0, 2.0, 3.5]


def test_an_r_factor_keeps_its_levels() -> None:
    data = dl.read(Path(__file__).parents[1] / "loaders/r_samples/people.rds")
    assert list(data.codebook["region"].values) == ["nord", "sud", "est", "ouest"]
    sample = dl.declare_design(data)
    assert dl.estimate(sample, dl.share("region"), df="infinity").frame["category"].tolist() == [
        "nord",
        "sud",
        "est",
    ]
    assert dl.estimate(sample, dl.share("often")).frame["category"].tolist() == [
        "never",
        "weekly",
        "daily",
    ]
    assert dl.regress(sample, "rank ~ often", df="infinity").references == {"often": "never"}


@pytest.mark.parametrize("lazy", [False, True])
def test_categories_of_polars_stand_by_the_alphabet_and_enumerations_as_declared(
    lazy: bool,
) -> None:
    words, declared = ["mid", "low", "high", "low"], ["low", "mid", "high"]
    for kind, order in ((pl.Categorical(), sorted(declared)), (pl.Enum(declared), declared)):
        # the other column is met first: categories of Polars are those of both
        made = pl.DataFrame(
            {"met": ["zero", "high", "mid", "zero"], "k": words, "y": [1.0, 2, 3, 4]}
        )
        made = made.with_columns(pl.col("met").cast(pl.Categorical()), pl.col("k").cast(kind))
        data = made.lazy() if lazy else made
        held = [dl.declare_design(data), dl.declare_design(dl.Microdata(made))]
        for sample in held:
            assert dl.estimate(sample, dl.share("k")).frame["category"].tolist() == order
            assert dl.estimate(sample, dl.mean("y"), by="k").frame["k"].tolist() == order
            fit = dl.regress(sample, "y ~ k")
            assert fit.references["k"] == order[0]
