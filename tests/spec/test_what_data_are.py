"""What answers are taken for: scales, codes, categories, answers that are none; and every remedy that an error names.

Values by hand: ten people; trust 0 to 9 has the mean 4.5, its even half 4 and its odd half 5.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

import diplab as dl
from diplab.errors import ConditionError, DiplabError, MisleadingError, OptionError
from diplab.microdata.missing import codes_for_no_answer, is_rating_scale
from diplab.types import Variable

if TYPE_CHECKING:
    from collections.abc import Callable

    from diplab.types import Microdata, Sample

TRUST = {
    0: "You can't be too careful",
    **{code: str(code) for code in range(1, 10)},
    10: "Most people can be trusted",
}
VOTE = {1: "Remain", 2: "Leave", 33: "Would not vote", 44: "Would submit a blank paper"}
LIKERT = {1: "never", 2: "seldom", 3: "often", 4: "always"}
AGES = {1: "16", 2: "17", 3: "18 or more"}
VARIABLES: dict[str, tuple[dict[int, str], Any]] = {
    "trust": (TRUST, "nominal"), "trust_b": (TRUST, "unknown"), "sex": ({1: "Male", 2: "Female"}, "unknown"),
    "sex_o": ({1: "Male", 2: "Female"}, "ordinal"), "vote": (VOTE, "nominal"), "likert": (LIKERT, "unknown"),
    "often": (LIKERT, "ordinal"), "age": (AGES, "nominal"), "yes": ({0: "no", 1: "yes"}, "nominal"),
    "children": ({0: "none", 1: "one", 2: "two", 3: "three or more"}, "scale"),
}  # fmt: skip
PLACE = np.arange(200)


def people() -> Microdata:
    book = dl.Codebook()
    for name, (labels, measure) in VARIABLES.items():
        book = book.described(name, values=labels, measure=measure)
    columns = {
        name: np.array([*labels])[PLACE % len(labels)] for name, (labels, _) in VARIABLES.items()
    }
    columns["vote"] = np.array([1, 2, 1, 33, 44])[PLACE % 5]
    columns["sex"] = columns["sex_o"] = 1 + (PLACE // 3) % 2
    frame = pd.DataFrame(columns).assign(
        pay=100.0 + PLACE * 7 % 101, g=np.where(PLACE % 7 < 3, "a", "b"), w=1.0
    )
    return dl.Microdata(frame, book)


def test_words_at_the_ends_and_codes_between_make_a_scale() -> None:
    def scale(labels: dict[int, str], measure: Any = "nominal", **missing: Any) -> bool:
        return is_rating_scale(
            dl.Codebook().described("x", values=labels, measure=measure, **missing)["x"]
        )

    assert scale(TRUST)
    assert scale({**TRUST, 77: "Refusal", 88: "Don't know", 99: "No answer"})
    assert scale({**TRUST, 66: "Not applicable"}, missing={66: "Not applicable"})
    assert scale({0: "Bad", 1: "01", 2: "2.", 3: "Neither", 4: "(4)", 5: "5", 6: "Good"})
    assert scale({1: "low", 2: "2", 3: "high"})
    assert scale({-2: "Against", -1: "-1", 0: "0", 1: "1", 2: "In favour"})
    assert scale({**{age: str(age) for age in range(18, 90)}, 90: "90 or over"})
    assert not scale(TRUST, "ordinal")  # declared
    assert not any(
        scale(labels)
        for labels in (LIKERT, AGES, VOTE, {1: "1", 2: "2", 3: "3"}, {0: "no", 1: "yes"})
    )


@pytest.mark.parametrize("name", ["trust", "trust_b"])
def test_every_verb_takes_a_rating_scale_for_numbers(name: str) -> None:
    sample = dl.declare_design(people(), weights="w")
    mean = people().frame[name].mean()
    assert dl.estimate(sample, dl.mean(name)).frame["estimate"].item() == pytest.approx(mean)
    assert (
        dl.estimate(sample, dl.correlation(name, "pay"), dl.cronbach_alpha(name, "pay"))
        .frame["estimate"]
        .notna()
        .all()
    )
    assert (
        len(dl.regress(sample, f"{name} ~ g").frame)
        == len(dl.regress(sample, f"pay ~ {name}").frame)
        == 2
    )
    assert dl.summary(sample, name, by="g").statistics[name] == "mean"
    assert np.isfinite(dl.t_test(sample, name, "g").p_value)


REFUSED: dict[str, Callable[[Sample], Any]] = {
    **{f"mean of {name}": lambda s, name=name: dl.estimate(s, dl.mean(name)) for name in
       ("sex", "sex_o", "vote", "likert", "age")},
    **{f"total of {name}": lambda s, name=name: dl.estimate(s, dl.total(name)) for name in ("vote", "often", "likert")},
    **{f"median of {name}": lambda s, name=name: dl.estimate(s, dl.median(name)) for name in ("sex", "vote", "age")},
    "correlation": lambda s: dl.estimate(s, dl.correlation("likert", "pay")),
    "alpha": lambda s: dl.estimate(s, dl.cronbach_alpha("likert", "often")),
    "t test": lambda s: dl.t_test(s, "vote", "g"), "t test of two": lambda s: dl.t_test(s, "sex", "g"),
    "rank test": lambda s: dl.rank_test(s, "vote", "g"),
    "regression": lambda s: dl.regress(s, "likert ~ pay"), "regression of two": lambda s: dl.regress(s, "sex ~ pay"),
    "poverty": lambda s: dl.estimate(s, dl.arpr("often")),
}  # fmt: skip
VERBS = re.compile(r"`((?:dl|data)\.(?:[^`]|``)+)`")


@pytest.mark.parametrize("name", REFUSED)
def test_each_remedy_that_an_error_names_works_as_written(name: str, error_text: Any) -> None:
    """A statistic is estimated; data that are told what they are no longer meet the error."""
    data = people()
    with pytest.raises(MisleadingError) as caught:
        REFUSED[name](dl.declare_design(data, weights="w"))
    error_text(caught)
    written = VERBS.findall(str(caught.value))
    assert any(each.startswith("data.described") for each in written)
    for line in written:
        made = eval(line, {"dl": dl, "data": data})
        if line.startswith("dl."):
            assert (
                dl.estimate(dl.declare_design(data, weights="w"), made)
                .frame["estimate"]
                .notna()
                .all()
            )
        elif "into=" in line:
            assert (
                dl.estimate(dl.declare_design(made, weights="w"), dl.mean("age_number"))
                .frame["estimate"]
                .notna()
                .all()
            )
        else:
            assert REFUSED[name](dl.declare_design(made, weights="w")) is not None


def test_two_answers_and_codes_of_no_stated_measure_are_no_scores() -> None:
    sample = dl.declare_design(people(), weights="w")
    summary = dl.summary(sample, ["sex", "sex_o", "likert", "often", "yes", "children", "trust"])
    assert list(summary.statistics.values()) == ["share"] * 5 + ["mean"] * 2
    assert len(dl.regress(sample, "pay ~ sex + likert").frame) == 1 + 1 + 3
    # 0 and 1 are a share, what is declared a scale is a number, who asks for ranks says that there
    # are some
    found = dl.estimate(
        sample, dl.mean("yes"), dl.mean("children"), dl.mean("often"), dl.median("likert")
    )
    assert found.frame["estimate"].tolist() == [0.5, 1.5, 2.5, 2]
    assert found.provenance.rules["scores"] == "often"
    assert np.isfinite(dl.rank_test(sample, "likert", "g").p_value)
    assert len(dl.regress(sample, "likert ~ pay", family="ordinal").frame) == 4
    assert len(dl.regress(sample, "I(likert) ~ pay").frame) == 2  # as arithmetic


CATEGORIES = {
    "integers": pd.Categorical(1 + PLACE % 4), "ordered": pd.Categorical(1 + PLACE % 4, ordered=True),
    "floats": pd.Categorical(0.5 * (1 + PLACE % 4)), "yes": pd.Categorical(PLACE % 2),
    "gaps": pd.Categorical(np.where(PLACE % 9 == 0, np.nan, 1 + PLACE % 4)), "words": pd.Categorical(list("abcd") * 50),
}  # fmt: skip


def test_a_categorical_of_numbers_is_categories(error_text: Any) -> None:
    frame = pd.DataFrame(CATEGORIES).assign(
        pay=100.0 + PLACE % 37, g=np.where(PLACE % 7 < 3, "a", "b")
    )
    sample = dl.declare_design(frame)
    terms = {name: len(dl.regress(sample, f"pay ~ {name}").frame) - 1 for name in CATEGORIES}
    assert terms == {"integers": 3, "ordered": 3, "floats": 3, "yes": 1, "gaps": 3, "words": 3}
    assert [dl.summary(sample, name).statistics[name] for name in CATEGORIES] == ["share"] * 6
    for name in ("integers", "floats", "gaps"):
        for refused in (
            lambda name=name: dl.estimate(sample, dl.mean(name)),
            lambda name=name: dl.regress(sample, f"{name} ~ pay"),
        ):
            with pytest.raises(MisleadingError):
                refused()
    with pytest.raises(MisleadingError) as caught:
        dl.estimate(sample, dl.mean("integers"))
    error_text(caught)
    (share, numbers) = VERBS.findall(str(caught.value))
    assert len(dl.estimate(sample, eval(share, {"dl": dl})).frame) == 4
    plain = dl.declare_design(eval(numbers, {"data": frame}))
    assert dl.estimate(plain, dl.mean("integers")).frame["estimate"].item() == 2.5
    # in order they are scores, which is said; 0 and 1 are a share; conditions compare numbers
    found = dl.estimate(sample, dl.mean("ordered"), dl.median("ordered"), dl.mean("yes"))
    assert (found.frame["estimate"].tolist(), found.provenance.rules["scores"]) == (
        [2.5, 2, 0.5],
        "ordered",
    )
    assert dl.estimate(sample.where("integers <= 2"), dl.count()).frame["n"].item() == 100
    told = dl.Microdata(frame).described("integers", measure="scale")
    assert dl.estimate(dl.declare_design(told), dl.mean("integers")).frame["estimate"].item() == 2.5
    words = pl.DataFrame(
        {"c": list("abab") * 5, "y": np.arange(20.0)}, schema_overrides={"c": pl.Categorical}
    )
    for data in (words, words.with_columns(c=pl.col("c").cast(pl.Enum(["b", "a"]))), words.lazy()):
        categories = dl.declare_design(data)
        assert len(dl.regress(categories, "y ~ c").frame) == 2
        with pytest.raises(DiplabError):
            dl.estimate(categories, dl.mean("c"))


ADVICE = {
    "sex == 'female'": "sex == 'Female'", "sex == 'Femal'": "sex == 'Female'", "vote == 'leave'": "vote == 'Leave'",
    "vote in ('remain', 'Leave')": "vote == 'Remain'", "vote == 'Leave the EU'": "vote == 'Leave'",
    "vote != 'would not vote'": "vote == 'Would not vote'",
}  # fmt: skip


@pytest.mark.parametrize("condition", ADVICE)
def test_a_word_that_is_no_label_is_answered_with_the_one_that_is_meant(
    condition: str, error_text: Any
) -> None:
    for data in (people(), dl.Microdata(pl.from_pandas(people().frame).lazy(), people().codebook)):
        sample = dl.declare_design(data, weights="w", psu="pay")
        for call in (
            sample.where,
            sample.universe,
            lambda text, own=sample: dl.estimate(own, dl.share(text)),
        ):
            with pytest.raises(ConditionError) as caught:
                call(condition)
            error_text(caught)
            label, code = re.findall(r"`(\w+ == [^`]+)`", str(caught.value).partition("Write")[2])
            assert label == ADVICE[condition]
            both = [
                dl.estimate(sample.where(each), dl.count()).frame["n"].item()
                for each in (label, code)
            ]
            assert both[0] == both[1] > 0


def test_outcomes_of_codes_and_tables_of_numbers_say_what_to_write(error_text: Any) -> None:
    data = people()
    sample = dl.declare_design(data, weights="w")
    with pytest.raises(OptionError) as caught:
        dl.regress(sample, "vote ~ pay", family="binomial")
    error_text(caught, "binomial")
    outcomes = re.findall(r"`(\w+ == \d+ ~) \.\.\.`", str(caught.value))
    assert outcomes == ["vote == 1 ~", "vote == 2 ~", "vote == 33 ~", "vote == 44 ~"]
    assert len(dl.regress(sample, f"{outcomes[1]} pay", family="binomial").frame) == 2
    for given, book in ((data, people().codebook), (data.frame, None)):
        with pytest.raises(OptionError) as caught:
            dl.crosstab(dl.declare_design(given, weights="w"), "g", "pay")
        error_text(caught, "bands" if book else "bands of a frame")
        (line,) = re.findall(r"`(sample\.[^`]+)`", str(caught.value))
        banded = eval(line, {"sample": dl.declare_design(given, weights="w")})
        assert len(dl.crosstab(banded, "g", "pay_bands").frame)


NONE = ("[DO NOT READ] Don’t know", "System missing", "Missing", "Missing (web)", "Prefiero no contestar", "Nie wiem",
        "Trudno powiedzieć", "Vet ej", "Vil ikke svare", "Prefiro não responder",
        "-9. Refused", "NSP", "DK", "No answer", "Don’t know", "Not applicable", "Sans objet", "IAP", "NSPP", "Inap.",
        "Ne se prononce pas", "Non concerné", "Ne sait pas", "NSP/NR", "Refusal", "99. NSP", "Refused/Don't know",
        "Prefer not to say", "Je préfère ne pas répondre", "Not in universe", "-1. Inapplicable", "(Don't know)",
        "Non renseigné", "Pas de réponse", "Refus", "[Refus]", "Refused", "n.a.", "No sabe", "Weiß nicht")  # fmt: skip
ANSWERS = ("No", "None", "Other", "Unemployed", "Never", "Nothing", "Not at all", "Aucun", "Sans emploi", "Neither",
           "Sans diplôme", "Not employed", "Autre", "No religion", "Not available for work", "Ni oui ni non",
           "Refused asylum", "1", "No opinion", "Ne travaille pas", "Missing teeth",
           "Don’t read newspapers", "Ne sait pas lire")  # fmt: skip


def test_labels_that_say_no_answer_are_told_from_answers() -> None:
    def said(label: str, code: int = -9) -> bool:
        return code in codes_for_no_answer(
            Variable("x", values=described({1: "yes", 2: "no", 3: "maybe", code: label}))
        )

    assert [label for label in NONE if not said(label)] == []
    assert [label for label in ANSWERS if said(label) or said(label, 4)] == []
    # a word that may be an answer is none by its code, or beside another
    assert codes_for_no_answer(Variable("x", values=described({1: "accepted", 2: "refused"}))) == {}
    assert list(
        codes_for_no_answer(
            Variable("x", values=described({1: "Oui", 2: "Non", 3: "Refus", 4: "NSP"}))
        )
    ) == [3, 4]
    declared = Variable("x", values=described({1: "yes", 9: "Refused"}), missing={9: "Refused"})
    assert codes_for_no_answer(declared) == {}


def described(labels: dict[int, str]) -> dict[Any, dl.Text]:
    return {code: dl.Text.same(label) for code, label in labels.items()}


def with_refusals() -> Microdata:
    book = dl.Codebook().described(
        "vote", values={-9: "-9. Refused", -8: "-8. Don't know", 1: "yes", 2: "no", 3: "blank"}
    )
    book = book.described("vote", label=dl.Text("Vote au premier tour", "Vote")).described(
        "trust", values=TRUST | {88: "DK"}
    )
    vote = np.array([1, 2, 3, 1, 2, 1, 1, -9, -9, -8])[PLACE % 10]
    trust = np.where(PLACE % 20 == 0, 88, PLACE % 11)
    return dl.Microdata(
        pd.DataFrame({"vote": vote, "trust": trust, "g": np.where(PLACE % 3 < 1, "a", "b")}), book
    )


def test_every_verb_points_out_answers_that_say_that_there_is_none() -> None:
    data = with_refusals()
    sample = dl.declare_design(data)
    results = [
        dl.estimate(sample, dl.share("vote")), dl.estimate(sample, dl.share("vote == 1")),
        dl.crosstab(sample, "vote", "g").cells, dl.estimate(sample, dl.count(), by="vote"),
        dl.regress(sample, "trust ~ vote"), dl.summary(sample, "vote").groups,
    ]  # fmt: skip
    for found in results:
        (notice,) = [each for each in found.provenance.notices if "Refused" in each.en]
        assert "“Vote”, -9. Refused × 40, -8. Don't know × 20" in notice.en
        assert (
            "«\N{NO-BREAK SPACE}Vote au premier tour\N{NO-BREAK SPACE}», -9. Refused × 40"
            in notice.fr
        )
        (line,) = re.findall(r"`([^`]+)`", notice.en)
        assert not dl.estimate(
            dl.declare_design(eval(line, {"data": data})), dl.share("vote")
        ).provenance.notices
    assert "“trust”, DK × 10" in dl.estimate(sample, dl.mean("trust")).provenance.notices[-1].en
    # those alone that are used here
    assert dl.estimate(sample.where("vote > 0"), dl.share("vote")).provenance.notices == ()
    assert "Refused × 40" in repr(data.describe("vote"))
    found = data.check().frame
    told = found[found["kind"] == "labelled_no_answer"]
    assert told[["variables", "rows"]].values.tolist() == [["vote", 60], ["trust", 10]]
    page = dl.table(data.check(), "en").as_raw_html().replace("&quot;", '"')
    assert 'data.described(no_answer="labels")' in page


def test_labels_declare_answers_missing_for_all_variables_at_once(tmp_path: Any) -> None:
    told = with_refusals().described(no_answer="labels")
    assert told.missing("vote").frame[["category", "count"]].values.tolist() == [
        ["answered", 140], ["-9. Refused", 40], ["-8. Don't know", 20],
    ]  # fmt: skip
    assert (told.frame["trust"].isna().sum(), list(told.codebook["vote"].values)) == (10, [1, 2, 3])
    assert told.check().frame.query("kind == 'labelled_no_answer'").empty
    again = dl.read(with_refusals(), no_answer="labels")
    assert again.missing("vote").frame.equals(told.missing("vote").frame)
    book = dl.Codebook().described(
        "vote", missing={-9: "refused"}, values={1: "yes", 2: "no", 3: "blank"}
    )
    assert dl.read(with_refusals(), codebook=book).missing("vote").frame["count"].tolist() == [
        160,
        40,
    ]
    dl.write(with_refusals(), tmp_path / "file.sav")
    (tmp_path / "file.codebook.toml").unlink()
    read = dl.read(tmp_path / "file.sav")
    (notice,) = [each.en for each in read.codebook.origin.notices if "label says" in each.en]
    assert "in 2 variables: `vote` (60), `trust` (10)" in notice
    declared = dl.read(tmp_path / "file.sav", no_answer="labels")
    assert declared.missing("vote").frame.equals(told.missing("vote").frame)
    assert not [each for each in declared.codebook.origin.notices if "label says" in each.en]
    assert dl.estimate(dl.declare_design(declared), dl.mean("trust")).frame["n"].item() == 190


def test_described_tells_what_variables_are(error_text: Any) -> None:
    data = people()
    both = data.described("likert", "vote", measure="ordinal", label="Answer")
    assert [both.codebook[name].measure for name in ("likert", "vote")] == ["ordinal"] * 2
    assert both.codebook["vote"].label == dl.Text.same("Answer")
    told = data.described("vote", missing=[33, 44]).described("vote", missing={2: "out of scope"})
    assert told.missing("vote").frame["category"].tolist() == [
        "answered", "Would not vote", "Would submit a blank paper", "out of scope",
    ]  # fmt: skip
    assert (data.frame["vote"] == 33).any()  # the data as they were
    large = dl.Microdata(pd.DataFrame({"id": 2**60 + PLACE})).described("id", missing=2**60 + 3)
    assert large.frame["id"].isna().sum() == 1
    assert int(large.frame["id"].iloc[7]) == 2**60 + 7
    assert large.missing("id").frame["count"].tolist() == [199, 1]
    for place, call in enumerate((
        lambda: data.described("likert", measure="scales"), lambda: data.described("likert", mesure="scale"),
        lambda: data.described(measure="scale"), lambda: data.described("likert"),
        lambda: data.described("liket", unit="EUR"),
        lambda: data.described("likert", missing={}.keys()), lambda: data.described(no_answer="words"),  # type: ignore[arg-type]
        lambda: dl.Microdata(pl.DataFrame({"x": [1]}).lazy()).described("x", missing=1),  # type: ignore[arg-type]
    )):  # fmt: skip
        with pytest.raises(DiplabError) as caught:
            call()
        error_text(caught, str(place))


def test_a_summary_tells_numbers_that_look_like_codes_by_shares(error_text: Any) -> None:
    """Activity of 1 to 7 without a codebook has no mean. Ages, hours and what is declared have one."""
    frame = pd.DataFrame({
        "pl030": 1.0 + PLACE % 7, "sex": 1 + PLACE % 2, "age": 18 + PLACE % 60, "half": 0.5 * (PLACE % 3),
        "yes": PLACE % 2, "children": PLACE % 6, "below": PLACE % 5 - 2, "few": np.where(PLACE < 190, 1, PLACE),
        "g": PLACE // 50, "h": PLACE % 4, "toy": 23 + 9 * (PLACE % 5), "odd": np.array([1, 2, 3, 98, 99])[PLACE % 5],
    })  # fmt: skip
    frame.loc[5, "pl030"] = np.nan
    told = dl.Microdata(frame).described("children", measure="scale")
    for data in (told, dl.Microdata(pl.from_pandas(frame).lazy(), told.codebook)):
        sample = dl.declare_design(data, psu="age")
        found = dl.summary(
            sample, ["pl030", "sex", "half", "yes", "children", "below", "few", "g", "toy", "odd"]
        )
        shares = [name for name, how in found.statistics.items() if how == "share"]
        assert shares == ["pl030", "sex", "yes", "g", "odd"]
        notice = found.groups.provenance.notices[-1]
        assert "“pl030”, “sex”, “g”, “odd”. They are told by shares" in notice.en
        assert (
            "statistics={'pl030': 'mean', 'sex': 'mean', 'g': 'mean', 'odd': 'mean'}" in notice.fr
        )
        assert not dl.summary(
            sample, "pl030", statistics={"pl030": "mean"}
        ).groups.provenance.notices
    assert dl.summary(dl.declare_design(frame.head(8)), "pl030").statistics == {"pl030": "mean"}
    sample = dl.declare_design(frame)
    assert dl.summary(sample, "age", by=["g"]).by == "g"
    with pytest.raises(OptionError) as caught:
        dl.summary(sample, "age", by=["g", "h"])  # type: ignore[arg-type]
    error_text(caught)
    (line,) = re.findall(r"`(dl\.[^`]+)`", str(caught.value))
    assert eval(line, {"dl": dl, "sample": sample, "variables": ["age"]}).by == "h"


def test_columns_of_a_printed_table_have_the_names_that_one_reads(error_text: Any) -> None:
    table = dl.table(dl.estimate(dl.declare_design(people()), dl.mean("pay"), by="g"), "en")
    assert "Respondents" not in table.cols_hide("Respondents").sheet.header
    assert table.cols_move_to_start(["Respondents"]).sheet.header[0] == "Respondents"
    assert table.cols_hide("c1").sheet.header == tuple(
        each for each in table.sheet.header if each != "Estimate"
    )
    for name in ("n", "Respondant"):
        with pytest.raises(OptionError) as caught:
            table.cols_hide(name)
        error_text(caught, name)


def test_codes_are_no_incomes_and_no_pay(error_text: Any) -> None:
    """Deciles of incomes, as ESS gives them, have no equivalised amount; nor have categories, pairs, or pay."""
    deciles = {code: f"{code}. decile" for code in range(1, 11)}
    data = dl.Microdata(
        pd.DataFrame(
            {"decile": 1 + PLACE % 10, "size": 1 + PLACE % 4, "cat": pd.Categorical(1 + PLACE % 3)}
        )
    )
    data = data.described("decile", values=deciles, measure="nominal")
    for place, income in enumerate(("decile", ("decile", "decile"), "cat")):
        with pytest.raises(DiplabError) as caught:
            dl.equivalise(data, income, persons="size", scale="square-root")  # type: ignore[arg-type]
        error_text(caught, str(place))
    with pytest.raises(MisleadingError) as caught:
        dl.work.harmonise_pay(data, "decile", period="month", unit="net", currency="EUR")
    line = re.findall(r"`(data\.described[^`]+)`", str(caught.value))
    made = eval(line[0], {"data": data})
    assert "equivalised" in dl.equivalise(made, "decile", persons="size", scale="square-root").frame


DESIGNS = pd.DataFrame({
    "pond": 0.5 + PLACE % 11 / 10, "strate": PLACE % 5, "grappe": PLACE % 40, "weight": 60.0 + PLACE % 23,
    "y": PLACE * 1.0, "cluster": PLACE % 3, "pw1": 1.0 + PLACE % 3, "poids": 400.0 + PLACE,
})  # fmt: skip


def test_columns_that_look_like_an_undeclared_design_are_named() -> None:
    """Bodies have a weight, and typologies three clusters."""
    everything = {"weights": ("pond", "pw1", "poids"), "strata": ("strate",), "psu": ("grappe",)}
    assert dl.declare_design(DESIGNS).undeclared == everything
    found = dl.declare_design(DESIGNS, weights="pond", psu="grappe")
    assert found.undeclared == {"strata": ("strate",)}
    assert "undeclared strata? strate" in repr(found)
    assert "strate" in found._repr_html_()
    assert (
        dl.declare_design(DESIGNS, weights="pond", psu="grappe", strata="strate").undeclared == {}
    )
    replicated = dl.declare_design(
        DESIGNS, weights="pond", replicates=dl.replicates(["pw1", "poids"], kind="bootstrap")
    )
    assert replicated.undeclared == {}
    labelled = dl.Microdata(DESIGNS.rename(columns={"pond": "p7"})).described(
        "p7", label=dl.Text("Pondération", "Weighting")
    )
    assert dl.declare_design(labelled).undeclared["weights"][0] == "p7"
    kilos = dl.Microdata(DESIGNS[["poids", "y"]]).described(
        "poids", label=dl.Text("Poids (kg)", "Weight (kg)")
    )
    assert dl.declare_design(kilos).undeclared == {}
    checked = dl.Microdata(DESIGNS).check().frame.query("check == 'design'")
    assert dict(checked[["kind", "variables"]].values.tolist()) == {
        each: ", ".join(names) for each, names in everything.items()
    }
    lazy = dl.declare_design(pl.from_pandas(DESIGNS).lazy(), psu="grappe")
    assert lazy.undeclared == {"weights": ("pond", "pw1"), "strata": ("strate",)}


def test_a_wage_is_no_line_per_consumption_unit(error_text: Any) -> None:
    """Of a review: 57.8 % were poor by a minimum wage; of raw household incomes, 22.6 % under a line per unit."""
    homes = pd.DataFrame(
        {"income": [900.0, 2600.0, 1500.0, 4000.0], "adults": [1, 2, 1, 2], "children": 0}
    )
    data = dl.Microdata(homes).described("income", unit="EUR a month")
    data = dl.equivalise(data, "income", adults="adults", children="children")
    sample = dl.declare_design(data)
    per_unit = dl.parameter("poverty_threshold_60", 2018)
    refused = {
        "wage": ("equivalised", dl.parameter("minimum_wage_monthly_net", 2018)), "raw": ("income", per_unit),
        "line": ("equivalised", dl.parameter("mine", 2020, value=1000, unit="EUR a month", source="a")),
    }  # fmt: skip
    for name, (income, line) in refused.items():
        for make in (dl.arpr, dl.relative_median_gap):
            with pytest.raises(MisleadingError) as caught:
                dl.estimate(sample, make(income, threshold=line))
            error_text(caught, f"{name} {make.name}")
        if name == "raw":
            written = re.findall(r"`(data\.[^`]+)`", str(caught.value))
            told = dl.declare_design(eval(written[0], {"data": data}))
            assert np.isfinite(
                dl.estimate(told, make(income, threshold=line)).frame["estimate"]
            ).all()
    assert dl.estimate(sample, dl.arpr("equivalised", threshold=per_unit)).provenance.notices == ()
    plain = dl.estimate(dl.declare_design(homes), dl.arpr("income", threshold=per_unit))
    assert "“income” is supposed to be per consumption unit" in plain.provenance.notices[0].en
    assert "“income” is supposed to be per consumption unit" in " ".join(repr(plain).split())
    wages = (
        "minimum_wage_hourly_gross",
        "minimum_wage_monthly_gross",
        "minimum_wage_monthly_net",
        "minimum_wage_hourly_net",
    )
    assert all(dl.parameter(each, 2023).unit.endswith("one person") for each in wages)


def test_an_amount_under_a_wage_says_whose_it_is() -> None:
    """Without a unit, or with one that tells no owner, a rate under a wage was titled a poverty rate, unnoted."""
    frame = pd.DataFrame({"income": [900.0, 2600.0, 1500.0, 4000.0], "no": 0})
    wage = dl.parameter("minimum_wage_monthly_net", 2018)
    per_unit = dl.parameter("poverty_threshold_60", 2018)
    partly = dl.Microdata(frame).described("income", unit="EUR a month")
    whole = partly.described("income", unit="EUR a month, net, one person")
    of_bands = dl.banded(low="income", high="income", beside=())
    for data in (frame, partly):
        sample = dl.declare_design(data)
        for made in (
            dl.arpr("income", threshold=wage), dl.relative_median_gap("income", threshold=wage),
            dl.fgt("income", 1, threshold=wage), dl.arpr(of_bands, threshold=wage),
            dl.arope("income", "no", "no", threshold=wage),
        ):  # fmt: skip
            found = dl.estimate(sample, made)
            assert (
                "“income” is supposed to be earned by one person" in found.provenance.notices[0].en
            )
            assert found.provenance.rules["threshold_unit"] == wage.unit
            titles = (dl.table(found, "en").sheet.title, dl.table(found, "fr").sheet.title)
            low_pay = ["low" in titles[0].lower(), "faible" in titles[1].lower()]
            assert low_pay == [made.name != "arope"] * 2
    told = dl.estimate(dl.declare_design(whole), dl.arpr("income", threshold=wage))
    assert told.provenance.notices == ()
    assert dl.table(told, "en").sheet.title.startswith("Low-pay rate")
    plain = dl.estimate(dl.declare_design(frame), dl.arpr("income", threshold=1173))
    assert plain.provenance.notices == ()
    both = dl.arpr("income", threshold=wage), dl.arpr("income", threshold=per_unit)
    two = dl.estimate(dl.declare_design(frame), *both)
    (either,) = two.provenance.notices
    assert (
        "“income” is compared with a line of one person and with a line per consumption"
        in either.en
    )
    assert "at most one of the two lines is its own" in either.en
    assert "un seul des deux seuils, au plus, est le sien" in either.fr
    with pytest.raises(OptionError, match="takes one `threshold`") as caught:
        dl.arpr("income", threshold=[wage, per_unit])
    written = re.findall(r"`(dl\.arpr[^`]+)`", str(caught.value))
    again = [eval(each, {"dl": dl}) for each in written]
    assert dl.estimate(dl.declare_design(frame), *again).provenance.notices == (either,)
    alone = dl.estimate(dl.declare_design(frame), dl.arpr(of_bands, threshold=wage))
    assert len(alone.provenance.notices) == 1
    assert "EUR a month, net, one person; EUR a month, one consumption unit" in " ".join(
        repr(two).split()
    )


def test_notes_count_the_rows_that_are_used() -> None:
    """In a domain without the codes none is pointed out; the minus sign and the label are those of print."""
    ages = np.where(PLACE < 60, -1, 16 + PLACE % 50)
    data = dl.Microdata(pd.DataFrame({"age": ages})).described("age", label=dl.Text("Âge", "Age"))
    sample = dl.declare_design(data)
    (notice,) = dl.estimate(sample, dl.mean("age")).provenance.notices
    assert "“Age”" in notice.en
    assert "\N{MINUS SIGN}1 × 60" in notice.fr
    assert "«\N{NO-BREAK SPACE}Âge\N{NO-BREAK SPACE}»" in notice.fr
    for narrowed in (sample.where("age >= 16"), sample.universe("age > 0")):
        assert dl.estimate(narrowed, dl.mean("age"), dl.median("age")).provenance.notices == ()
        assert dl.regress(narrowed, "age ~ I(age ** 2)").provenance.notices == ()
    (line,) = re.findall(r"`([^`]+)`", notice.en)
    declared = dl.declare_design(eval(line, {"data": data, "dl": dl}))
    assert dl.estimate(declared, dl.mean("age")).provenance.missing == {"age": 60}
    (of_a_frame,) = dl.estimate(dl.declare_design(data.frame), dl.mean("age")).provenance.notices
    (line,) = re.findall(r"`([^`]+)`", of_a_frame.en)
    assert eval(line, {"data": data.frame, "dl": dl}).frame["age"].isna().sum() == 60


def test_notes_count_no_row_that_another_answer_leaves_out() -> None:
    """Of 120 codes 60 belong to people without a group, and 30 more to people without the other amount."""
    frame = pd.DataFrame(
        {"age": np.where(PLACE < 120, 9999, 20 + PLACE % 50), "pay": 1.0 + PLACE % 17}
    )
    frame["pay"] = frame["pay"].where((PLACE < 60) | (PLACE >= 90))
    frame["group"] = np.where(PLACE < 60, None, np.where(PLACE % 2, "a", "b"))
    for data in (frame, pl.from_pandas(frame), pl.from_pandas(frame).lazy()):
        sample = dl.declare_design(data)
        for found, counted in (
            (dl.estimate(sample, dl.mean("age")), 120), (dl.estimate(sample, dl.mean("age"), by="group"), 60),
            (dl.estimate(sample, dl.correlation("age", "pay")), 90), (dl.estimate(sample, dl.ratio("pay", "age")), 90),
            (dl.estimate(sample, dl.ratio("pay", "age"), by="group"), 30), (dl.t_test(sample, "age", "group"), 60),
            (dl.rank_test(sample, "age", "group"), 60), (dl.regress(sample, "pay ~ age + group"), 30),
            (dl.summary(sample, ["age"], by="group"), 60),
        ):  # fmt: skip
            assert f"9999 × {counted}." in " ".join(each.en for each in found.provenance.notices), (
                found
            )
    known = dl.declare_design(frame[PLACE >= 120])
    assert dl.estimate(known, dl.mean("age"), by="group").provenance.notices == ()
    assert (
        dl.t_test(
            dl.declare_design(frame.assign(group=np.where(PLACE < 120, None, frame["group"]))),
            "age",
            "group",
        ).provenance.notices
        == ()
    )


def test_notes_on_labels_count_no_row_that_another_answer_leaves_out() -> None:
    answers = {1: "yes", 2: "no", -9: "Refused"}
    a, b = np.where(PLACE < 40, -9, 1 + PLACE % 2), np.where(PLACE % 4 == 0, np.nan, 1 + PLACE % 2)
    book = dl.Codebook().described("a", values=answers).described("b", values=answers)
    sample = dl.declare_design(dl.Microdata(pd.DataFrame({"a": a, "b": b, "y": 1.0 * PLACE}), book))
    for found in (
        dl.crosstab(sample, "a", "b").cells,
        dl.estimate(sample, dl.share("a"), by="b"), dl.regress(sample, "y ~ a + b"),
    ):  # fmt: skip
        assert "Refused × 30" in " ".join(each.en for each in found.provenance.notices)
    assert "Refused × 40" in dl.estimate(sample, dl.share("a")).provenance.notices[0].en


@pytest.mark.parametrize(
    "call",
    [lambda sample: dl.estimate(sample, dl.mean("c")), lambda sample: dl.regress(sample, "c ~ n")],
)
def test_categories_that_are_words_are_not_called_codes(call: Any, refused: Any) -> None:
    """Words have no measure of amounts to declare: it was advised, and could not work."""
    frame = pd.DataFrame({"c": pd.Categorical(["low", "high", "mid", "low"] * 10), "n": range(40)})
    refused(lambda: call(dl.declare_design(frame)), MisleadingError)


def test_words_of_a_frame_that_mean_no_answer_are_pointed_out_and_declared_missing() -> None:
    frame = pd.DataFrame({"vote": ["Yes", "No", "Refusé", "NSP", "Yes", "No"] * 20})
    frame["work"] = ["None", "No", "Other", "Never", "Autre", "Aucun"] * 20
    data = dl.Microdata(frame)
    found = dl.estimate(dl.declare_design(frame), dl.share("vote"), dl.share("work"))
    (notice,) = [each.en for each in found.provenance.notices]
    assert "“vote”, NSP × 20, Refusé × 20." in notice
    assert "work" not in notice
    (line,) = re.findall(r"`([^`]+)`", notice)
    told = eval(line, {"dl": dl, "data": frame})
    assert told.codebook.reasons == {"vote": {"NSP": 20, "Refusé": 20}}
    shares = dl.estimate(dl.declare_design(told), dl.share("vote")).frame
    assert shares["category"].tolist() == ["No", "Yes"]
    assert shares["n"].tolist() == [80, 80]
    (finding,) = data.check().frame.itertuples()
    assert (finding.kind, finding.rows) == ("labelled_no_answer", 40)
    assert "NSP × 20" in data.describe("vote").base.en
