"""Data that packages of R publish, column by column against what R 4.5.0 finds in them.

Recorded with this script, run in the folder of the data:

    for (f in Sys.glob("*/data/*.rda")) {
      e <- new.env(); o <- get(load(f, e), e)
      for (k in names(o)) {
        v <- o[[k]]; u <- if (is.factor(v)) as.character(v) else v; attributes(u) <- NULL
        s <- if (is.character(u)) sum(nchar(u[!is.na(u)])) else sum(as.numeric(u), na.rm = TRUE)
        cat(basename(f), k, length(u), sum(is.na(u)), sum(u == "", na.rm = TRUE), sprintf("%.17g", s),
            length(unique(u)), "\\n")
      }
    }
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import diplab as dl

OPEN = "data/open"
RECS = f"{OPEN}/recs-2015/data/recs_2015.rda"

RECORDED = json.loads((Path(__file__).parents[1] / "reference/recorded/r_published.json").read_text(encoding="utf-8"))
"""By file its columns and rows; by column: missing, blank, sum of numbers or of letters, distinct answers (NA and
blank too)."""


@pytest.mark.shared
@pytest.mark.parametrize("file", RECORDED)
def test_columns_as_r_finds_them(shared: Path, file: str) -> None:
    data = dl.read(shared / OPEN / file)
    assert [len(data.frame.columns), len(data)] == RECORDED[file]["columns and rows"]
    assert data.codebook.origin.notices == ()
    assert RECORDED[file]["columns"] != {}
    for name, (missing, blank, total, distinct) in RECORDED[file]["columns"].items():
        found = data.frame[name]
        words = isinstance(found.dtype, pd.StringDtype)
        held = found.dropna()
        assert int(found.isna().sum()) == missing + blank, name
        assert held.nunique() + bool(missing) + bool(blank) == distinct, name
        summed = held.str.len().sum() if words else held.astype(float).sum()
        assert float(summed) == pytest.approx(total, rel=1e-12), name


@pytest.mark.shared
def test_labels_of_a_survey_that_haven_read(shared: Path) -> None:
    """As `attributes(casen$activ)` has them in R."""
    data = dl.read(shared / OPEN / "chile-calidad/data/casen_2020.rda", columns=["activ", "edad"])
    activ = data.codebook["activ"]
    assert activ.label.en == "Condición de actividad"
    labels = {code: label.en for code, label in activ.values.items()}
    assert labels == {1.0: "Ocupados", 2.0: "Desocupados", 3.0: "Inactivos"}
    assert (data.codebook["edad"].label.en, list(data.frame)) == ("Edad", ["activ", "edad"])


@pytest.mark.shared
def test_levels_of_factors(shared: Path) -> None:
    """As `levels(recs_2015$HeatingBehavior)` has them, with NA among them; `YearMade` is ordered."""
    data = dl.read(shared / RECS)
    assert [label.en for label in data.codebook["HeatingBehavior"].values.values()] == [
        "Set one temp and leave it", "Manually adjust at night/no one home",
        "Program thermostat to change at certain times", "Turn on or off as needed", "No control", "Other",
    ]  # fmt: skip
    assert data.codebook["HeatingBehavior"].measure == "nominal"
    assert data.codebook["YearMade"].measure == "ordinal"
    assert list(data.codebook["YearMade"].values)[::7] == ["Before 1950", "2010-2015"]


@pytest.mark.shared
def test_the_same_survey_as_the_text_of_it_exported_apart(shared: Path) -> None:
    """All 141 columns of the residential energy survey, against a CSV that was made of it elsewhere."""
    data = dl.read(shared / RECS).frame
    text = pd.read_csv(shared / "data/design/recs2015_brr96.csv.gz", na_values=[""], keep_default_na=False)
    assert list(data) == list(text)
    for name in text:
        if isinstance(data[name].dtype, pd.StringDtype):
            assert data[name].fillna("").tolist() == text[name].fillna("").tolist(), name
        else:
            np.testing.assert_array_equal(data[name].astype(float), text[name].astype(float), err_msg=name)


# -- beside R, where it is installed ----------------------------------------------------------------------------

EXPORT = """
args <- commandArgs(TRUE)
load(args[1], kept <- new.env())
words <- function(x) {
  if (is.factor(x) || is.character(x)) return(as.character(x))
  if (is.logical(x)) x <- as.integer(x)
  ifelse(is.na(x), NA, sprintf("%.17g", as.numeric(unclass(x))))
}
columns <- lapply(get(args[2], kept), words)
write.csv(as.data.frame(columns, check.names = FALSE), args[3], row.names = FALSE, na = "", fileEncoding = "UTF-8")
"""


@pytest.mark.r
@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("chile-calidad/data/epf_personas.rda", "epf_personas"),
        ("chile-calidad/data/ene.rda", "ene"),
        ("mturk-sensitive-questions/data/MTURK.rda", "MTURK"),
        ("nonprobsvy/data/admin.rda", "admin"),
    ],
)
def test_every_cell_is_the_one_that_r_exports(shared, tmp_path, path, name):
    file = shared / "data" / "open" / path
    script = tmp_path / "export.R"
    script.write_text(EXPORT, encoding="utf-8")
    subprocess.run(["Rscript", script, file, name, tmp_path / "r.csv"], check=True, timeout=300)
    theirs = pd.read_csv(tmp_path / "r.csv", dtype=str, keep_default_na=False)
    ours = dl.read(file, table=name).frame
    assert (list(ours), len(ours)) == (list(theirs), len(theirs))
    for column in ours:
        values, exported = ours[column], theirs[column]
        if pd.api.types.is_numeric_dtype(values):
            assert values.notna().tolist() == (exported != "").tolist(), column
            assert values.dropna().astype(float).tolist() == exported[exported != ""].astype(float).tolist(), column
        else:
            assert values.fillna("").astype(str).tolist() == exported.tolist(), column
