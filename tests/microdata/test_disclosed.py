"""What a codebook may show: each count of one to four stays unknown, whatever is subtracted from whatever."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from diplab.microdata.codebook import Codebook
from diplab.microdata.disclosure import DisclosedCount, disclose, protect_counts, summarise_numbers
from diplab.microdata.identifiers import identifiers, identifying_columns
from diplab.microdata.microdata import Microdata
from diplab.microdata.missing import missing_codes
from diplab.reference.text import Text


def worlds(counts: dict[int, int], shown: dict[int, DisclosedCount]) -> dict[int, set[int]]:
    """Every count that a reader finds possible, cell by cell, who knows the total and the rule."""
    hidden = [key for key, each in shown.items() if each.people is None]
    left = sum(counts.values()) - sum(
        each.people for each in shown.values() if each.people is not None
    )
    certain = any(each.small for each in shown.values())
    ranges = [
        range(1, 5) if shown[key].small else range(5, left + 1) if certain else range(left + 1)
        for key in hidden
    ]
    found: dict[int, set[int]] = {key: set() for key in hidden}
    for world in product(*ranges):
        if sum(world) == left:
            for key, count in zip(hidden, world, strict=True):
                found[key].add(count)
    return found


@given(st.lists(st.integers(0, 14), min_size=1, max_size=5))
@example([1, 1])
@example([4, 4])
@settings(max_examples=100, deadline=None)
def test_no_small_count_can_be_found_by_subtraction(numbers: list[int]) -> None:
    counts = dict(enumerate(numbers))
    shown = protect_counts(counts)
    for key, each in shown.items():
        assert each.people in (None, counts[key])
        assert each.people is None or not 0 < each.people < 5
        assert not each.small or 0 < counts[key] < 5
    for key, possible in worlds(counts, shown).items():
        # where there is one group only, its count is the total
        if len(counts) > 1 and 0 < counts[key] < 5:
            assert len(possible) > 1


def people(**columns: object) -> Microdata:
    return Microdata(pd.DataFrame(columns), Codebook())


def test_small_counts_are_hidden_with_a_second() -> None:
    shown = disclose(people(job=[1] * 60 + [2] * 37 + [3] * 3), "job")
    # 3 has no label: it is among the others
    assert shown.values == {1: DisclosedCount(60), 2: DisclosedCount(None)}
    assert shown.others == DisclosedCount(None, small=True)
    assert (shown.answered, shown.missing) == (DisclosedCount(100), DisclosedCount(0))
    shown = disclose(people(job=[1.0] * 60 + [2.0] * 38 + [np.nan] * 2), "job")
    assert shown.missing == DisclosedCount(None, small=True)
    assert shown.answered == DisclosedCount(None)
    assert shown.values == {1: DisclosedCount(60), 2: DisclosedCount(None)}
    assert shown.reasons == {"system": DisclosedCount(None, small=True)}
    book = Codebook().described(
        "sex",
        values={1: Text.same("F"), 2: Text.same("M"), 3: Text.same("X"), 9: Text.same("?")},
        missing={9: "?"},
    )
    data = Microdata(pd.DataFrame({"sex": [1] * 10 + [2] * 20}), book)
    counts = {1: DisclosedCount(10), 2: DisclosedCount(20), 3: DisclosedCount(0)}
    assert disclose(data, "sex").values == counts
    raw = np.array([1.0] * 50 + [98.0] * 20 + [99.0] * 2)
    book = Codebook().described("job", missing={98: "not asked", 99: "refused"})
    found = missing_codes(raw, raw > 90)
    assert found is not None
    data = Microdata(pd.DataFrame({"job": np.where(raw > 90, np.nan, raw)}), book, {"job": found})
    shown = disclose(data, "job")
    assert shown.missing == DisclosedCount(22)
    assert shown.reasons == {
        "not asked": DisclosedCount(None),
        "refused": DisclosedCount(None, small=True),
    }


def test_what_is_shown_follows_what_the_cells_are() -> None:
    categories = [
        ["yes"] * 30 + ["no"] * 20, [0, 1] * 30, [True, False] * 30, [True, False, None] * 30, [1, 2, None] * 30,
        pd.cut(pd.Series([1, 2] * 30), [0, 1, 2]),
    ]  # fmt: skip
    words = [
        [f"I clean images, {n} a day" for n in range(40)], ["rien"] * 30 + [f"my boss is {n}" for n in range(10)],
        [["mail", "phone"]] * 30, [],
    ]  # fmt: skip
    numbers = [[float(n) for n in range(100)], [1.5] * 10 + [2.5] * 30]
    persons = [
        [f"w{n}@example.org" for n in range(40)], [f"192.0.2.{n}" for n in range(40)], ["A1B2C3D4E5F6G7"] * 40,
    ]  # fmt: skip
    moments = [list(pd.date_range("2024-01-01", periods=40))]
    every = {
        "categories": categories,
        "words": words,
        "numbers": numbers,
        "identifier": persons,
        "moments": moments,
    }
    for kind, cells in ((kind, cells) for kind, columns in every.items() for cells in columns):
        shown = disclose(people(q=pd.Series(cells, dtype=None if len(cells) else object)), "q")
        assert shown.kind == kind
        assert kind != "categories" or shown.values
        if kind in ("words", "identifier"):
            assert (shown.values, shown.others, shown.numbers) == ({}, None, None)


def test_ends_of_amounts_are_of_five_people_at_least() -> None:
    pay = summarise_numbers(pd.Series([0.0] * 6 + [float(n) for n in range(10, 103)] + [1e6]))
    assert pay is not None
    assert (pay.low.value, pay.low.kind) == (0.0, "extreme")
    # 100 answers: five lie at 99 or above (99, 100, 101, 102 and the million)
    assert (pay.high.value, pay.high.kind) == (99.0, "twentieth")
    short = summarise_numbers(pd.Series(range(1, 41)))
    assert short is not None
    assert (short.low.value, short.low.kind) == (5.0, "fifth")
    assert (short.high.value, short.high.kind) == (36.0, "fifth")


def test_names_of_persons_are_known_and_others_left_alone() -> None:
    words = [f"words {n}" for n in range(40)]
    for name in ("IPAddress", "worker_id", "E-mail", "RecipientEmail", "prénom", "PROLIFIC_PID"):
        data = people(**{name: words})
        assert identifying_columns(data, [name]) == {name}
        assert disclose(data, name).kind == "identifier"
    for name in ("hours", "description", "tip", "shipping", "nombre", "idea", "household", "q1"):
        assert not identifying_columns(people(**{name: words}), [name])


def test_identifying_columns_of_a_frame() -> None:
    data = people(age=[31, 40], contact=["a@b.fr", "+33 6 12 34 56 78"])
    assert identifiers(data).columns == ["contact"]
    assert disclose(people(id=list(range(400))), "id").kind == "identifier"
    assert disclose(people(key=[1, 2] * 200), "key").kind == "categories"
    # the fifth lowest of fifty phone numbers is the phone number of somebody
    frame = pd.DataFrame(
        {"q1": [612345600.0 + each for each in range(50)], "q2": np.linspace(48.1, 49.2, 50)}
    )
    book = (
        Codebook()
        .described("q1", label=Text.same("Téléphone"))
        .described("q2", label=Text.same("Latitude"))
    )
    data = Microdata(frame, book)
    assert data.identifiers().columns == ["q1", "q2"]
    for name in ("q1", "q2"):
        shown = disclose(data, name)
        assert (shown.kind, shown.numbers, dict(shown.values)) == ("identifier", None, {})


CELLS = (1, 2, 3, 98, None)


def published(counts: tuple[int, ...]) -> Any:
    """What is published of one column in which 1 and 2 have labels, 3 has none, and 98 is refused."""
    codes = np.repeat(np.array([1.0, 2.0, 3.0, 98.0, np.nan]), counts)
    gone = missing_codes(codes, codes == 98)
    book = Codebook().described(
        "q",
        values={1: Text.same("one"), 2: Text.same("two")},
        missing={98: "refused", 99: "unknown"},
    )
    frame = pd.DataFrame({"q": np.where(codes == 98, np.nan, codes)})
    return disclose(Microdata(frame, book, {} if gone is None else {"q": gone}), "q")


def fits(shown: list[tuple[DisclosedCount, Any]]) -> Any:
    """Which tables agree with one list of counts: `<5` is from 1 to 4, and `-` beside one is from 5 on."""
    certain = any(each.small for each, _ in shown)
    good = True
    for each, count in shown:
        if each.people is not None:
            good = good & (count == each.people)
        elif each.small:
            good = good & (count >= 1) & (count <= 4)
        elif certain:
            good = good & (count >= 5)
    return good


@pytest.mark.parametrize(("rows", "step"), [(7, 3), (11, 6)])
def test_no_small_count_can_be_found_from_all_lists_together(rows: int, step: int) -> None:
    worlds = np.array([each for each in product(range(rows + 1), repeat=5) if sum(each) == rows])
    answered = worlds[:, :3].sum(axis=1)
    for world in worlds[::step]:
        shown = published(tuple(world.tolist()))
        others = worlds[:, [at for at in range(3) if CELLS[at] not in shown.values]].sum(axis=1)
        answers = [
            (shown.values[CELLS[at]], worlds[:, at]) for at in range(3) if CELLS[at] in shown.values
        ]
        good = fits([(shown.answered, answered), (shown.missing, rows - answered)])
        good &= fits([*answers, (shown.others or DisclosedCount(0), others)])
        reasons = [
            (shown.reasons.get(why, DisclosedCount(0)), worlds[:, at])
            for at, why in ((3, "refused"), (4, "system"))
        ]
        good &= fits(reasons)
        same = (worlds == world).all(axis=1)
        assert good[same].all(), (world, shown)  # nothing that is said is false
        for count in (*worlds.T, answered, rows - answered, others):
            possible = np.unique(count[good])
            assert len(possible) > 1 or not 0 < possible[0] < 5, (world, shown)


def test_what_can_be_known_of_means_and_bars() -> None:
    ages = np.random.default_rng(1).integers(18, 70, 57)
    mean = summarise_numbers(pd.Series(ages)).mean  # type: ignore[union-attr]
    possible = [
        people for people in range(53, 60) if abs(round(mean * people) / people - mean) <= 0.05
    ]
    assert mean == round(ages.mean(), 1)
    assert possible == list(range(53, 60))
    generator = np.random.default_rng(3)
    values = pd.Series(generator.lognormal(3, 1, 300))
    short = summarise_numbers(values)
    assert short is not None
    inside = values[(values >= short.low.value) & (values <= short.high.value)]
    for place, each in enumerate(short.bins):
        upper = inside <= each.high if place + 1 == len(short.bins) else inside < each.high
        assert ((inside >= each.low) & upper).sum() >= 5
    assert max(each.density for each in short.bins) == 1.0
    book = Codebook().described("pay", values={0: Text.same("nothing")}, measure="scale")
    shown = disclose(
        Microdata(pd.DataFrame({"pay": [0.0] * 20 + [100.5, 207.25, 90.1]}), book), "pay"
    )
    expected = ("numbers", DisclosedCount(23), {0: DisclosedCount(None)})
    assert (shown.kind, shown.answered, shown.values) == expected
