"""Columns that say who people are, and their pseudonyms."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import runpy
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import diplab as dl
from diplab.errors import ColumnError, OptionError
from diplab.microdata.identifiers import _NAMES, _WITHIN, FORMS, WORDS
from diplab.microdata.microdata import LinkedTable
from diplab.microdata.missing import MissingCodes

KEY = "a secret that nobody guesses"


def with_key(digits: str) -> str:
    """Return digits and the last one, with which the sum of Luhn is a multiple of ten."""
    doubled = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)
    total = sum(
        doubled[int(each)] if place % 2 == 0 else int(each)
        for place, each in enumerate(reversed(digits))
    )
    return f"{digits}{-total % 10}"


def one(column: Any, name: str = "q1", **about: Any) -> dl.Microdata:
    return dl.Microdata(pd.DataFrame({name: column}), dl.Codebook().described(name, **about))


def kinds(data: dl.Microdata) -> list[tuple[str, str]]:
    return [(kind, why) for _, kind, why, _ in data.identifiers().frame.itertuples(index=False)]


def test_forms_of_cells() -> None:
    forms: dict[str, list[list[str]]] = {
        "e-mail": [
            ["ann@example.org", "no thanks"], ["you can write to ann.b+work@mail.example.co.uk, please", "x"],
        ],
        "IP address": [["192.0.2.1", "198.51.100.7"], ["2001:db8::8a2e:370:7334", "2001:db8::1"]],
        "phone": [
            ["06 12 34 56 78", "nothing"], ["0612345678"], ["+33 6 12 34 56 78"], ["0033612345678"],
            ["+33(0)6.12.34.56.78"], ["+49 30 1234567"], ["(555) 010-1234", "555-010-9999"],
        ],
        "worker id": [
            ["A1B2C3D4E5F6G7", "A2ZZZZZZZZZZZ9"], ["5f3c2a1b9d8e7f6a5b4c3d2e", "60fd2a1b9d8e7f6a5b4c3d2f"],
            ["0123456789ABCDEF0123456789ABCDEF", "FEDCBA98765432100123456789ABCDEF"],
        ],
        "bank account": [["FR76 3000 6000 0112 3456 7890 189"]],
        "place": [["48.8566,2.3522", "45.7640, 4.8357"], ["48.8566 2.3522 35 4.9"], ["POINT (2.3 48.8 35)"]],
        "response id": [["R_1abcDEF23ghiJKL", "R_2abcDEF23ghiJKL"], ["uuid:123e4567-e89b-12d3-a456-426614174000"]],
        "company number": [
            # 732829320 00074 is the example of the French administration; 356000000 is La Poste, of
            # which 35600000000048 has the key, and the digits of 35600000049837 sum to 45
            ["732 829 320 00074", "35600000049837", "35600000000048", with_key("7328293200008"), "44306184100047"],
            [float(with_key(f"{first}{rest}")) for first in range(3, 9) for rest in (2829320, 5600010)],
        ],
        "account": [
            ["https://www.linkedin.com/in/ann-b-12/", "x"], ["malt.fr/profile/annb"],
            ["@annb", "@b_o", "@cy", "@dee", "@ed"],
        ],
        "number plate": [
            ["AA-123-AA", "BB 234 CD", "AB123CD", "123 ABC 75", "2045 TR 2A"],
        ],
        "address": [
            [
                "12 avenue Foch, 69123 Lyon", "3 bis rue de l’Église", "5, place du Général de Gaulle 75002 PARIS",
                "12 rue victor hugo 75011 paris", "221 Baker Street, London", "10 Elm Ave, Springfield, IL 62704",
            ],
        ],
        "birth date": [
            [f"12/05/{year}" for year in range(1960, 1975)], [dt.date(year, 1, 2) for year in range(1950, 1965)],
        ],
    }  # fmt: skip
    for kind, columns in forms.items():
        assert [kinds(one(cells)) for cells in columns] == [[(kind, "content")]] * len(columns)


def test_the_key_of_a_french_social_security_number() -> None:
    """Sex 2, May 1990, department 75, commune 056, rank 001: 97 - 2900575056001 mod 97; a wrong key is none."""
    key = 97 - 2900575056001 % 97
    assert kinds(one([f"2 90 05 75 056 001 {key:02d}"])) == [("national number", "content")]
    assert kinds(one([float(f"2900575056001{key:02d}"), np.nan])) == [
        ("national number", "content")
    ]
    assert kinds(one([f"2 90 05 75 056 001 {(key + 1) % 97:02d}"])) == []
    # in Corsica 2A is counted as 19, 2B as 18
    corsica = 97 - 2900519056001 % 97
    assert kinds(one([f"290052A056001{corsica:02d}"])) == [("national number", "content")]


def test_columns_recognised_by_how_their_cells_differ() -> None:
    """Thirteen digits of a social security number, mobile phones that lost their zero, first and last names."""
    numbers = [1600575056001 + year * 10**10 for year in range(12)]
    phones = [600000000 + each * 12_345_678 for each in range(12)]
    people = [
        "Anne Le Goff",
        "BERNARD Marie-Claire",
        "Jean Dupont",
        "Olivia Okafor",
        "Karim Haddad",
        "Tom Zhu",
    ]
    people += ["Julie Kaci", "Sarah O'Neill", "Luc Petit", "Emma van Dam", "Xi Li", "Zed Abc"]
    for cells, kind in ((numbers, "national number"), (phones, "phone"), (people, "person's name")):
        assert kinds(one(cells)) == [(kind, "content")]
        assert kinds(one(list(map(str, cells)))) == [(kind, "content")]
    assert (
        kinds(one([each.split()[-1] for each in ("x Jean", "x Marie", "x Paul")] * 4)) == []
    )  # too few differ
    moments = [1_700_000_000_000 + each * 10**9 for each in range(12)]
    running = [600_000_000 + each for each in range(40)]
    for cells in (
        moments,
        running,
        ["Chef Projet", "Saint Denis", "Data Analyst", "New York", "Web Designer"] * 9,
    ):
        assert kinds(one(cells)) == []
    assert kinds(one([f"0{each}" for each in range(100_000_000, 900_000_000, 31_234_567)])) == [
        ("phone", "content")
    ]
    assert (
        kinds(one([f"00{each}" for each in (12345678901, 91234567890)] + ["x"] * 20)) == []
    )  # codes of products


def test_a_file_of_200_columns() -> None:
    """`benchmarks/identifiers.py` made it: half of its columns identify people, half look as if."""
    script = runpy.run_path(str(Path(__file__).parents[2] / "benchmarks" / "identifiers.py"))
    cells = script["Cells"](script["HELD_OUT"], script["OTHER_FRENCH"], script["OTHER_ENGLISH"])
    data, people = script["made"](cells, 100, held_out=True)
    found = set(data.identifiers().columns)
    assert (data.frame.shape[1], len(people)) == (200, 100)
    assert len(found - people) < 5
    assert len(found & people) >= 95


def test_names_labels_and_kinds_of_columns() -> None:
    names = {
        "e-mail": "Email|RecipientEmail|adresse e-mail|courriel|e-mail 2", "IP address": "IPAddress|ipaddr",
        "phone": "telephone|Téléphone portable|tel_portable",
        "worker id": "workerId|WORKER_ID|PROLIFIC_PID|Participant id",
        "person's name": "nom|Prénom|prenom_2|nom_famille|Nom et prénom|Votre nom|Quel est votre nom ?|signature",
        "place": "LocationLatitude", "access code": "token",
        "response id": "Identifiant", "company number": "siret|SIREN|no_siret", "birth date": "ddn|datnais",
        "national number": "num_secu|numero_ss", "file number": "matricule|num_allocataire",
        "number plate": "immatriculation", "postcode": "code_postal|cp", "account": "login|nom d'utilisateur",
        "": "ip_addr|age|employer|nombre|description|income|platform name|nom_entreprise|nb_tel|nom de domaine",
    }  # fmt: skip
    cells = [f"answer {number}" for number in range(20)]
    for kind, several in names.items():
        for name in several.split("|"):
            assert kinds(one(cells, name)) == ([(kind, "name")] if kind else []), name
    assert kinds(one(cells, label=dl.Text("Votre courriel", "Your e-mail"))) == [
        ("e-mail", "label")
    ]
    question = dl.Text.same("Quel est votre nom ? (en capitales)")
    assert kinds(one([f"Jean{n} Dupont" for n in range(60)], "q01", label=question)) == [
        ("person's name", "label")
    ]
    assert (
        kinds(
            one(
                ["every day", "never", "weekly"] * 9,
                label=dl.Text.same("How often do you read your e-mail?"),
            )
        )
        == []
    )
    every = {*_NAMES, *_WITHIN.values(), *(each.kind for each in FORMS), "name", "label", "content"}
    assert every == set(WORDS.section("identifier"))


def test_what_is_no_identifier() -> None:
    for data in (
        one(["yes", "no"] * 20, "phone"),  # whether people have one
        *(
            one(pd.Categorical(["yes", "no"] * n, ["yes", "no", *"abcdefghijk"]), "phone")
            for n in (20, 2_000)
        ),
        one([0, 1] * 20, "email"),
        one([True, False], "email"),
        one([1, 2, 3], "telephone", values={1: dl.Text("jamais", "never")}),
        one([1200.5, 612345678, 1_250_000.0] * 5, "income"),
        one(["12:30", "08:15"], "start"),
        one(["2024-01-05 10:00:00", "2024-01-06 11:30:00"], "day"),
        one(["1.2.3", "10.0.19045"], "version"),
        one(["ADMINISTRATION", "ADMINISTRATEUR"], "job"),
        one(["$40,000 - $49,999", "40 000 - 49 999"], "band"),
        one(["5f3c2a1b9d8e7f6a5b4c3d2e"] * 9, "form"),  # of the form, not of people
        one([None, None], "email"),
        one(["2024-05-0612345678"], "x"),
    ):
        assert kinds(data) == []
        assert data.identifiers().columns == []


def test_identifiers_are_shown_without_cells_in_both_languages(refused) -> None:
    data = one(["ann@example.org", "<b>@x"], "contact")
    shown = repr(data.identifiers()) + data.identifiers()._repr_html_()
    assert "ann" not in shown
    assert "1 column may say who people are" in shown
    found = one(["ann@example.org", "x"], "contact").identifiers(language="fr")
    assert found.frame.values.tolist() == [["contact", "e-mail", "content", 1]]
    shown = repr(found)
    assert "adresse électronique contenu" in " ".join(shown.split())
    assert shown.endswith(
        "1 colonne peut dire qui sont les personnes : retirez-la, ou écrivez `data.pseudonymise`."
    )
    assert repr(one([1, 2]).identifiers(language="fr")) == (
        "Aucune colonne n’a été reconnue comme un identifiant. Les réponses rédigées peuvent en "
        "contenir."
    )
    refused(lambda: one([1, 2]).identifiers(language="French"), OptionError)


def test_real_files(shared: Path) -> None:
    """Names of R's schools and ids of a platform are pointed out; incomes, ages, states and dates are not."""
    read = {
        "data/open/berke-2024/data/survey-data/survey.csv": ["ResponseId"],
        "data/loaders/surveymonkey/masculinity_raw_responses.csv": [],
        "data/design/ce2015_rpms.csv.gz": None,
        "data/loaders/haven/spss/labelled-num-na.sav": [],
        "data/loaders/kobo/data_sm.csv": ["full_name", "instanceID", "deprecatedID", "_uuid"],
    }
    for path, columns in read.items():
        if columns is not None:
            assert [
                each for each in dl.read(shared / path).identifiers().columns if each != "uuid"
            ] == columns


