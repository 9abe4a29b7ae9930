"""Pay brought to a month and an hour, after fees, and by the hour of all work: by hand, nobody dropped."""

from __future__ import annotations

import datetime
import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import diplab as dl
from diplab.errors import BaseMissingError, ColumnError, DiplabError, MisleadingError, OptionError
from diplab.loaders.codebooks.file import write_codebook
from diplab.loaders.deliveries import read_codebook
from diplab.reference.parameter import parameter, parameters
from diplab.reference.text import Text
from tests.conftest import BY_HAND


def data_of(book: dl.Codebook | None = None, **columns: Any) -> dl.Microdata:
    return dl.Microdata(pd.DataFrame(columns), book or dl.Codebook())


def pays(data: dl.Microdata, *arguments: Any, **options: Any) -> list[list[float]]:
    found = dl.work.harmonise_pay(data, *arguments, **options).frame
    return [found["pay_monthly"].tolist(), found["pay_hourly"].tolist()]


def test_each_period_by_hand() -> None:
    """W1, published: hourly gross x 35 x 52 / 12, to the cent."""
    hourly = [9.61, 9.88, 10.15, 11.27, 11.52, 11.65, 11.88]
    months, hours = pays(data_of(wage=hourly), "wage", period="hour", hours=35, unit="gross")
    published = [1457.52, 1498.47, 1539.42, 1709.28, 1747.20, 1766.92, 1801.80]
    assert months == pytest.approx(published, abs=0.0051)
    assert hours == hourly
    hourly, monthly = (parameters(f"minimum_wage_{each}_gross") for each in ("hourly", "monthly"))
    data = data_of(wage=[each.value for each in hourly])
    found = pays(data, "wage", period="de l’heure", hours=35)[0]
    assert np.allclose(found, [each.value for each in monthly], atol=0.011)
    # At 30 hours and 5 days a week, 100 tasks: the month and the hour of 120 of each.
    words = ["par an", "Mensuel", "per week", "par jour", "de l'heure", "par tâche", "fortnightly"]
    data = data_of(pay_told=[120.0] * 7, of=words)
    months, hours = pays(data, "pay_told", period="of", hours=30, days=5, tasks=100)
    by_hand = [10, 120, 520, 2600, 15600, 52000, 260]
    assert months == pytest.approx(by_hand, rel=1e-14)
    assert hours == pytest.approx([each / 130 for each in by_hand], rel=1e-14)
    a_month = pays(data_of(paid=[0.05]), "paid", period="task", tasks=400, tasks_per="month")[0]
    assert a_month == pytest.approx([20.0])
    # W6: 1,800 seconds for 0.50 EUR is 1.00 EUR an hour; 3.5 hours a week are 15.17 EUR a month
    data = data_of(paid=[0.5])
    months, hours = pays(data, "paid", period="per task", seconds_per_task=1800, hours=3.5)
    assert hours == [1.0]
    assert months == pytest.approx([3.5 * 52 / 12], rel=1e-14)
    # info-socialrh: 0.25 EUR in a minute is 15 an hour, 0.30 in 30 s is 36. The month is not known
    # without hours
    data = data_of(paid=[0.25, 0.30], seconds=[60, 30])
    months, hours = pays(data, "paid", period="task", seconds_per_task="seconds")
    assert hours == pytest.approx([15, 36], rel=1e-14)
    assert all(math.isnan(each) for each in months)


def test_periods_in_codes(refused) -> None:
    book = dl.Codebook().described(
        "of",
        values={
            1: Text("par an", "yearly"),
            2: Text("par mois", "monthly"),
            3: Text("À l’heure", "hourly"),
        },
    )
    data = data_of(book, paid=[1200.0, 100.0, 10.0, 5.0], of=[1, 2, 3, None], h=[10, None, 20, 10])
    months, hours = pays(data, "paid", period="of", hours="h")
    assert months[:3] == pytest.approx([100, 100, 10 * 20 * 52 / 12])
    assert hours[0] == pytest.approx(1200 / 520)
    assert math.isnan(hours[1])
    assert hours[2] == 10
    assert math.isnan(months[3])
    assert math.isnan(hours[3])
    data = data_of(paid=[1200.0, 100.0], of=[1, 2])
    assert pays(data, "paid", period="of", periods={1: "year", 2: "par mois"})[0] == [100.0, 100.0]
    refused(lambda: dl.work.harmonise_pay(data, "paid", period="of"))


