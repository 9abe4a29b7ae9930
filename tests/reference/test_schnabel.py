"""Several catches in a row (SC1): sunfish as printed by Ricker (1975, p. 99) and Krebs (1989, p. 32), walleye as
printed by R FSA.

The catches of sunfish are Gerking's (1953), as both books print them.
"""

from __future__ import annotations

import math
from functools import partial

import numpy as np
import pytest

from diplab import population
from diplab.kernel.intervals import student_deviate
from diplab.population.kernel.open import (
    RecaptureSums,
    inverse_interval,
    recapture_sums,
    schumacher,
)
from diplab.population.kernel.open import schnabel as schnabel_size

CAUGHT = [10, 27, 17, 7, 1, 5, 6, 15, 9, 18, 16, 5, 7, 19]
AGAIN = [0, 0, 0, 0, 0, 0, 2, 1, 5, 5, 4, 2, 2, 3]
RELEASED = [10, 27, 17, 7, 1, 5, 6, 15, 9, 18, 14, 5, 6, 0]
SUMS = RecaptureSums(10740, 24, 970296, 2294, 7.745, 13, 138)
UNKNOWN = math.nan


def only(*arguments: object, **options: object) -> dict[str, float]:
    found = population.schnabel(*arguments, **options)
    assert len(found) == 1
    return dict(found.frame.iloc[0])


def test_sums_and_sizes_of_sunfish():
    marked = np.concatenate([[0], np.cumsum(np.array(RELEASED) - AGAIN)[:-1]]).astype(float)
    found = recapture_sums(marked, np.array(CAUGHT, dtype=float), np.array(AGAIN, dtype=float))
    assert (found.n_m, found.m, found.n_m2, found.m_m) == (10740, 24, 970296, 2294)
    assert found.m2_n == pytest.approx(7.745, abs=5e-4)
    assert (found.occasions, found.seen) == (13, 138)
    assert schnabel_size(SUMS).size == 447.5
    assert schnabel_size(SUMS, modified=True).size == 429.6
    assert schumacher(SUMS).size == pytest.approx(970296 / 2294, rel=1e-15)
    # Krebs prints 300 to 719: 14 occasions, Student's law on 12 degrees of freedom.
    low, high = inverse_interval(schumacher(SUMS), student_deviate(0.95, 12))
    assert (round(low), round(high)) == (300, 719)
    # Ricker prints 304 to 696 for the line: 13 degrees of freedom where Krebs and we count 12.
    found = schumacher(SUMS)
    other = found._replace(variance=found.variance * 12 / 13)
    low, high = inverse_interval(other, student_deviate(0.95, 13))
    assert (round(low), round(high)) == (304, 696)


def test_sunfish():
    by_release = {"released": RELEASED}
    plain = only(None, CAUGHT, AGAIN, **by_release)
    assert (plain["estimate"], plain["n"], plain["statistic"]) == (447.5, 138, "schnabel")
    assert plain["std_error"] == pytest.approx(447.5 / math.sqrt(24), rel=1e-12)
    # 10740 over R's poisson.test(24): 15.3772528547 to 35.7100975938. Ricker, with 15.4 to 35.6 out
    # of a table, prints 302 to 697; Krebs, with the shortest limits of Crow and Gardner, 310 to
    # 720.
    assert (plain["ci_low"], plain["ci_high"]) == pytest.approx(
        (10740 / 35.7100975938, 10740 / 15.3772528547), rel=1e-10
    )
    normal = only(None, CAUGHT, AGAIN, interval="normal", **by_release)
    # Printed by Ricker: 320 to 746.
    assert (round(normal["ci_low"]), round(normal["ci_high"])) == (320, 746)
    assert math.isinf(normal["df"])
    modified = only(None, CAUGHT, AGAIN, "schnabel_chapman", **by_release)
    assert (modified["estimate"], modified["statistic"]) == (429.6, "schnabel_chapman")
    line = only(None, CAUGHT, AGAIN, "schumacher", **by_release)
    assert round(line["estimate"]) == 423
    assert (round(line["ci_low"]), round(line["ci_high"]), line["df"]) == (300, 719, 12)


