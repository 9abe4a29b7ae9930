"""Pay brought to a month and an hour: every factor by hand, every assumption written down, nobody dropped."""

from __future__ import annotations

import datetime
import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import diplab as dl
from diplab.errors import BaseMissingError, ColumnError, DiplabError, MisleadingError, OptionError
from diplab.loaders.codebooks.file import read_codebook, write_codebook
from diplab.reference.parameter import parameter, parameters
from diplab.reference.text import Text


def data_of(book: dl.Codebook | None = None, **columns: Any) -> dl.Microdata:
    return dl.Microdata(pd.DataFrame(columns), book or dl.Codebook())


def pays(data: dl.Microdata, *arguments: Any, **options: Any) -> list[list[float]]:
    found = dl.work.harmonise_pay(data, *arguments, **options).frame
    return [found["pay_monthly"].tolist(), found["pay_hourly"].tolist()]


def test_the_minimum_wage_of_a_month() -> None:
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


def test_each_period_by_hand() -> None:
    """At 30 hours and 5 days a week, 100 tasks: the month and the hour of 120 of each."""
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
    # info-socialrh: 0.25 EUR in a minute is 15 an hour, 0.30 in 30 s is 36. The month is not known without hours
    data = data_of(paid=[0.25, 0.30], seconds=[60, 30])
    months, hours = pays(data, "paid", period="task", seconds_per_task="seconds")
    assert hours == pytest.approx([15, 36], rel=1e-14)
    assert all(math.isnan(each) for each in months)