def test_steps_say_everything_and_what_looks_wrong_is_flagged() -> None:
    data = data_of(paid=[100.0, 1200.0, 90.0, -1.0], h=[10.0, 10.0, 200.0, 0.0])
    done = dl.work.harmonise_pay(data, "paid", period="month", hours="h", unit="net")
    (step,) = done.codebook.steps
    assert step.words.en == (
        "pay_monthly, pay_hourly, pay_flags: paid; a month; 52 weeks and 12 months a year; hours a "
        "week: h; net, as "
        "answered; EUR; pay_hourly without a value: 1; flagged and kept – pay below zero (below "
        "0): 1, more hours "
        "than a week has (above 168 a week): 1, no hours worked (0 a week or less): 1, hourly pay "
        "very low (below the "
        "median over 20, 0.1154): 1, monthly pay that looks annual (8 to 18 times the median, "
        "100): 1"
    )
    assert step.words.fr.startswith(
        "pay_monthly, pay_hourly, pay_flags\u00a0: paid\u202f; par mois\u202f; 52 semaines et 12 "
        "mois par an\u202f; "
        "heures par semaine\u00a0: h\u202f; net, tel que répondu\u202f; EUR\u202f; "
    )
    assert "|".join(done.frame["pay_flags"]) == "|looks annual|hours, low hourly|negative, no hours"
    assert (len(done.frame), done.frame["pay_monthly"].tolist()) == (4, [100.0, 1200.0, 90.0, -1.0])
    assert (step.kind, step.variables) == (
        "recode",
        ("paid", "pay_monthly", "pay_hourly", "pay_flags"),
    )
    label = done.codebook["pay_hourly"].label
    assert (label.fr, label.en) == ("rémunération horaire, nette (EUR)", "hourly pay, net (EUR)")
    assert done.codebook["pay_hourly"].unit == "EUR an hour, net, one person"
    assert done.codebook.reasons["pay_hourly"] == {"hours, days or tasks zero or not stated": 1}
    # Median month 100 (hour 100 / 130): a year of 100 is a month of 8.33, a twelfth; 3,000 is
    # thirty medians.
    data = data_of(
        paid=[100.0, 100.0, 100.0, 100.0, 3000.0], of=["month", "month", "month", "year", "month"]
    )
    found = dl.work.harmonise_pay(data, "paid", period="of", hours=30).frame["pay_flags"].tolist()
    assert found == ["", "", "", "looks monthly", "high hourly"]
    data = data_of(paid=[100.0, 110.0, 120.0])
    calm = dl.work.harmonise_pay(data, "paid", period="month", hours=30)
    assert calm.frame["pay_flags"].tolist() == [""] * 3
    assert calm.codebook.steps[-1].words.en.endswith("; EUR; nothing flagged")
    done = dl.work.harmonise_pay(
        data_of(paid=[10.0] * 3, h=[168.0, 168.5, 0.0]), "paid", period="week", hours="h"
    )
    assert done.frame["pay_flags"].tolist() == ["", "hours", "no hours"]


