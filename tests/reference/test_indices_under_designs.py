"""Poverty and inequality under two stages with fpc, calibration, two phases and a jackknife, in a domain and without.

Recorded from R survey 4.4-2: convey is not needed, since the influence functions (Deville 1999; Osier 2009; Biewen and
Jenkins 2006; Langel and Tillé 2011) were written out again in R on everybody's incomes, that of convey's Gini as the
numerical derivative of its formula by each weight. `svytotal` of these gives the standard errors:

    base <- svydesign(~c + id, strata = ~h, fpc = ~f1 + f2, weights = ~w, data = S)
    cal <- calibrate(base, ~sex, c(460, 210))
    two <- twophase(list(~c + id, ~1), strata = list(~h, ~h), fpc = list(~f1 + f2, NULL), data = S, subset = ~called,
                    method = "full")
    jk <- as.svrepdesign(svydesign(~c, strata = ~h, weights = ~w, data = S), type = "JKn")   # svrVar of the points
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import diplab as dl

NAN = float("nan")
# arpt, arpr, relative median gap, fgt 1, fgt 2, S80/S20, gini, theil, GE(2), GE(0), atkinson 0.5 and 1, pay gap, Lorenz
# at 0.4, palma: points, then standard errors; women only where the name ends in f
POINTS = [
    466.2, 0.227777777778, 0.350064350064, 0.0695362028695, 0.0270043500631, 6.50002272934,
    0.369914021022, 0.203878623835, 0.223123024497, 0.215438269405, 0.100137966445, 0.193811964811,
    0.0426368004308, 0.176775645021, 1.39200888442,
]  # fmt: skip
POINTS_OF_WOMEN = [
    466.2, 0.266666666667, 0.350064350064, 0.0760832260832, 0.0278071661169, 6.59645203679,
    0.389664425707, 0.217266160564, 0.246519743004, 0.223214157316, 0.105009563503, 0.200056482807,
    NAN, 0.176018539678, 1.46646914895,
]  # fmt: skip
RECORDED: dict[str, tuple[list[float], list[float]]] = {
    "base": (
        POINTS,
        [
            47.1687717461, 0.0535970442756, 0.0769176407112, 0.0199504462926, 0.0100656362637,
            0.659515641312, 0.0141181350341, 0.0154992934629, 0.0189539201173, 0.0178887824163,
            0.00755461433118, 0.0144217223481, 0.157192555452, 0.0101542948012, 0.0927232337343,
        ],
    ),
    "base_f": (
        POINTS_OF_WOMEN,
        [
            47.1687717461, 0.0792870214631, 0.150240577187, 0.031280559776, 0.0147743976812, 1.04191062833,
            0.0269276040383, 0.0295923043175, 0.0369668809399, 0.0320507667811, 0.0140321524439,
            0.0256388031076, 0.0, 0.0162062137209, 0.17967449911,
        ],
    ),
    "cal": (
        [
            466.2, 0.23115942029, 0.350064350064, 0.0701055092359, 0.0270741601548, 6.33325886381,
            0.370814353365, 0.205038582915, 0.225104594379, 0.216133571927, 0.100566444675, 0.194372314556,
            0.0426368004308, 0.176685154144, 1.39853531282,
        ],
        [
            44.7293060137, 0.0533076257488, 0.0802567963212, 0.0197360517149, 0.0098586872505,
            0.634026521524, 0.0145991248218, 0.0159308867907, 0.019331962914, 0.0182965358084,
            0.00776075619301, 0.014740195795, 0.157192555452, 0.010288820371, 0.0960940060655,
        ],
    ),
    "cal_f": (
        [*POINTS_OF_WOMEN[:6], 0.390108870151, *POINTS_OF_WOMEN[7:]],  # convey takes the scale of weights
        [
            44.7293060137, 0.0770996740343, 0.149314429372, 0.0300838124918, 0.0141911696478,
            1.03053499716, 0.0269261368731, 0.0295923043175, 0.0369668809399, 0.0320507667811,
            0.0140321524439, 0.0256388031076, 0.0, 0.0162062137209, 0.17967449911,
        ],
    ),
    "two": (
        [
            465.0, 0.248412698413, 0.309677419355, 0.0795937873357, 0.0302553667091, 6.54295842993,
            0.389627819731, 0.214395597501, 0.228213007817, 0.231592683951, 0.10633877392, 0.206730831225,
            0.12626719037, 0.167183488814, 1.43241217525,
        ],
        [
            48.8180058862, 0.0698259334909, 0.133780876834, 0.0272963921565, 0.0142056107907,
            0.866875756033, 0.0180817305731, 0.0220296548368, 0.025500771653, 0.0266686758388,
            0.0109909083411, 0.021155438315, 0.213516068377, 0.0148942105679, 0.153407761939,
        ],
    ),
    "two_f": (
        [
            465.0, 0.327922077922, 0.264516129032, 0.0943897500349, 0.0336051086155, 5.76295944985,
            0.414642873971, 0.21973731987, 0.24031859198, 0.231891731098, 0.107693462008, 0.20696802064,
            NAN, 0.163048024164, 1.54841877953,
        ],
        [
            48.8180058862, 0.101724290952, 0.205281404882, 0.0408365285007, 0.019166857532, 0.878907716836,
            0.0309232561113, 0.0363452792605, 0.0483288741613, 0.0368476968786, 0.0165695589168,
            0.0292214019905, 0.0, 0.0184750453213, 0.23437050304,
        ],
    ),
    "jk": (
        POINTS,
        [
            19.9961871366, 0.0551464246413, 0.0354823788584, 0.013488405716, 0.00645739184247,
            0.614054483215, 0.0115926916091, 0.0127239110517, 0.0161392578346, 0.0150033543219,
            0.00622112020278, 0.0121263352625, 0.173836417762, 0.00929697903565, 0.0756367891769,
        ],
    ),
    "jk_f": (
        POINTS_OF_WOMEN,
        [
            19.9961871366, 0.0557404331233, 0.117478888165, 0.0261446769794, 0.0122616134459,
            1.17114810751, 0.0271212476031, 0.0320883198025, 0.042082858998, 0.0331059179492,
            0.0148364819733, 0.0265703955854, NAN, 0.0161602593395, 0.182569999953,
        ],
    ),
}  # fmt: skip


def people() -> pd.DataFrame:
    rows = []
    for k in range(72):
        h, c = k // 24, k // 6
        effect = 0.25 * h + 0.3 * np.sin(2.1 * c) + 0.8 * np.sin(1.7 * k) + 0.4 * np.cos(0.9 * k * k)
        rows.append((h, c, k, round(600 * np.exp(effect)), "f" if (k * k // 3) % 2 else "m", int((k * 7) % 5 > 1)))
    frame = pd.DataFrame(rows, columns=["h", "c", "id", "y", "sex", "called"])
    frame["f1"], frame["f2"] = 9 + frame["h"], 15
    return frame.assign(w=frame["f1"] / 4 * frame["f2"] / 6)


def sample_of(name: str) -> Any:
    frame = people()
    base = dl.declare_design(frame, strata="h", psu=["c", "id"], fpc=["f1", "f2"], weights="w")
    if name == "cal":
        return dl.calibrate(base, {"sex": {"f": 250, "m": 210}})
    if name == "two":
        return dl.two_phase(base, "called == 1", strata="h")
    if name == "jk":
        return dl.make_replicates(dl.declare_design(frame, strata="h", psu="c", weights="w"), "jkn")
    return base


@pytest.mark.parametrize("women", [False, True])
@pytest.mark.parametrize("name", ["base", "cal", "two", "jk"])
def test_as_the_influence_functions_in_r(name: str, women: bool) -> None:
    convey = {"convention": "convey"}
    asked = [
        dl.arpt("y", **convey), dl.arpr("y", **convey), dl.relative_median_gap("y", **convey),
        dl.fgt("y", 1, **convey), dl.fgt("y", 2, **convey), dl.quintile_ratio("y", **convey), dl.gini("y", **convey),
        dl.theil("y"), dl.generalised_entropy("y", 2), dl.generalised_entropy("y", 0), dl.atkinson("y", 0.5),
        dl.atkinson("y", 1), dl.gender_pay_gap("y", "sex == 'f'"), dl.lorenz("y", at=0.4), dl.palma_ratio("y"),
    ]  # fmt: skip
    kept = [place for place, each in enumerate(asked) if not (women and each.name == "gender_pay_gap")]
    sample = sample_of(name).where("sex == 'f'") if women else sample_of(name)
    found = dl.estimate(sample, *[asked[place] for place in kept]).frame
    points, errors = (np.array(each)[kept] for each in RECORDED[f"{name}_f" if women else name])
    np.testing.assert_allclose(found["estimate"], points, rtol=1e-10)
    # R's derivative of the Gini index is a difference
    np.testing.assert_allclose(found["std_error"], errors, rtol=1e-8)