def test_pseudonyms(refused) -> None:
    data = one(["A1", None, "A2"], "worker").pseudonymise("worker", KEY)
    expected = hmac.new(KEY.encode(), b"a1", hashlib.sha256).hexdigest()[:20]
    assert data.frame["worker"][0] == expected
    assert data.frame["worker"].isna().tolist() == [False, True, False]
    assert data.frame["worker"].dropna().str.fullmatch("[0-9a-f]{20}").all()
    numbers = one([12.0, np.nan, 7.0], "id").pseudonymise(["id"], KEY).frame["id"]
    whole = one([7, 12], "id").pseudonymise(["id"], KEY).frame["id"]
    words = one(["12"], "id").pseudonymise(["id"], KEY.encode()).frame["id"]
    assert numbers[0] == whole[1] == words[0]
    assert numbers[2] == whole[0]
    assert one([12], "id").pseudonymise("id", "another secret of mine").frame["id"][0] != whole[1]
    children = dl.Microdata(pd.DataFrame({"parent": ["p2", "p1"]}), dl.Codebook())
    data = dl.Microdata(
        pd.DataFrame({"key": ["p1", "p2"]}),
        dl.Codebook(),
        linked={"children": LinkedTable(children, "key", "parent")},
    ).pseudonymise("key", KEY)
    assert (
        data.linked["children"].table.frame["parent"].tolist() == data.frame["key"].tolist()[::-1]
    )
    data = dl.Microdata(pd.DataFrame({"email": ["a@example.org", "b@example.org"]}), dl.Codebook())
    assert data.identifiers().columns == ["email"]
    assert data.pseudonymise("email", "a key of sixteen or more").identifiers().columns == []
    data = one(["A1"], "worker")
    refused(lambda: data.pseudonymise("worker", "short"), OptionError)
    refused(lambda: data.pseudonymise([], KEY), OptionError)
    refused(lambda: data.pseudonymise("wroker", KEY), ColumnError)