def test_bands_and_missing_answers(tmp_path: Any) -> None:
    data = data_of(code=[1, 2, 3, None])
    bands = {1: (0, 1200), 2: (1200, 2400), 3: (2400, math.inf)}
    done = dl.work.harmonise_pay(data, "code", period="par an", bands=bands, hours=10, into="paid")
    frame = done.frame
    assert frame["paid_monthly_low"].tolist()[:3] == [0, 100, 200]
    assert frame["paid_monthly_high"].tolist()[:3] == [100, 200, math.inf]
    assert frame["paid_hourly_high"].tolist()[:2] == pytest.approx([1200 / 520, 2400 / 520])
    assert frame.iloc[3][["paid_monthly_low", "paid_monthly_high"]].isna().all()
    assert done.codebook["paid_monthly_low"].label.fr == "rémunération mensuelle, au moins (EUR)"
    assert "paid_monthly" not in frame
    two = dl.work.harmonise_pay(
        data_of(a=[1.0, 2.0], b=[3.0, 4.0]), ("a", "b"), period="month"
    ).frame
    assert two[["pay_monthly_low", "pay_monthly_high"]].to_numpy().tolist() == [[1, 3], [2, 4]]
    empty = dl.work.harmonise_pay(
        data_of(paid=np.array([], dtype=float)), "paid", period="month", hours=35
    )
    assert empty.frame["pay_hourly"].tolist() == []
    nothing = dl.work.harmonise_pay(
        data_of(paid=[math.nan, math.nan]), "paid", period="month", hours=35
    )
    assert nothing.frame["pay_flags"].tolist() == ["", ""]
    assert nothing.codebook.reasons["pay_monthly"] == {"system": 2}
    done = dl.work.harmonise_pay(
        data_of(paid=[1.0]), "paid", period="month", hours=35, unit="gross"
    )
    again = read_codebook(write_codebook(done.codebook, tmp_path / "pay.codebook.toml"))
    assert (again["pay_monthly"].unit, again.steps) == (
        "EUR a month, gross, one person",
        done.codebook.steps,
    )
    banded = done.recode("pay_monthly", bands=[0, 10, 20], into="band")
    assert banded.codebook["band"].unit == ""


def test_gross_to_net_and_currencies(refused) -> None:
    data = data_of(paid=[1000.0, 780.0, 500.0], kind=["brut", "net", None])
    rate = {"value": 0.78, "date": 2018, "source": "a study"}
    done = dl.work.harmonise_pay(
        data, "paid", period="month", unit="kind", to_unit="net", net_over_gross=rate, date=2018
    )
    assert done.frame["pay_monthly"].tolist()[:2] == pytest.approx([780, 780])
    assert math.isnan(done.frame["pay_monthly"].iloc[2])
    assert "net = gross × 0.78 (ratio of net to gross, 2018-01-01 – 2018-12-31, a study)" in (
        done.codebook.steps[-1].words.en
    )
    back = dl.work.harmonise_pay(
        data, "paid", period="month", unit="kind", to_unit="gross", net_over_gross=rate
    )
    assert back.frame["pay_monthly"].tolist()[:2] == pytest.approx([1000, 1000])
    assert done.codebook["pay_monthly"].unit == "EUR a month, net, one person"
    # 2018: 1,173 / 1,498.47. On 2021-09-30 1,231 / 1,554.58, on 2021-10-01 1,258 / 1,589.47
    days = [datetime.date(2018, 5, 1), datetime.date(2021, 9, 30), datetime.date(2021, 10, 1)]
    data = data_of(paid=[1000.0] * 3, day=days)
    by_wage = {"period": "month", **TO_NET, "net_over_gross": "minimum_wage"}
    found = pays(data, "paid", **by_wage, date="day")[0]
    assert found == pytest.approx(
        [1e3 * 1173 / 1498.47, 1e3 * 1231 / 1554.58, 1e3 * 1258 / 1589.47]
    )
    refused(lambda: dl.work.harmonise_pay(data, "paid", **by_wage, date=2021))
    data = data_of(paid=[1000.0], kind=["gross"])
    options = {"period": "month", "unit": "kind", "to_unit": "net"}
    rate = {"value": 0.78, "date": 2018, "source": "a study"}
    refused(lambda: dl.work.harmonise_pay(data, "paid", **options, net_over_gross=rate, date=2019))
    assert pays(data, "paid", **options, net_over_gross=rate, date=datetime.date(2018, 12, 31))[
        0
    ] == [780.0]
    data = data_of(paid=[100.0, 100.0, 100.0], money=["EUR", "usd", None])
    rates = {"USD": {"value": 0.95, "date": 2022, "source": "a bank"}}
    done = dl.work.harmonise_pay(
        data, "paid", period="month", currency="money", to_currency="EUR", rates=rates, date=2022
    )
    assert done.frame["pay_monthly"].tolist()[:2] == pytest.approx([100, 95])
    assert math.isnan(done.frame["pay_monthly"].iloc[2])
    assert (
        "1 USD = 0.95 EUR (exchange rate, 2022-01-01 – 2022-12-31, a bank)"
        in done.codebook.steps[-1].words.en
    )
    ppp = {"USD": {"value": 0.7, "date": 2022, "source": "a table", "kind": "purchasing power"}}
    other = dl.work.harmonise_pay(
        data, "paid", period="month", currency="money", to_currency="EUR", rates=ppp
    )
    assert "1 USD = 0,7 EUR (parité de pouvoir d’achat" in other.codebook.steps[-1].words.fr