def test_walleye_with_unknown_ends():
    caught, again = [321, 412, 178, 415, 367], [UNKNOWN, 45, 55, 93, 113]
    released = [321, 412, 178, 415, UNKNOWN]
    found = population.schnabel(None, caught, again, "schnabel_chapman", "t", released=released)
    row = found.frame.iloc[0]
    assert row["estimate"] == pytest.approx(1007092 / 307, rel=1e-14)
    # Printed: 3280, 2832 to 3898.
    assert [round(row[name]) for name in ("estimate", "ci_low", "ci_high")] == [3280, 2832, 3898]
    assert row["df"] == 4
    assert found.provenance.rules["first_recaptures"] == "0"
    same = population.schnabel(
        [UNKNOWN, 321, 688, 811, 1133], caught, [0, *again[1:]], "schnabel_chapman", "t"
    )
    assert same.frame["ci_low"].iloc[0] == row["ci_low"]
    assert "first_recaptures" not in same.provenance.rules
    # 306 recaptures are many: normal, 1007092/(307 ± 1.95996 sqrt(307)) by hand.
    many = only(None, caught, again, "schnabel_chapman", released=released)
    half = 1.959963984540054 * math.sqrt(307)
    assert (many["ci_low"], many["ci_high"]) == pytest.approx(
        (1007092 / (307 + half), 1007092 / (307 - half))
    )


def test_catches_at_their_limits():
    assert only([0, 100], [100, 60], [0, 20])["estimate"] == 300
    found = population.schnabel([0, 10, 10, 10], [10, 0, 5, 6], [0, 0, 2, 3], "schumacher")
    assert found.provenance.rules["empty_occasions"] == "1"
    # By hand: (5 + 6) 100 / (5 x 10), two telling occasions, one degree of freedom.
    assert found.frame["estimate"].iloc[0] == 22
    assert found.frame["df"].iloc[0] == 1
    row = only([0, 10, 15], [10, 10, 20], [0, 5, 15], "schumacher")
    assert (row["estimate"], row["ci_low"], row["ci_high"]) == pytest.approx((20, 20, 20))
    assert row["std_error"] == pytest.approx(0, abs=1e-6)
    row = only([0, 5], [5, 6], [0, 5], "schnabel_chapman")
    assert (row["estimate"], row["flag"], row["n"]) == (6, "at the number seen", 6)
    assert row["ci_low"] == 6
    # 1/2 of a person by the formula, 0.98 at its upper end; one was seen.
    row = only([0, 1], [1, 1], [0, 1], "schnabel_chapman")
    assert (row["ci_low"], row["estimate"], row["ci_high"]) == (1, 1, 1)
    row = only([0, 10], [10, 10], [0, 1], interval="normal")
    assert math.isinf(row["ci_high"])


def test_refusals_of_catches(refused):
    cases = [
        *(
            (([0, 10], [10, 5], [0, 6]), {}),
            (([0, 3], [10, 5], [0, 4]), {}),
            (([0, 11], [10, 5], [0, 4]), {}),
        ),
        *((([0, 10], [10, 5], [0, 0]), {}), (([0, 0], [0, 0], [0, 0]), {})),
        *((([0, 10], [10, 5], [0, 4]), {"estimator": "schumacher"}), ((None, [10, 5], [0, 4]), {})),
        *(((None, [10, 5], [0, 4]), {"released": [11, 0]}), (([0, 10], [10, 5], [0, 4, 2]), {})),
        *((([0, 10], [10, 5.5], [0, 4]), {}), (([0, 10], [10, 5], [0, UNKNOWN]), {})),
        *((([0, 10], ["ten", 5], [0, 2]), {}), (([], [], []), {})),
        (([0, 10], [10, 5], [0, 2]), {"estimator": "schnable"}),
        (([0, 10], [10, 5], [0, 2]), {"estimator": "schumacher", "interval": "poisson"}),
    ]
    for arguments, options in cases:
        refused(partial(population.schnabel, *arguments, **options))