def test_writings_of_one_word_have_one_pseudonym() -> None:
    writings = [
        "Zoé  Le Goff",
        "zoé le goff",
        " ZOÉ LE GOFF\t",
        "Zoe\u0301 le\u00a0goff",
        "ZOE\u0301 Le Goff",
    ]
    people = one([*writings, "Zoe Le Goff"], "who")
    assert (
        people.pseudonymise("who", KEY).frame["who"].nunique() == 2
    )  # without its accent it is another name
    exact = people.pseudonymise("who", KEY, normalise=False).frame["who"]
    assert exact.nunique() == 6
    assert (
        exact[0] == hmac.new(KEY.encode(), "Zoé  Le Goff".encode(), hashlib.sha256).hexdigest()[:20]
    )
    folded = "zoé le goff".encode()
    assert (
        people.pseudonymise("who", KEY).frame["who"][0]
        == hmac.new(KEY.encode(), folded, "sha256").hexdigest()[:20]
    )
    alike = {one([value]).pseudonymise("q1", KEY).frame["q1"][0] for value in (5, "5", 5.0, " 5 ")}
    assert len(alike) == 1


def test_what_the_codebook_remembers_of_pseudonyms() -> None:
    book = dl.Codebook(reasons={"id": {"revoked": 1}}).described(
        "id", values={1: dl.Text.same("Ann")}, missing={99: "revoked"}, measure="scale"
    )
    data = dl.Microdata(
        pd.DataFrame({"id": [1.0, np.nan], "age": [31, 40]}),
        book,
        {"id": MissingCodes((99,), np.array([-1, 0]))},
    ).pseudonymise("id", KEY)
    about = data.codebook["id"]
    assert (about.values, about.missing) == ({}, {99: "revoked"})
    assert (about.measure, about.storage) == ("nominal", "words")
    assert data.codebook.reasons == {"id": {"revoked": 1}}
    assert data.missing["id"].codes == (99,)
    (step,) = data.codebook.steps
    assert (step.kind, step.variables, step.rows) == ("pseudonymise", ("id",), 1)
    assert step.words.en == "Pseudonyms (HMAC-SHA-256, key kept apart): id"
    assert KEY not in repr(vars(data.codebook))
    assert "Ann" not in repr(vars(data.codebook))
    assert data.frame["age"].tolist() == [31, 40]


