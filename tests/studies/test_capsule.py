"""A capsule of a study: what is in it, that others can read it, and that a change of any number is found."""

from __future__ import annotations

import json
import zipfile
from datetime import date
from pathlib import Path

import pytest
from rocrate.rocrate import ROCrate
from typer.testing import CliRunner

import diplab as dl
from diplab.cli import app
from diplab.errors import DataError, LoadError, StudyError
from diplab.replication.capsule import METADATA, RESULTS, VERSIONS, pack, verify
from diplab.replication.registry import study as find_study
from diplab.replication.study import new_study

STUDY = "my-study"


def diplab(*words: str, code: int = 0, answer: str = "") -> str:
    done = CliRunner().invoke(app, words, input=answer)
    assert done.exit_code == code, (done.output, done.exception)
    return done.output


@pytest.fixture(scope="module")
def capsule(tmp_path_factory):
    home = tmp_path_factory.mktemp("capsule")
    folder = new_study(STUDY, home / "surveys", 2026)
    code = folder / "study.py"
    drawn = """

def figures(inputs, comparison):
    from diplab.presentation.charts.dots import Dot, Dots

    row = Dot(dl.Text("CDI", "Permanent"), 0.284, None, None, None)
    return {"jobs": Dots(title=dl.Text("Emplois", "Jobs"), notes=dl.Notes(source=dl.Text("p. 1", "p. 1")),
                         alt=dl.Text("Un point.", "One dot."), axis=dl.Text("Part", "Share"), percent=True,
                         rows=(row,))}
"""
    code.write_text(code.read_text(encoding="utf-8") + drawn, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(home)
        diplab("reproduce", STUDY, "--capsule", "study.zip")
    return home / "study.zip"


def altered(capsule, tmp_path, name, change, *, described=True):
    """A copy of the capsule with one member changed; the metadata follow where `described`."""
    import hashlib

    members = {each: zipfile.ZipFile(capsule).read(each) for each in zipfile.ZipFile(capsule).namelist()}
    members[name] = change(members[name])
    if described:
        metadata = json.loads(members[METADATA])
        for entity in metadata["@graph"]:
            if entity["@id"] == name:
                entity["sha256"] = hashlib.sha256(members[name]).hexdigest()
        members[METADATA] = json.dumps(metadata).encode()
    copy = tmp_path / "altered.zip"
    with zipfile.ZipFile(copy, "w") as written:
        for each, content in members.items():
            written.writestr(each, content)
    return copy


def test_it_holds_code_numbers_results_figures_report_and_versions(capsule):
    names = zipfile.ZipFile(capsule).namelist()
    for name in (
        METADATA, RESULTS, VERSIONS, f"surveys/{STUDY}/study.py", f"surveys/{STUDY}/published.csv",
        f"figures/{STUDY}/jobs.fr.svg", f"figures/{STUDY}/jobs.en.pdf", "report/index.html",
    ):  # fmt: skip
        assert name in names
    assert zipfile.ZipFile(capsule).read(RESULTS).decode().splitlines()[1].startswith("full_time_of_all,28.4,28.4,")
    versions = json.loads(zipfile.ZipFile(capsule).read(VERSIONS))
    assert {"python", "diplab", "numpy", "pandas", "matplotlib"} <= set(versions)


def test_its_metadata_have_what_the_specification_requires(capsule, tmp_path):
    graph = {each["@id"]: each for each in json.loads(zipfile.ZipFile(capsule).read(METADATA))["@graph"]}
    assert graph[METADATA]["conformsTo"] == {"@id": "https://w3id.org/ro/crate/1.1"}
    assert graph[METADATA]["about"] == {"@id": "./"}
    root = graph["./"]
    assert root["@type"] == "Dataset"
    assert all(root[name] for name in ("name", "description", "datePublished", "license", "hasPart"))
    parts = {each["@id"] for each in root["hasPart"]}
    assert parts == set(zipfile.ZipFile(capsule).namelist()) - {METADATA}
    assert parts <= set(graph)
    zipfile.ZipFile(capsule).extractall(tmp_path)
    crate = ROCrate(tmp_path)
    assert crate.name == "Title of the study"
    assert {each.id for each in crate.data_entities} == parts
    assert crate.mainEntity.id == f"surveys/{STUDY}/study.py"


def test_verifying_asks_first_and_gives_the_same_again(capsule):
    assert "runs the Python code in it" in diplab("verify", str(capsule), code=2, answer="n\n")
    _, *found = diplab("verify", str(capsule), "--yes", "--language", "fr").splitlines()
    assert found == ["1 chiffres et 6 fichiers de figures, tous identiques à la capsule."]


def test_what_comes_out_otherwise_is_named(capsule, tmp_path):
    copy = altered(capsule, tmp_path, RESULTS, lambda content: content.replace(b"28.4,28.4", b"28.4,28.5"))
    printed = diplab("verify", str(copy), "--yes", code=1).splitlines()
    assert [line for line in printed if line.startswith("!")] == [
        "! full_time_of_all: reproduced 28.5 recorded, 28.4 now"
    ]
    name = f"figures/{STUDY}/jobs.fr.svg"
    found = verify(altered(capsule, tmp_path, name, lambda content: content.replace(b"</svg>", b" </svg>")))
    assert found.changed_files == ("jobs.fr.svg",)
    assert not found.same


def test_other_versions_are_named_and_figures_left_out(capsule, tmp_path):
    def older(content):
        return json.dumps(json.loads(content) | {"numpy": "1.0"}).encode()

    found = verify(altered(capsule, tmp_path, VERSIONS, older))
    assert list(found.versions) == ["numpy"]
    assert (found.files, found.same) == (0, True)


def test_what_is_no_capsule_is_refused(capsule, tmp_path):
    with pytest.raises(DataError, match=r"Its member `results.csv` is not the one that its metadata describe"):
        verify(altered(capsule, tmp_path, RESULTS, lambda content: content + b"x\n", described=False))
    with pytest.raises(DataError, match=r"There is no such file"):
        verify(tmp_path / "none.zip")
    (tmp_path / "text.zip").write_text("text")
    with pytest.raises(LoadError, match="It is not a zip archive"):
        verify(tmp_path / "text.zip")
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as other:
        other.writestr("../outside.txt", "x")
    with pytest.raises(LoadError, match="a name that leaves the archive"):
        verify(tmp_path / "other.zip")


def test_a_study_that_did_not_run_has_no_capsule(tmp_path):
    folder = new_study(STUDY, tmp_path / "surveys", 2026)
    path = folder / "study.toml"
    path.write_text(path.read_text(encoding="utf-8") + '\n[files.answers]\npath = "none.csv"\n', encoding="utf-8")
    comparison = dl.reproduce(STUDY, studies=folder.parent)
    with pytest.raises(StudyError, match="It was not run"):
        pack(tmp_path / "c.zip", find_study(STUDY, folder.parent), comparison, tmp_path, date(2026, 1, 1))
    assert not Path(tmp_path / "c.zip").exists()