TO_NET = {"unit": "gross", "to_unit": "net"}
NOT_GUESSED: list[dict[str, Any]] = [
    *({"unit": "kind"}, TO_NET, {"to_unit": "net"}, {**TO_NET, "net_over_gross": "minimum_wage"}),
    *({"currency": "money"}, {"currency": "money", "to_currency": "EUR"}, {"period": "day"}),
    *({"period": "of", "days": 5}, {"period": "decade"}, {"pay": "words"}, {"into": "old"}),
]
RATE = {"value": 0.9, "date": 2022, "source": "x"}
RATES: list[tuple[type[DiplabError], tuple[Any, ...]]] = [
    (BaseMissingError, ({"value": 0.9, "source": "x"}, {"value": 0.9, "date": 2022})),
    (
        OptionError,
        (
            *({**RATE, "value": each} for each in (0.0, math.nan, "0.9", True)),
            {**RATE, "date": "soon"},
        ),
    ),
    (OptionError, ({**RATE, "kind": "magic"}, {"worth": 0.9}, 0.9)),
    (MisleadingError, (parameter("minimum_wage_hourly_gross", 2018), {**RATE, "date": 2019})),
]
BAD_OPTIONS: list[dict[str, Any]] = [
    {"hours": 0}, {"hours": -1}, {"hours": math.nan}, {"hours": True}, {"hours": [35]}, {"tasks_per": "year"},
    {"multiple": 20}, {"looks_annual": (8, 18)}, {"bands": {1: (2, 1)}}, {"bands": {1: "low"}},
    {"bands": {1: (math.inf, math.inf)}}, {"bands": {2: (0, 1)}}, {"to_unit": "brutto", "unit": "net"},
    {"unit": "gross", "to_unit": "net", "net_over_gross": {"value": 1.2, "date": 2018, "source": "x"}},
    {"date": "never"}, {"date": 1.5}, {"currency": ""}, {"period": 3}, {"unit": 3}, {"hours": "nobody"},
    *({"pay": each} for each in ("absent", ("paid", "absent"), ("paid",), ("above", "paid"))),
]  # fmt: skip


def test_what_is_not_guessed(refused: Any) -> None:
    data = data_of(
        paid=[1.0, 2.0], kind=["gross", "net"], money=["EUR", "USD"], words=["a", "b"], of=["day", "task"],
        old_flags=[1, 2],
    )  # fmt: skip
    for options in NOT_GUESSED:
        refused(
            lambda o=options: dl.work.harmonise_pay(data, **{"pay": "paid", "period": "month", **o})
        )
    alone = data_of(paid=[1.0], above=[2.0], money=["USD"])
    for options in BAD_OPTIONS:
        with pytest.raises((OptionError, ColumnError)):
            dl.work.harmonise_pay(alone, **{"pay": "paid", "period": "month", **options})
    converted: Any = {"period": "month", "currency": "money", "to_currency": "EUR", "date": 2022}
    for error, rates in RATES:
        for rate in rates:
            with pytest.raises(error):
                dl.work.harmonise_pay(alone, "paid", rates={"USD": rate}, **converted)


positive = st.floats(0.01, 1e5)
PERIODS = ("year", "month", "week", "day", "hour", "task")


@settings(max_examples=40)
@given(
    st.lists(
        st.tuples(positive, st.sampled_from(PERIODS), st.floats(1, 100)), min_size=1, max_size=8
    )
)
def test_there_and_back(rows: list[tuple[float, str, float]]) -> None:
    """Pay of the month told again as a month, or as an hour, is the same month."""
    amounts, of, hours = (list(each) for each in zip(*rows, strict=True))
    data = data_of(paid=amounts, of=of, h=hours)
    first = dl.work.harmonise_pay(data, "paid", period="of", hours="h", days=5, tasks=40)
    month, hour = (first.frame[f"pay_{each}"].to_numpy() for each in ("monthly", "hourly"))
    assert np.allclose(month, hour * np.array(hours) * 52 / 12, rtol=1e-12)
    again = dl.work.harmonise_pay(first, "pay_monthly", period="month", hours="h", into="again")
    assert np.allclose(again.frame["again_hourly"], hour, rtol=1e-12)
    back = dl.work.harmonise_pay(first, "pay_hourly", period="hour", hours="h", into="back")
    assert np.allclose(back.frame["back_monthly"], month, rtol=1e-12)
    assert len(first.frame) == len(data.frame)