UNTELLING = [f"zq{place:03d}" for place in range(60)]
COMPOUND = {
    "person's name": "nom_conjoint|Prénom de l’enfant|prenom_enfant_2|partner_name|Name of your child|NomMere"
    "|Comment vous appelez-vous ?",
    "contact details": "Merci de laisser vos coordonnées|Contact details, please|Comment pouvons-nous vous joindre ?",
    "file number": "identifiant_caf|carte vitale|Matricule salarié",
    "account": "id_uber|pseudo_discord|compte Telegram|Lien vers votre profil Malt",
    "place": "iris|code_insee|DEPCOM|lieu_naissance|Ville et rue|What is your place of birth?",
}


@pytest.mark.parametrize(
    ("kind", "names"), [(kind, names.split("|")) for kind, names in COMPOUND.items()]
)
def test_names_that_say_what_identifies_and_whom(kind: str, names: list[str]) -> None:
    for name in names:
        assert kinds(one(UNTELLING, name)) == [(kind, "name")], name


def test_names_alike_that_identify_nobody() -> None:
    innocent = {
        "nombre_enfants": [0, 1, 2], "nom_plateforme": ["Uber", "Malt", "Wirk"], "compte_uber": ["oui", "non"],
        "enfants": ["aucun", "un", "deux"], "profession_conjoint": ["cadre", "ouvrier", "aucune"],
    }  # fmt: skip
    for name, answers in innocent.items():
        assert kinds(one(answers * 20, name)) == [], name


