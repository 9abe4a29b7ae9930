"""A capsule of a study: what is in it, that others can read it, and that a change of any number is found."""

from __future__ import annotations

import hashlib
import json
import zipfile
from datetime import date
from importlib import resources
from pathlib import Path
from urllib.parse import unquote

import pytest
from rocrate.rocrate import ROCrate
from typer.testing import CliRunner

import diplab as dl
from diplab.cli import app
from diplab.errors import DataError, LoadError, StudyError
from diplab.replication.capsule import METADATA, RESULTS, VERSIONS, _metadata, pack, verify
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
    toml = folder / "study.toml"
    toml.write_text('authors = ["Jane Doe"]\n' + toml.read_text(encoding="utf-8"), encoding="utf-8")
    # a name that is not a URI as it stands
    (folder / "50% of it.txt").write_text("half", encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(home)
        diplab("reproduce", STUDY, "--capsule", "study.zip")
    return home / "study.zip"


def members_of(capsule):
    archive = zipfile.ZipFile(capsule)
    return {each: archive.read(each) for each in archive.namelist()}


def altered(capsule, tmp_path, name, change, *, described=True):
    """A copy of the capsule with one member changed; the metadata follow where `described`."""
    members = members_of(capsule)
    members[name] = change(members[name])
    if described:
        metadata = json.loads(members[METADATA])
        for entity in metadata["@graph"]:
            if entity["@id"] == name:
                entity["sha256"] = hashlib.sha256(members[name]).hexdigest()
        members[METADATA] = json.dumps(metadata).encode()
    return packed(members, tmp_path)


def packed(members, tmp_path):
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
    assert (
        zipfile.ZipFile(capsule)
        .read(RESULTS)
        .decode()
        .splitlines()[1]
        .startswith("full_time_of_all,28.4,28.4,")
    )
    versions = json.loads(zipfile.ZipFile(capsule).read(VERSIONS))
    assert {"python", "diplab", "numpy", "pandas", "matplotlib"} <= set(versions)


def test_its_metadata_have_what_the_specification_requires(capsule, tmp_path):
    graph = {
        each["@id"]: each for each in json.loads(zipfile.ZipFile(capsule).read(METADATA))["@graph"]
    }
    assert graph[METADATA]["conformsTo"] == {"@id": "https://w3id.org/ro/crate/1.1"}
    assert graph[METADATA]["about"] == {"@id": "./"}
    root = graph["./"]
    assert root["@type"] == "Dataset"
    assert all(
        root[name] for name in ("name", "description", "datePublished", "license", "hasPart")
    )
    assert graph[root["author"]["@id"]] == {
        "@id": "#author-jane-doe",
        "@type": "Person",
        "name": "Jane Doe",
    }
    assert root["license"] == {"@id": "https://spdx.org/licenses/MIT"}
    parts = {each["@id"] for each in root["hasPart"]}
    assert {unquote(each) for each in parts} == set(zipfile.ZipFile(capsule).namelist()) - {
        METADATA
    }
    assert f"surveys/{STUDY}/50%25%20of%20it.txt" in parts
    assert parts <= set(graph)
    assert all(graph[each]["license"]["@id"] in graph for each in parts)
    assert all(
        graph[each][name]
        for each in parts
        for name in ("name", "encodingFormat", "contentSize", "sha256")
    )
    zipfile.ZipFile(capsule).extractall(tmp_path)
    crate = ROCrate(tmp_path)
    assert crate.name == "Title of the study"
    assert {each.id for each in crate.data_entities} == parts
    assert crate.mainEntity.id == f"surveys/{STUDY}/study.py"


TERMS = set(
    json.loads((resources.files("rocrate") / "data/ro-crate.jsonld").read_bytes())["@context"]
)
"""Those of RO-Crate 1.1, as the package that writes crates has them."""


@pytest.mark.parametrize("name", ["us-voters-1996", "masculinity-2018", "europe-2021"])
def test_its_metadata_are_flat_and_each_term_is_known(name):
    """What a validator of the specification (roc-validator 0.13) asks for where it must."""
    crate = _metadata(find_study(name, None), {"report/un été.html": b"<html>"}, date(2026, 1, 1))
    address, own = crate["@context"]
    assert address == "https://w3id.org/ro/crate/1.1/context"
    known = {each["@id"] for each in crate["@graph"]}
    assert len(known) == len(crate["@graph"])
    for entity in crate["@graph"]:
        assert entity["@type"] in TERMS
        assert set(entity) <= TERMS | set(own) | {"@id", "@type"}
        assert " " not in entity["@id"]
        values = [
            each
            for value in entity.values()
            for each in (value if isinstance(value, list) else [value])
        ]
        assert all(each for each in values)
        named = [each["@id"] for each in values if isinstance(each, dict)]
        assert all(set(each) == {"@id"} for each in values if isinstance(each, dict))
        assert set(named) <= known | {
            "https://w3id.org/ro/crate/1.1",
            "results.csv",
            "versions.json",
        } | {f"surveys/{name}/study.py"}
        if entity["@type"] in ("File", "CreativeWork", "Person", "Organization"):
            assert entity.get("name") or entity["@id"] == METADATA
    author = next(each for each in crate["@graph"] if each["@id"] == "#author-the-diplab-authors")
    assert author["@type"] == "Organization"


@pytest.mark.parametrize(
    ("author", "said"),
    [
        ('{ name = "A", kind = "team" }', 'has the kind "team". Write "person" or "organisation"'),
        (
            '{ name = "A", orcid = "0000-0002-1825-0097" }',
            'Write .*, "https://orcid.org/0000-0002-1825-0097"',
        ),
    ],
)
def test_an_author_is_a_person_or_an_organisation(tmp_path, author, said):
    path = new_study(STUDY, tmp_path / "surveys", 2026) / "study.toml"
    path.write_text(f"authors = [{author}]\n" + path.read_text(encoding="utf-8"), encoding="utf-8")
    with pytest.raises(StudyError, match=said):
        find_study(STUDY, path.parents[1])


def test_verifying_asks_first_and_gives_the_same_again(capsule):
    assert "runs the Python code in it" in diplab("verify", str(capsule), code=2, answer="n\n")
    _, *found = diplab("verify", str(capsule), "--yes", "--language", "fr").splitlines()
    assert found == ["1 chiffres et 6 fichiers de figures, tous identiques à la capsule."]


def test_what_comes_out_otherwise_is_named(capsule, tmp_path):
    copy = altered(
        capsule, tmp_path, RESULTS, lambda content: content.replace(b"28.4,28.4", b"28.4,28.5")
    )
    printed = diplab("verify", str(copy), "--yes", code=1).splitlines()
    assert [line for line in printed if line.startswith("!")] == [
        "! full_time_of_all: reproduced 28.5 recorded, 28.4 now"
    ]
    name = f"figures/{STUDY}/jobs.fr.svg"
    found = verify(
        altered(capsule, tmp_path, name, lambda content: content.replace(b"</svg>", b" </svg>"))
    )
    assert found.changed_files == ("jobs.fr.svg",)
    assert not found.same


@pytest.mark.parametrize(
    ("library", "compared", "files"), [("pyreadstat", True, 6), ("matplotlib", False, 0)]
)
def test_figures_are_compared_where_what_draws_is_of_one_version(
    capsule, tmp_path, library, compared, files
):
    def older(content):
        return json.dumps(json.loads(content) | {library: "1.0"}).encode()

    found = verify(altered(capsule, tmp_path, VERSIONS, older))
    assert list(found.versions) == [library]
    assert (found.compared, found.files, found.same) == (compared, files, True)


@pytest.mark.parametrize(
    "gone", ["figures/", "report/", f"surveys/{STUDY}/README.md", "requirements.lock"]
)
def test_a_member_that_was_removed_is_noticed(capsule, tmp_path, gone):
    kept = {
        name: content for name, content in members_of(capsule).items() if not name.startswith(gone)
    }
    assert len(kept) < len(members_of(capsule))
    with pytest.raises(DataError, match=f"Its metadata describe `{gone}.*, which is missing"):
        verify(packed(kept, tmp_path))


def test_figures_removed_with_their_description_are_noticed(capsule, tmp_path):
    kept = {
        name: content
        for name, content in members_of(capsule).items()
        if not name.startswith("figures/")
    }
    metadata = json.loads(kept[METADATA])
    metadata["@graph"] = [
        each for each in metadata["@graph"] if not each["@id"].startswith("figures/")
    ]
    found = verify(packed({**kept, METADATA: json.dumps(metadata).encode()}, tmp_path))
    assert len(found.changed_files) == 6
    assert not found.same


def test_data_have_their_own_licence_and_are_parts_where_they_have_an_address(capsule):
    def graph_of(name):
        study = find_study(name, None)
        return {each["@id"]: each for each in _metadata(study, {}, date(2026, 1, 1))["@graph"]}

    voters = graph_of("us-voters-1996")
    assert voters["#statsmodels/anes96"]["@type"] == "CreativeWork"
    assert {"@id": "#statsmodels/anes96"} in voters["./"]["mentions"]
    assert voters["./"]["hasPart"] == []
    assert (
        voters[voters["#statsmodels/anes96"]["license"]["@id"]]["name"]
        == "public domain, as the package states"
    )
    men = graph_of("masculinity-2018")
    (rows,) = (each for each in men.values() if each.get("name") == "masculinity-2018/responses")
    assert rows["@id"].startswith("https://")
    assert rows["license"] == {"@id": "https://spdx.org/licenses/CC-BY-4.0"}


def test_a_capsule_whose_data_are_not_here_says_why(capsule, tmp_path):
    members = members_of(capsule)
    toml = f"surveys/{STUDY}/study.toml"
    members[toml] += b'\n[files.answers]\npath = "none.csv"\n'
    metadata = json.loads(members[METADATA])
    for entity in metadata["@graph"]:
        if entity["@id"] == toml:
            entity["sha256"] = hashlib.sha256(members[toml]).hexdigest()
    members[METADATA] = json.dumps(metadata).encode()
    printed = diplab("verify", str(packed(members, tmp_path)), "--yes", code=3)
    assert "not run, the file answers is not available (none.csv: file not found)" in printed
    assert "DIPLAB_DATA" in printed


def test_what_is_no_capsule_is_refused(capsule, tmp_path):
    with pytest.raises(
        DataError, match=r"Its member `results.csv` differs from the one in its metadata"
    ):
        verify(
            altered(capsule, tmp_path, RESULTS, lambda content: content + b"x\n", described=False)
        )
    with pytest.raises(DataError, match=r"The file does not exist"):
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
    path.write_text(
        path.read_text(encoding="utf-8") + '\n[files.answers]\npath = "none.csv"\n',
        encoding="utf-8",
    )
    comparison = dl.reproduce(STUDY, studies=folder.parent)
    with pytest.raises(StudyError, match="It was not run"):
        pack(
            tmp_path / "c.zip",
            find_study(STUDY, folder.parent),
            comparison,
            tmp_path,
            date(2026, 1, 1),
        )
    assert not Path(tmp_path / "c.zip").exists()