def test_three_small_verbs_make_what_the_large_one_makes(refused: Any) -> None:
    """10 USD an hour in 2018 at 0.9 are 9 EUR, 10.125 in prices of 2022; 35 hours a week."""
    data = data_of(paid=[10.0, 20.0, None], of=["hour", "week", "hour"], year=[2018, 2022, 2022])
    rates = {
        "USD": [
            {"value": 0.9, "date": 2018, "source": "a bank"},
            {"value": 0.95, "date": 2022, "source": "a bank"},
        ]
    }
    index = {"values": {2018: 100.0, 2022: 112.5}, "source": "INSEE"}
    to_euros: dict[str, Any] = {"currency": "USD", "to_currency": "EUR", "rates": rates}
    prices: dict[str, Any] = {"price_index": index, "prices_of": 2022}
    in_euros = dl.work.convert_currency(data, "paid", date="year", **to_euros)
    assert in_euros.frame["converted"].tolist()[:2] == [9.0, 19.0]
    assert in_euros.codebook["converted"].unit == "EUR"
    real = dl.work.deflate(in_euros, "converted", date="year", **prices)
    assert real.frame["real"].tolist()[:2] == pytest.approx([10.125, 19.0])
    assert real.codebook["real"].label.en == "paid, in EUR, in prices of 2022"
    done = dl.work.monthly_and_hourly_pay(real, "real", period="of", hours=35)
    once = dl.work.harmonise_pay(
        data, "paid", period="of", hours=35, date="year", **to_euros, **prices
    )
    for column in ("pay_monthly", "pay_hourly"):
        assert done.frame[column].tolist() == pytest.approx(
            once.frame[column].tolist(), rel=1e-14, nan_ok=True
        )
        assert done.codebook[column].unit == once.codebook[column].unit
        assert done.codebook.reasons[column] == once.codebook.reasons[column]
    assert [step.variables for step in done.codebook.steps[:2]] == [
        ("paid", "converted"),
        ("converted", "real"),
    ]
    assert "prices of 2022: × 1.125 for 2018 (INSEE)" in done.codebook.steps[1].words.en
    refused(lambda: dl.work.deflate(real, "real", date="year", **prices), MisleadingError)
    refused(lambda: dl.work.convert_currency(data, "paid", to_currency="EUR", rates=rates))
    # a unit of the codebook keeps its period and kind
    book = dl.Codebook().described("paid", unit="USD a month, net, one person")
    data = data_of(book, paid=[100.0])
    done = dl.work.convert_currency(data, "paid", to_currency="EUR", rates=rates, date=2018)
    assert done.codebook["converted"].unit == "EUR a month, net, one person"
    real = dl.work.deflate(data_of(paid=[1.0]), "paid", date=2018, **prices)
    assert real.codebook["real"].unit == ""
    assert real.codebook["real"].label.fr == "paid, aux prix de 2022"


def test_thresholds_of_flags_are_those_of_the_package(refused: Any) -> None:
    data = data_of(paid=[1.0])
    for option in ("multiple", "looks_annual"):
        refused(
            lambda option=option: dl.work.harmonise_pay(
                data, "paid", period="month", **{option: 20}
            )
        )


WORK = """
psu w g earned hours search rejected
1   1 a     10     1      1        0
2   2 a     10     9      0        1
3   1 b     30     5      5        .
4   1 b      0     5      0        0
5   1 b      8     0      4        0
"""
NAMES = ["hourly_pay_of_hours", "hourly_pay_of_people_mean", "hourly_pay_of_people_median"]


def sample_of(engine: Any) -> Any:
    return dl.declare_design(engine.draw(WORK), weights="w", psu="psu")