IDENTIFYING = (
    "Dans quelle rue habitez-vous ?|À quelle adresse recevez-vous votre courrier ?|Dans quel "
    "immeuble habitez-vous ?"
    "|Nom marital|Comment se prénomment vos enfants ?|Commune de résidence|Dans quelle commune "
    "habitez-vous|Lieu-dit"
    "|Nom du quartier|Code IRIS du logement|À quelle date êtes-vous né ?|Raison sociale|Nom de "
    "votre employeur"
    "|latitude_domicile|cp_residence|nir_hache|What street do you live in?|Which building do you "
    "live in?"
    "|Mother's maiden name|What are your children called?|WhatsApp|last4_ssn|Tax file "
    "number|Driver licence number"
    "|Payroll number|Badge number|Case number|Medical record number|mrn|GPS "
    "coordinates|home_lat|home_lon"
    "|Town of residence|Census tract|block_group|When exactly were you born?|Employer "
    "name|mail_address|device_id"
    "|cookie_id|user_agent|Ville de résidence|Which town do you live in?|Customer number"
    "|Nom de l’employeur actuel|LinkedIn"
)
INNOCENT = (
    "avis_rue|Sécurité dans la rue|Vendeur de rue|Travail dans la rue|Street safety|Street "
    "work|Street lighting"
    "|rue_bruit"
    "|Opinion sur votre commune|Taille de la commune|Type de commune|Satisfaction envers la "
    "commune|commune_rurale"
    "|Services de la commune|Ville ou campagne|Aimez-vous votre quartier "
    "?|quartier_prioritaire|Ambiance du quartier"
    "|Neighbourhood satisfaction|City size|Town or country|Trust in city council|Village "
    "type|employer type"
    "|Employer size|Employer contribution|Trust in your employer|type_employeur|Taille de "
    "l’entreprise|Statut employeur"
    "|Secteur de l’entreprise|Company size|Company car|Organisation du travail|building "
    "type|Building age"
    "|Type d’immeuble"
    "|Année de construction de l’immeuble|Étage de l’immeuble|Building work|date of interview|Date "
    "de l’enquête"
    "|date_entree|Date of hire|Start date|Date du dernier emploi|Year of arrival|When did you "
    "start?"
    "|Quand avez-vous commencé ?|Birth order|Country where born|Number of births|Born abroad|Nés "
    "en France"
    "|Number of children|Nombre d’enfants|Enfants à charge|Children at home|Called in sick|Times "
    "called this week"
    "|Marital status|Situation maritale|Statut marital|Maternity leave|Raison du départ|Raisons de "
    "ce choix"
    "|Reason for leaving|Social reasons|Catégorie sociale|Sécurité de l’emploi|Number of "
    "badges|Badges earned"
    "|Payroll tax|Payroll size|Number of cases|Worst case|In any case|Medical expenses|Medical "
    "leave|Number of clients"
    "|Nombre de clients|Customer satisfaction|Client rating|Policy opinion|Tax paid|Tax "
    "bracket|Driver status"
    "|Driving hours|Licence type|National pride|File size|Device type|Device used|Cookie "
    "consent|Browser"
    "|Appareil utilisé"
    "|User satisfaction|Agent type|Work from home|Home ownership|Type de logement|Logement "
    "social|Residence status"
    "|Long hours|Long commute|Use of GPS|Mail volume|Building the team|Whats new|Block of "
    "flats|Group size"
    "|Nom_plateforme|Nom de l’entreprise"
)