def test_periods_in_codes(refused) -> None:
    book = dl.Codebook().described(
        "of", values={1: Text("par an", "yearly"), 2: Text("par mois", "monthly"), 3: Text("À l’heure", "hourly")}
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


def test_the_step_says_everything_in_both_languages() -> None:
    data = data_of(paid=[100.0, 1200.0, 90.0, -1.0], h=[10.0, 10.0, 200.0, 0.0])
    done = dl.work.harmonise_pay(data, "paid", period="month", hours="h", unit="net")
    (step,) = done.codebook.steps
    assert step.words.en == (
        "pay_monthly, pay_hourly, pay_flags: paid; a month; 52 weeks and 12 months a year; hours a week: h; net, as "
        "answered; EUR; pay_hourly without a value: 1; flagged and kept – pay below zero (below 0): 1, more hours "
        "than a week has (above 168 a week): 1, no hours worked (0 a week or less): 1, hourly pay very low (below the "
        "median over 20, 0.1154): 1, monthly pay that looks annual (8 to 18 times the median, 100): 1"
    )
    assert step.words.fr.startswith(
        "pay_monthly, pay_hourly, pay_flags\u00a0: paid\u202f; par mois\u202f; 52 semaines et 12 mois par an\u202f; "
        "heures par semaine\u00a0: h\u202f; net, tel que répondu\u202f; EUR\u202f; "
    )
    assert "|".join(done.frame["pay_flags"]) == "|looks annual|hours, low hourly|negative, no hours"
    assert len(done.frame) == 4
    assert done.frame["pay_monthly"].tolist() == [100.0, 1200.0, 90.0, -1.0]
    assert (step.kind, step.variables) == ("recode", ("paid", "pay_monthly", "pay_hourly", "pay_flags"))
    label = done.codebook["pay_hourly"].label
    assert (label.fr, label.en) == ("rémunération horaire, nette (EUR)", "hourly pay, net (EUR)")
    assert done.codebook["pay_hourly"].unit == "EUR an hour, net"
    assert done.codebook.reasons["pay_hourly"] == {"hours, days or tasks none or not told": 1}


def test_what_looks_wrong_is_flagged() -> None:
    """Median month 100 (hour 100 / 130): a year of 100 is a month of 8.33, a twelfth; 3,000 is thirty medians."""
    data = data_of(paid=[100.0, 100.0, 100.0, 100.0, 3000.0], of=["month", "month", "month", "year", "month"])
    found = dl.work.harmonise_pay(data, "paid", period="of", hours=30).frame["pay_flags"].tolist()
    assert found == ["", "", "", "looks monthly", "high hourly"]
    calm = dl.work.harmonise_pay(data, "paid", period="of", hours=30, multiple=50, looks_annual=(2, 3))
    assert calm.frame["pay_flags"].tolist() == [""] * 5
    assert calm.codebook.steps[-1].words.en.endswith("; EUR; nothing flagged")
    done = dl.work.harmonise_pay(data_of(paid=[10.0] * 3, h=[168.0, 168.5, 0.0]), "paid", period="week", hours="h")
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
    two = dl.work.harmonise_pay(data_of(a=[1.0, 2.0], b=[3.0, 4.0]), ("a", "b"), period="month").frame
    assert two[["pay_monthly_low", "pay_monthly_high"]].to_numpy().tolist() == [[1, 3], [2, 4]]
    empty = dl.work.harmonise_pay(data_of(paid=np.array([], dtype=float)), "paid", period="month", hours=35)
    assert empty.frame["pay_hourly"].tolist() == []
    nothing = dl.work.harmonise_pay(data_of(paid=[math.nan, math.nan]), "paid", period="month", hours=35)
    assert nothing.frame["pay_flags"].tolist() == ["", ""]
    assert nothing.codebook.reasons["pay_monthly"] == {"system": 2}
    done = dl.work.harmonise_pay(data_of(paid=[1.0]), "paid", period="month", hours=35, unit="gross")
    again = read_codebook(write_codebook(done.codebook, tmp_path / "pay.codebook.toml"))
    assert again["pay_monthly"].unit == "EUR a month, gross"
    assert again.steps == done.codebook.steps
    banded = done.recode("pay_monthly", bands=[0, 10, 20], into="band")
    assert banded.codebook["band"].unit == ""


def test_gross_to_net(refused) -> None:
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
    back = dl.work.harmonise_pay(data, "paid", period="month", unit="kind", to_unit="gross", net_over_gross=rate)
    assert back.frame["pay_monthly"].tolist()[:2] == pytest.approx([1000, 1000])
    assert done.codebook["pay_monthly"].unit == "EUR a month, net"
    # 2018: 1,173 / 1,498.47. On 2021-09-30 1,231 / 1,554.58, on 2021-10-01 1,258 / 1,589.47
    days = [datetime.date(2018, 5, 1), datetime.date(2021, 9, 30), datetime.date(2021, 10, 1)]
    data = data_of(paid=[1000.0] * 3, day=days)
    by_wage = {"period": "month", **TO_NET, "net_over_gross": "minimum_wage"}
    found = pays(data, "paid", **by_wage, date="day")[0]
    assert found == pytest.approx([1e3 * 1173 / 1498.47, 1e3 * 1231 / 1554.58, 1e3 * 1258 / 1589.47])
    refused(lambda: dl.work.harmonise_pay(data, "paid", **by_wage, date=2021))
    data = data_of(paid=[1000.0], kind=["gross"])
    options = {"period": "month", "unit": "kind", "to_unit": "net"}
    rate = {"value": 0.78, "date": 2018, "source": "a study"}
    refused(lambda: dl.work.harmonise_pay(data, "paid", **options, net_over_gross=rate, date=2019))
    assert pays(data, "paid", **options, net_over_gross=rate, date=datetime.date(2018, 12, 31))[0] == [780.0]


def test_currencies() -> None:
    data = data_of(paid=[100.0, 100.0, 100.0], money=["EUR", "usd", None])
    rates = {"USD": {"value": 0.95, "date": 2022, "source": "a bank"}}
    done = dl.work.harmonise_pay(
        data, "paid", period="month", currency="money", to_currency="EUR", rates=rates, date=2022
    )
    assert done.frame["pay_monthly"].tolist()[:2] == pytest.approx([100, 95])
    assert math.isnan(done.frame["pay_monthly"].iloc[2])
    assert "1 USD = 0.95 EUR (exchange rate, 2022-01-01 – 2022-12-31, a bank)" in done.codebook.steps[-1].words.en
    ppp = {"USD": {"value": 0.7, "date": 2022, "source": "a table", "kind": "purchasing power"}}
    other = dl.work.harmonise_pay(data, "paid", period="month", currency="money", to_currency="EUR", rates=ppp)
    assert "1 USD = 0,7 EUR (parité de pouvoir d’achat" in other.codebook.steps[-1].words.fr


TO_NET = {"unit": "gross", "to_unit": "net"}
NOT_GUESSED: list[dict[str, Any]] = [
    *({"unit": "kind"}, TO_NET, {"to_unit": "net"}, {**TO_NET, "net_over_gross": "minimum_wage"}),
    *({"currency": "money"}, {"currency": "money", "to_currency": "EUR"}, {"period": "day"}),
    *({"period": "of", "days": 5}, {"period": "decade"}, {"pay": "words"}, {"into": "old"}),
]


@pytest.mark.parametrize("options", NOT_GUESSED)
def test_what_is_not_guessed(options: dict[str, Any], refused: Any) -> None:
    data = data_of(
        paid=[1.0, 2.0], kind=["gross", "net"], money=["EUR", "USD"], words=["a", "b"], of=["day", "task"],
        old_flags=[1, 2],
    )  # fmt: skip
    refused(lambda: dl.work.harmonise_pay(data, **{"pay": "paid", "period": "month", **options}))


@pytest.mark.parametrize(("rate", "kind"), [
    ({"value": 0.9, "source": "x"}, BaseMissingError), ({"value": 0.9, "date": 2022}, BaseMissingError),
    ({"value": 0.0, "date": 2022, "source": "x"}, OptionError),
    ({"value": math.nan, "date": 2022, "source": "x"}, OptionError),
    ({"value": "0.9", "date": 2022, "source": "x"}, OptionError),
    ({"value": True, "date": 2022, "source": "x"}, OptionError),
    ({"value": 0.9, "date": "soon", "source": "x"}, OptionError),
    ({"value": 0.9, "date": 2022, "source": "x", "kind": "magic"}, OptionError),
    ({"worth": 0.9}, OptionError), (0.9, OptionError),
    (parameter("minimum_wage_hourly_gross", 2018), MisleadingError),
    ({"value": 0.9, "date": 2019, "source": "x"}, MisleadingError),
])  # fmt: skip
def test_a_rate_without_date_or_source_is_refused(rate: Any, kind: type[DiplabError]) -> None:
    data = data_of(paid=[1.0], money=["USD"])
    options = {"period": "month", "currency": "money", "to_currency": "EUR", "date": 2022}
    with pytest.raises(kind):
        dl.work.harmonise_pay(data, "paid", rates={"USD": rate}, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "options",
    [
        {"hours": 0}, {"hours": -1}, {"hours": math.nan}, {"hours": True}, {"hours": [35]}, {"tasks_per": "year"},
        {"multiple": 1}, {"looks_annual": (18, 8)}, {"bands": {1: (2, 1)}}, {"bands": {1: "low"}},
        {"bands": {1: (math.inf, math.inf)}}, {"bands": {2: (0, 1)}}, {"to_unit": "brutto", "unit": "net"},
        {"unit": "gross", "to_unit": "net", "net_over_gross": {"value": 1.2, "date": 2018, "source": "x"}},
        {"date": "never"}, {"date": 1.5}, {"currency": ""}, {"period": 3}, {"unit": 3}, {"hours": "nobody"},
    ],
)  # fmt: skip
def test_bad_input_is_refused_in_words(options: dict[str, Any]) -> None:
    with pytest.raises((OptionError, ColumnError)):
        dl.work.harmonise_pay(data_of(paid=[1.0]), "paid", **{"period": "month", **options})


@pytest.mark.parametrize("pay", ["absent", ("paid", "absent"), ("paid",), ("above", "paid")])
def test_columns_that_are_not_pay(pay: Any) -> None:
    with pytest.raises((OptionError, ColumnError)):
        dl.work.harmonise_pay(data_of(paid=[1.0], above=[2.0]), pay, period="month")


positive = st.floats(0.01, 1e5)
PERIODS = ("year", "month", "week", "day", "hour", "task")


@given(st.lists(st.tuples(positive, st.sampled_from(PERIODS), st.floats(1, 100)), min_size=1, max_size=8))
def test_there_and_back(rows: list[tuple[float, str, float]]) -> None:
    """Pay of the month told again as a month, or as an hour, is the same month; flags change no value."""
    amounts, of, hours = (list(each) for each in zip(*rows, strict=True))
    data = data_of(paid=amounts, of=of, h=hours)
    first = dl.work.harmonise_pay(data, "paid", period="of", hours="h", days=5, tasks=40)
    month, hour = (first.frame[f"pay_{each}"].to_numpy() for each in ("monthly", "hourly"))
    assert np.allclose(month, hour * np.array(hours) * 52 / 12, rtol=1e-12)
    again = dl.work.harmonise_pay(first, "pay_monthly", period="month", hours="h", into="again")
    assert np.allclose(again.frame["again_hourly"], hour, rtol=1e-12)
    back = dl.work.harmonise_pay(first, "pay_hourly", period="hour", hours="h", into="back")
    assert np.allclose(back.frame["back_monthly"], month, rtol=1e-12)
    strict = dl.work.harmonise_pay(
        data, "paid", period="of", hours="h", days=5, tasks=40, multiple=1.01, looks_annual=(1.01, 99)
    )
    assert strict.frame["pay_monthly"].equals(first.frame["pay_monthly"])
    assert len(strict.frame) == len(data.frame)