def rows(sample: Any, *statistics: Any, **options: Any) -> pd.DataFrame:
    return dl.estimate(sample, *statistics, **options).frame


@BY_HAND
def test_an_hour_and_a_person_are_two_numbers(engine: Any) -> None:
    """Totals: 10 + 20 + 30 + 0 + 8 = 68 over 1 + 18 + 5 + 5 + 0 = 29 hours.

    Own pay: 10, 10/9 (weight 2), 6, 0; the one without hours has none. Mean (10 + 20/9 + 6 + 0) /
    5. In order 0, 10/9, 10/9, 6, 10: the half is reached by 10/9; a tenth by 0, nine tenths by 10.
    """
    found = rows(sample_of(engine), dl.work.hourly_pay("earned", "hours", quantiles=(0.1, 0.9)))
    assert found["statistic"].tolist() == [*NAMES, *["hourly_pay_of_people_quantile"] * 2]
    assert found["variable"].tolist() == ["earned / hours"] * 5
    assert found["category"].tolist() == ["", "", "", 0.1, 0.9]
    assert found["estimate"].tolist() == pytest.approx(
        [68 / 29, (16 + 20 / 9) / 5, 10 / 9, 0, 10], rel=1e-12
    )
    assert found["n"].tolist() == [5, 4, 4, 4, 4]
    found = dl.estimate(sample_of(engine), dl.work.hourly_pay("earned", "hours"))
    (said,) = found.provenance.assumptions
    assert said.en == (
        "People with no hours: 1. The ratio of totals keeps what they earned; with no hourly pay "
        "of their own, they "
        "are not in the distribution."
    )
    assert found.provenance.missing == {"earned / hours": 1}
    none = dl.estimate(sample_of(engine).where("hours > 0"), dl.work.hourly_pay("earned", "hours"))
    assert none.provenance.assumptions == ()


@BY_HAND
def test_paid_and_unpaid_time(engine: Any) -> None:
    """All hours of those who told all: 2, 20, 5, 4: total 31, of which paid 24, searching 1 + 4, rejected 2.

    Earned 10 + 20 + 0 + 8 = 38. Own: 5, 1 (weight 2), 0, 2: mean 9/5.
    """
    found = rows(
        sample_of(engine),
        dl.work.hourly_pay("earned", "hours", ["search", "rejected"], quantiles=()),
    )
    everything = found[found["variable"] == "earned / (hours + search + rejected)"]
    assert everything["statistic"].tolist() == NAMES
    assert everything["estimate"].tolist() == pytest.approx([38 / 31, 9 / 5, 1], rel=1e-12)
    shares = found[found["statistic"] == "share_of_hours"]
    assert shares["variable"].tolist() == ["hours", "search", "rejected"]
    assert shares["estimate"].tolist() == pytest.approx([24 / 31, 5 / 31, 2 / 31], rel=1e-12)
    one = rows(sample_of(engine), dl.work.hourly_pay("earned", "hours", "search", quantiles=()))
    assert one["variable"].tolist()[3] == "earned / (hours + search)"


@BY_HAND
def test_std_errors_are_those_of_the_plain_statistics(engine: Any) -> None:
    """z = w (e - R t) / 29 by unit, five units: variance 5/4 sum z^2 (their sum is 0)."""
    found = rows(sample_of(engine), dl.work.hourly_pay("earned", "hours", quantiles=()))
    r = 68 / 29
    z = np.array([10 - r, 2 * (10 - 9 * r), 30 - 5 * r, -5 * r, 8]) / 29
    assert z.sum() == pytest.approx(0, abs=1e-14)
    assert found["std_error"].iloc[0] == pytest.approx(np.sqrt(5 / 4 * np.sum(z**2)), rel=1e-12)
    # the same numbers, errors and intervals as `ratio`, `mean` and `quantile` on a column of own
    # pay
    sample = sample_of(engine)
    found = rows(sample, dl.work.hourly_pay("earned", "hours", quantiles=(0.25,)), by="g")
    own = "earned / (hours * (hours > 0))"
    plain = rows(
        sample,
        dl.ratio("earned", "hours"),
        dl.mean(own),
        dl.median(own),
        dl.quantile(own, 0.25),
        by="g",
    )
    for column in ("estimate", "std_error", "ci_low", "ci_high", "n", "df"):
        assert found[column].tolist() == pytest.approx(
            plain[column].tolist(), rel=1e-12, nan_ok=True
        )