def test_questions_and_names_that_identify_and_others_of_the_same_words() -> None:
    assert [name for name in IDENTIFYING.split("|") if not kinds(one(UNTELLING, name))] == []
    assert [name for name in INNOCENT.split("|") if kinds(one(UNTELLING, name))] == []


LAST = (
    *(
        "MARTIN",
        "BERNARD",
        "DUPONT",
        "Lefèvre",
        "TRAORE",
        "Benali",
        "Moreau",
        "Kowalczyk",
        "Zidane",
        "Rousseau",
    ),
    *("Patel", "Nguyen", "O’Brien", "Guérin"),
)


def test_names_and_wallets_by_their_cells() -> None:
    lasts = [LAST[place % len(LAST)] for place in range(56)]
    firsts = ("Marie", "Jean", "Karim", "Priya", "Wei")
    turned = [f"{last.upper()}, {firsts[place % 5]}" for place, last in enumerate(lasts)]
    letters = np.random.default_rng(5)
    ether = [f"0x{letters.bytes(20).hex()}" for _ in range(30)]
    assert kinds(one(lasts, "q01")) == kinds(one(turned, "q02")) == [("person's name", "content")]
    assert kinds(one(ether, "q03")) == [("wallet", "content")]


def test_a_name_within_an_open_text() -> None:
    for told in (
        "mon collègue Karim Benali m'a aidé à m'inscrire",
        "Je m'appelle Zoltan Kovacs et je roule à vélo",
        "please call Mrs Whitfield about it",
    ):
        assert kinds(one(["rien à ajouter sur ce sujet"] * 50 + [told], "q01")) == [
            ("person's name", "content")
        ]
    for innocent in (
        "je livre surtout rue Victor Martin, près de chez moi",
        "Je suis Française et fière de mon travail",
        "M. le maire devrait agir plus vite",
        "au lycée Jean Martin c'était mieux",
    ):
        assert kinds(one(["rien à ajouter sur ce sujet"] * 50 + [innocent], "q01")) == []


def test_labels_that_each_distinguish_a_person_are_answers(tmp_path: Path) -> None:
    # as `encode` of Stata and the categories of pandas make of names
    frame = pd.DataFrame(
        {
            "nom": pd.Categorical([f"P{number}" for number in range(30)]),
            "town": pd.Categorical(["Pau", "Lyon"] * 15),
            "phone": pd.Categorical(["yes", "no", "none"] * 10),
        }
    )
    frame.to_stata(tmp_path / "a.dta", write_index=False)
    data = dl.read(tmp_path / "a.dta")
    assert data.identifiers().columns == ["nom"]
    assert any("`nom`" in each.en for each in data.codebook.origin.notices)
    hidden = data.pseudonymise("nom", key="z" * 20)
    assert (dict(hidden.codebook["nom"].values), len(hidden.codebook["town"].values)) == ({}, 2)