def test_small_cases_of_hours(table: Any) -> None:
    """W6: 0.50 EUR for half an hour is 1.00 EUR an hour. W4: 21 / 2.917 h = 7.20 EUR."""
    found = rows(dl.declare_design(table("e h\n0.5 0.5\n0.5 0.5")), dl.work.hourly_pay("e", "h"))
    assert found["estimate"].tolist() == pytest.approx([1.0] * 7, rel=1e-14)
    month = rows(dl.declare_design(table("e h\n21 2.917\n21 2.917")), dl.work.hourly_pay("e", "h"))
    assert round(month["estimate"].iloc[0], 2) == 7.20
    # earnings over no hours are not defined; nobody has an own pay
    sample = dl.declare_design(table("e h\n1 0\n2 0"))
    with pytest.raises(DiplabError, match="No respondent there has an answer"):
        dl.estimate(sample, dl.work.hourly_pay("e", "h"))
    found = rows(
        dl.declare_design(table("e h\n10 2\n6 1\n9 -1")), dl.work.hourly_pay("e", "h", quantiles=())
    )
    assert found["estimate"].tolist()[1:] == pytest.approx([5.5, 5.0])
    assert found["n"].tolist() == [3, 2, 2]


def test_missing_rules_and_replicates(engine: Any) -> None:
    sample = sample_of(engine)
    asked = dl.work.hourly_pay("earned", "hours", "rejected", quantiles=())
    level = rows(sample, asked, na="keep")
    assert level["estimate"].tolist() == rows(sample, asked)["estimate"].tolist()
    with pytest.raises(DiplabError):
        dl.estimate(sample, asked, na="fail")
    made = dl.make_replicates(sample.collect(), "jk1")
    again = rows(made, asked)
    assert again["estimate"].tolist() == pytest.approx(level["estimate"].tolist(), rel=1e-12)
    y, x, w = (
        np.array([10.0, 10, 30, 0, 8]),
        np.array([1.0, 9, 5, 5, 0]),
        np.array([1.0, 2, 1, 1, 1]),
    )
    without = [np.sum(np.delete(w * y, out)) / np.sum(np.delete(w * x, out)) for out in range(5)]
    spread = 4 / 5 * np.sum((np.array(without) - np.mean(without)) ** 2)
    assert again["std_error"].iloc[0] == pytest.approx(np.sqrt(spread), rel=1e-12)


def test_words_and_refusals_of_hourly_pay(refused: Any) -> None:
    people = pd.DataFrame({"e": [10.0, 10.0, 20.0], "h": [1.0, 9.0, 4.0], "u": [1.0, 1.0, 0.0]})
    found = dl.estimate(
        dl.declare_design(people), dl.work.hourly_pay("e", "h", "u", quantiles=(0.1,))
    )
    sheet = dl.table(found, language="fr").sheet
    assert [row[0].text for row in sheet.rows[:4]] == [
        "Gain horaire (rapport des totaux)", "Rémunération horaire par personne (moyenne)",
        "Rémunération horaire par personne (médiane)", "Rémunération horaire par personne (quantile d’ordre 0,1)",
    ]  # fmt: skip
    assert sheet.rows[-1][0].text == "Part des heures"
    assert sheet.rows[-1][2].text.endswith("%")
    refused(lambda: dl.work.hourly_pay("e", "h", quantiles=(1.5,)), OptionError)
    refused(lambda: dl.work.hourly_pay(pd.DataFrame({"e": [1.0]}), "e"), OptionError)  # type: ignore[arg-type]
    sample = dl.declare_design(pd.DataFrame({"e": [1.0, 2.0], "h": ["x", "y"]}))
    for hours in ("h", "hour"):
        with pytest.raises(ColumnError):
            dl.estimate(sample, dl.work.hourly_pay("e", hours))


PAID = dl.Codebook().described("paid", label=Text("paie", "pay"), unit="EUR a month, net")


def test_fees_by_hand_and_in_words() -> None:
    """10 in four payments: 20% is 2, and 0.10 each 0.40. A pay of 0 pays no fee."""
    data = data_of(PAID, paid=[10.0, 0.0, math.nan])
    left = dl.work.effective_pay(data, "paid", payments=4, fee_share=0.2, fee_fixed=0.1).frame[
        "paid_after_fees"
    ]
    assert left.tolist()[:2] == pytest.approx([7.6, 0.0])
    assert math.isnan(left.iloc[2])
    # 20% of 0.02 is 0.004, under the least of 0.01: half is left. Of 1.00 it is 0.20, above it.
    left = dl.work.effective_pay(
        data_of(PAID, paid=[0.02, 1.0]), "paid", fee_share=0.2, fee_minimum=0.01
    )
    assert left.frame["paid_after_fees"].tolist() == pytest.approx([0.01, 0.8])
    # 5 EUR stay on the account; 10 go out for 1; 10.00 exactly can be withdrawn. Nothing is lost.
    data = data_of(PAID, paid=[5.0, 11.0, 10.0, -2.0])
    left = dl.work.effective_pay(
        data, "paid", withdrawal_threshold=10, withdrawal_fee=1, into="left"
    )
    assert left.frame["left"].tolist() == [5.0, 11.0, 10.0, -2.0]
    assert left.frame["left_withdrawn"].tolist() == [0.0, 10.0, 9.0, 0.0]
    assert left.frame["left_flags"].tolist() == ["not withdrawable", "", "", ""]
    left = dl.work.effective_pay(data_of(PAID, paid=[0.1]), "paid", payments=5, fee_fixed=0.05)
    assert left.frame["paid_after_fees"].tolist() == pytest.approx([-0.15])
    assert (left.frame["paid_after_fees_flags"].tolist(), len(left)) == (["fees above pay"], 1)
    data = data_of(PAID, paid=[10.0, 20.0], n=[1, 2], kept=[0.1, 0.25])
    done = dl.work.effective_pay(data, "paid", payments="n", fee_share="kept", fee_fixed=1)
    assert done.frame["paid_after_fees"].tolist() == pytest.approx([8.0, 13.0])
    (step,) = done.codebook.steps
    assert step.words.en == (
        "paid_after_fees, paid_after_fees_flags: paid, payments a period: n; fee, share of each "
        "payment: kept; fixed "
        "fee for each payment: 1"
    )
    assert step.words.fr.endswith("frais fixes par paiement\u00a0: 1")
    variable = done.codebook["paid_after_fees"]
    assert (variable.label.fr, variable.unit) == ("paie, frais déduits", "EUR a month, net")


NO_FEES: list[dict[str, Any]] = [
    *({"fee_share": each} for each in (1.5, -0.1, math.nan, "absent", True, [0.1])),
    *(
        {"fee_fixed": -1},
        {"fee_fixed": math.inf},
        {"fee_minimum": "word"},
        {"payments": 0, "fee_fixed": 1},
        {},
    ),
]


def test_what_is_no_fee_is_refused(refused: Any) -> None:
    for options in NO_FEES:
        with pytest.raises((OptionError, ColumnError)):
            dl.work.effective_pay(data_of(PAID, paid=[1.0], word=["x"]), "paid", **options)
    data = data_of(PAID, paid=[1.0], paid_after_fees=[2.0])
    refused(lambda: dl.work.effective_pay(data, "paid"))
    refused(lambda: dl.work.effective_pay(data, "paid", fee_share=20))
    refused(lambda: dl.work.effective_pay(data, "paid", fee_share=0.2))


@given(st.floats(0.01, 1e4), st.floats(0, 1), st.floats(0, 5), st.integers(1, 20))
def test_fees_only_take(pay: float, share: float, fixed: float, count: int) -> None:
    """What is left is never more than the pay, and n payments of one share lose what one payment loses."""
    data = data_of(PAID, paid=[pay])
    left = dl.work.effective_pay(
        data, "paid", payments=count, fee_share=share, fee_fixed=fixed
    ).frame
    assert left["paid_after_fees"].item() <= pay * (1 + 1e-12)
    by_share = (
        dl.work.effective_pay(data, "paid", payments=count, fee_share=share)
        .frame["paid_after_fees"]
        .item()
    )
    assert by_share == pytest.approx(pay * (1 - share), rel=1e-9, abs=1e-9)
