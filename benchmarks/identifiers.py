"""Which of 200 columns identify people: precision and recall of `data.identifiers()` on a file made with a seed.

    python benchmarks/identifiers.py [--rows 300] [--seed 20261129] [--held-out | --faker] [--speed]

Half of the columns identify people, in 22 kinds: for most a name in French, one in English, a
question as a label over a name that says nothing, and one or two columns of which nothing but the
cells says anything. The others are innocent and look alike: amounts, codes, dates, durations,
references, titles, names of platforms, and what people answer about telephones and addresses. A
column is right or wrong as a whole, whatever the kind that was found. `--held-out` takes other
names of columns, people, streets and towns and another seed; `--faker` takes the cells of the kinds
that the package Faker knows from it (it is no dependency: `pip install faker`). What was missed and
what was wrongly pointed out is named. `--speed` times 200,000 rows of 50 columns.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd

import diplab as dl

SEED, HELD_OUT = 20261129, 7
# first names, last names, streets and towns; `&` is a blank
FRENCH = """
Jean Marie Nathalie Mohamed Léa Chloé Hugo Thibault Fatou Aïcha Yannick Maëlle Gwenaëlle Karim Sofia Lucas Inès Anne-Sophie Jean-Baptiste Véronique Didier Mamadou Océane Killian Solène Rachid Élodie Loïc Bérénice Augustin
Martin Dupont Lefèvre Traoré Benali Moreau Garnier Chevalier Diallo Haddad Rousseau Pelletier Nguyen Da&Silva Le&Goff Fontaine Guérin Boucher Lacroix Perrin Masson Delattre Bouvier Roussel Kaci Marchand Besson Poirier
Victor&Hugo de&la&République des&Lilas du&Général&Leclerc Jean&Jaurès des&Écoles Pasteur du&Moulin de&l’Église
Paris Lyon Le&Mans Saint-Étienne Nantes Lille Pau Aubervilliers Brest Villeurbanne Tours Albi
"""
ENGLISH = """
John Mary Priya Wei Ashley Tyler Brandon Olivia Rahul Deepak Shannon Latoya Carlos Emma Noah Gavin Imogen Callum Megan Sunita Keith Heather Oluwaseun Kimberly Jamal Siobhan Rhys Beatrice Zachary Paige
Smith Johnson Patel Kumar Nguyen O'Brien Garcia Williams McDonald Singh Taylor Walker Okafor Chen Murphy Bennett Hughes Campbell Reynolds Fitzgerald Kaur Bailey Sullivan Brooks Osborne Whitaker Doyle Pearce
Maple Church High Baker Washington Elm Victoria Park Lincoln Mill Sunset Queens Highland
London Springfield Leeds Austin Boston Bristol Denver Portland Cardiff Tucson Glasgow Fresno
"""
OTHER_FRENCH = """
Pierre Camille Sébastien Manon Thierry Khadija Bastien Margaux Ibrahim Émilie Corentin Sylvie Yasmine Florian Aude Ludovic Clémence Amadou Perrine Gérard Lucie Nadia Tristan Ophélie Christophe Marguerite Youssef Apolline Rémi Zoé
Bernard Petit Girard Mercier Cissé Belkacem Faure Renault Colin Picard Hamdi Aubry Tessier Vasseur Lemoine Roy Barbier Gaillard Koné Maillard Schmitt Pruvost Cordier Blanchard Tanguy Meunier Descamps Ferreira
Gambetta du&Port des&Acacias de&Verdun Émile&Zola Saint-Michel des&Tilleuls du&Stade de&la&Gare Voltaire
Marseille Toulouse Bordeaux Angers Rouen Metz Dijon Cergy Quimper Perpignan Créteil Vannes
"""
OTHER_ENGLISH = """
James Linda Arjun Mei Brittany Kyle Derek Chloe Vikram Anjali Colleen Tanisha Diego Hannah Ethan Trevor Phoebe Lewis Courtney Lakshmi Stuart Melissa Chidi Stephanie Darnell Niamh Owen Harriet Nathaniel Brooke
Brown Davis Shah Reddy Tran O'Connor Lopez Jones MacLeod Gill Clark Young Adeyemi Wang Kelly Foster Evans Stewart Hayes Fitzpatrick Dhillon Cooper Donovan Jenkins Hawkins Whitfield Byrne Atkins
Oak Station King Cedar Jefferson Walnut Albert Lake Franklin Bridge Ocean Princes Ridge
Manchester Salem Sheffield Dallas Seattle Exeter Omaha Phoenix Swansea Tampa Dundee Oakland
"""
STRANGE = {
    "å": "a",
    "é": "e",
    "è": "e",
    "ë": "e",
    "ï": "i",
    "É": "E",
    "’": "",
    "'": "",
    " ": "",
    "-": "",
}


def bare(words: str) -> str:
    """Return words as they stand in an address of e-mail."""
    return "".join(STRANGE.get(letter, letter) for letter in words).lower()


def luhn(digits: str) -> str:
    """Return digits with their key (ISO 7812)."""
    total = sum(
        sum(divmod(int(each) * (2 - place % 2), 10)) for place, each in enumerate(reversed(digits))
    )
    return digits + str(-total % 10)


class Cells:
    """Makers of one cell each, by kind."""

    def __init__(self, seed: int, french: str, english: str) -> None:
        self.random = np.random.default_rng(seed)
        named = {"fr": french, "en": english}
        self.lists = {
            tongue: [line.split() for line in lines.strip().splitlines()]
            for tongue, lines in named.items()
        }

    def one(self, items: Any) -> Any:
        found = items[int(self.random.integers(len(items)))]
        return found.replace("&", " ") if isinstance(found, str) else found

    def number(self, low: int, high: int) -> int:
        return int(self.random.integers(low, high))

    def digits(self, count: int) -> str:
        return "".join(map(str, self.random.integers(0, 10, count)))

    def letters(self, count: int, alphabet: str = "ABCDEFGHJKLMNPQRSTVWXYZ") -> str:
        return "".join(self.one(alphabet) for _ in range(count))

    def first(self, tongue: str) -> str:
        return self.one(self.lists[tongue][0])

    def last(self, tongue: str) -> str:
        return self.one(self.lists[tongue][1])

    def person(self, tongue: str) -> str:
        first, last = self.first(tongue), self.last(tongue)
        return self.one(
            [
                f"{first} {last}",
                f"{first} {last}",
                f"{last.upper()} {first}",
                f"{first} {self.first(tongue)} {last}",
            ]
        )

    def street(self, tongue: str) -> str:
        street, town = self.one(self.lists[tongue][2]), self.one(self.lists[tongue][3])
        if tongue == "en":
            way = self.one(["Street", "St", "Road", "Ave", "Avenue", "Lane", "Drive"])
            end = self.one(
                [
                    f", {town}",
                    f", {town}, {self.one(['IL', 'TX', 'CA', 'OR'])} {self.digits(5)}",
                    "",
                ]
            )
            return f"{self.number(1, 2500)} {street} {way}{end}"
        way = self.one(
            ["rue", "avenue", "bd", "boulevard", "place", "chemin", "impasse", "allée", "Rue"]
        )
        end = self.one(
            [
                f", {self.postcode('fr')} {town}",
                f" {self.postcode('fr')} {town.upper()}",
                f", {town}",
                "",
            ]
        )
        return f"{self.number(1, 180)}{self.one(['', '', ',', ' bis'])} {way} {street}{end}"

    def postcode(self, tongue: str) -> str:
        return (
            f"{self.number(1, 96):02d}{self.number(0, 100):02d}0"
            if tongue == "fr"
            else f"{self.number(501, 99950):05d}"
        )

    def email(self, tongue: str) -> str:
        host = self.one(
            ["gmail.com", "orange.fr", "yahoo.co.uk", "free.fr", "univ-lyon2.fr", "outlook.com"]
        )
        return f"{bare(self.first(tongue))}.{bare(self.last(tongue))}{self.one(['', self.digits(2)])}@{host}"

    def ip(self, tongue: str) -> str:
        return ".".join(str(self.number(1, 255)) for _ in range(4))

    def phone(self, tongue: str) -> str:
        if tongue == "en":
            return self.one(
                [
                    f"({self.number(201, 989)}) 555-{self.digits(4)}",
                    f"+44 7{self.digits(3)} {self.digits(6)}",
                ]
            )
        pairs = [f"0{self.one('67')}", *(self.digits(2) for _ in range(4))]
        return self.one([" ", "", ".", "-"]).join(pairs)

    def short_phone(self, tongue: str) -> int:
        return int(f"{self.one('667')}{self.digits(8)}")

    def birth(self, tongue: str) -> str:
        day = pd.Timestamp("1955-01-01") + pd.Timedelta(days=self.number(0, 18_000))
        return f"{day:%d/%m/%Y}" if tongue == "fr" else f"{day:%Y-%m-%d}"

    def nir13(self, tongue: str) -> str:
        sex, year, month = self.one("12"), self.digits(2), f"{self.number(1, 13):02d}"
        return f"{sex}{year}{month}{self.number(1, 96):02d}{self.number(1, 600):03d}{self.number(1, 999):03d}"

    def nir15(self, tongue: str) -> str:
        number = self.nir13(tongue)
        whole = f"{number}{97 - int(number) % 97:02d}"
        return self.one(
            [
                whole,
                (
                    f"{whole[0]} {whole[1:3]} {whole[3:5]} {whole[5:7]} {whole[7:10]} {whole[10:13]} "
                    f"{whole[13:]}"
                ),
            ]
        )

    def siren(self, tongue: str) -> str:
        return luhn(f"{self.one('3458')}{self.digits(7)}")

    def siret(self, tongue: str) -> str:
        whole = luhn(f"{self.siren(tongue)}{self.number(1, 40):05d}"[:13].ljust(13, "0"))
        return self.one([whole, f"{whole[:3]} {whole[3:6]} {whole[6:9]} {whole[9:]}"])

    def iban(self, tongue: str) -> str:
        country, account = ("FR", self.digits(23)) if tongue == "fr" else ("DE", self.digits(18))
        number = int("".join(str(int(letter, 36)) for letter in f"{account}{country}00"))
        return f"{country}{98 - number % 97:02d}{account}"

    def worker(self, tongue: str) -> str:
        if tongue == "fr":
            return self.letters(24, "0123456789abcdef")
        return f"A{self.letters(6, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789')}{self.digits(1)}{self.letters(6)}"

    def profile(self, tongue: str) -> str:
        who = f"{bare(self.first(tongue))}-{bare(self.last(tongue))}"
        if tongue == "fr":
            return self.one(
                [
                    f"https://www.linkedin.com/in/{who}-{self.digits(6)}/",
                    f"https://www.malt.fr/profile/{bare(who)}",
                ]
            )
        return self.one(
            [
                f"www.facebook.com/{bare(who)}",
                f"https://github.com/{who}",
                f"https://x.com/{bare(who)}",
            ]
        )

    def handle(self, tongue: str) -> str:
        return f"@{bare(self.first(tongue))}{self.one(['', '_'])}{self.one([bare(self.last(tongue)), self.digits(3)])}"

    def plate(self, tongue: str) -> str:
        if tongue == "en":
            return f"{self.number(100, 999)} {self.letters(3)} {self.number(1, 96):02d}"
        return self.one("- ").join((self.letters(2), self.digits(3), self.letters(2)))

    def login(self, tongue: str) -> str:
        return f"{bare(self.first(tongue))[:1]}{bare(self.last(tongue))}{self.one(['', self.digits(2)])}"

    def staff(self, tongue: str) -> str:
        return f"{self.one('MBK')}{self.digits(6)}" if tongue == "fr" else self.digits(7)

    def told(self, tongue: str) -> str:
        if self.random.random() < 0.93:
            return self.one(
                [
                    "rien à ajouter",
                    "No comment.",
                    "Merci pour cette enquête",
                    "pay is too low",
                    "trop long",
                ]
            )
        return self.one(["vous pouvez m’écrire : {}", "reach me at {} please"]).format(
            self.one([self.email(tongue), self.phone("fr")])
        )


# by maker: a name in French, one in English, a question; the same held out; the language of the
# question, and how many columns say nothing but by their cells
PEOPLE = """
email|courriel_contact|Email address|Votre adresse électronique|adresse_mel|contact_email|À quelle adresse e-mail pouvons-nous vous joindre ?|fr|2
ip|adresse_ip|IPAddress|Your IP address|ip_repondant|remote_ip|Adresse IP du répondant|en|2
phone|tel_portable|Mobile phone|Votre numéro de téléphone|telephone_mobile|cell_phone|At which phone number can we call you?|fr|2
short_phone|num_tel|phone_number|Numéro de portable|no_tel|tel1|Téléphone (portable de préférence)|fr|2
person|Nom et prénom|full_name|Quel est votre nom ?|nom_complet|respondent_name|Vos nom et prénom|fr|2
first|prenom_usuel|First name|What is your first name?|prénom|firstname|Votre prénom|en|1
last|nom_famille|maiden_name|Votre nom de naissance|nom_usage|surname|What is your family name?|fr|1
street|adr_postale|Home address|Quelle est votre adresse ?|adresse_domicile|street_address|Where do you live (full address)?|fr|2
postcode|code_postal|zip|What is your postcode?|cp|postcode|Code postal de votre domicile|en|1
birth|datnais|date_of_birth|Quelle est votre date de naissance ?|ddn|birthday|When were you born? (day, month, year)|fr|2
nir15|num_secu|social_security_nb|Votre numéro de sécurité sociale|nir|insurance_no|N° de sécurité sociale (avec la clé)|fr|2
nir13|numero_ss|NIR|Numéro de sécu (13 chiffres)|no_insee|nss|Votre numéro d’assuré social|fr|2
siret|siret_entreprise|SIRET|Quel est le SIRET de votre micro-entreprise ?|no_siret|company_siret|Votre numéro SIRET (14 chiffres)|fr|2
siren|num_siren|siren|Numéro SIREN|siren_ent|SIREN number|Le SIREN de votre entreprise|fr|2
iban|coord_bancaires|bank_account|Your IBAN, for the reward|rib|iban_account|Vos coordonnées bancaires (IBAN)|en|2
worker|id_prolific|WorkerId|What is your Prolific ID?|mturk_id|prolific_pid|Please enter your worker ID|en|2
profile|profil_linkedin|facebook_profile|Lien vers votre profil|url_profil|linkedin_url|Link to your profile page|fr|2
handle|compte_instagram|twitter_handle|Your Instagram account|pseudo_twitter|insta|Quel est votre compte TikTok ?|en|2
plate|immatriculation|licence_plate|Plaque d’immatriculation de votre véhicule|plaque|number_plate|Numéro d’immatriculation de votre scooter|fr|2
login|identifiant_connexion|username|Votre pseudonyme sur la plateforme|nom_utilisateur|user_login|What is your user name on the platform?|fr|1
staff|matricule|num_allocataire||no_matricule|numero_caf||fr|0
told|remarques|comments||autre_precision|anything_else||fr|0
"""


INNOCENT = """
pay|revenu_mensuel|monthly income|=Quel est votre revenu net mensuel ?|
turnover|revenu_annuel|annual_income|=Turnover of your business last year|
weight|poids|weight|=Pondération finale|
activity|code_naf|APE|
occupation|pcs_ese|
department|departement||=Code of the region
moment|date_debut|StartDate|submitted_at|
interview|date_entretien|interview_date|
hired|date_embauche|first_task_on|=Date of your first task
joined|date_adhesion|
seconds|unix_time|
milliseconds|page_timing_ms|
stamp|horodatage|
nine_digits|reference_produit|article_no|
nine_digits_in_words|code_barre|
fourteen_digits|ean14|
order|commande|order_number|
large_count|temps_total|duration_in_seconds|n_taches|
hours|hours_per_week|age|=Votre âge
rating|note_satisfaction|rating|nombre_enfants|nb_comptes
opinion|opinion_rue|trust_in_name_brands|=Mon nom de domaine est important
job|profession|job_title||=Your last job
town|ville_travail|city||=Commune
platform|nom_plateforme|platform name|=Nom de votre plateforme principale|company
title|film_prefere|favourite_movie|=Title of the last book that you read
yes_or_no|telephone|has_email|=Avez-vous un téléphone portable ?|signature
often|email_use|phone_use|=How often do you read your e-mail?|adresse_usage
clock|heure_debut|start_hour|
version|browser_version|
link|task_url|
hashtag|hashtag|
reference|product_ref|
count_of_streets|unites|
remark|remarque_libre|
"""
JOBS = [
    *(
        "Data Scientist",
        "Chef de Projet",
        "Project Manager",
        "Aide Soignante",
        "Web Designer",
        "Agent d’Accueil",
    ),
    "Sales Assistant",
]
TOWNS = [
    *(
        "Le Mans",
        "Saint Denis",
        "New York",
        "Los Angeles",
        "La Rochelle",
        "Clermont Ferrand",
        "San Diego",
    ),
    *("Paris", "Lyon", "Boston", "Pau"),
]
PLATFORMS = [
    *(
        "Amazon Mechanical Turk",
        "Foule Factory",
        "Click Worker",
        "Uber Eats",
        "Deliveroo",
        "Task Rabbit",
        "Wirk",
    ),
    "Yappers",
]
OPINIONS = ["Tout à fait d’accord", "Plutôt d’accord", "Pas d’accord", "Ne sait pas"]
REMARKS = ["Merci beaucoup", "Rien à dire", "Nothing to add", "It was long, 20 minutes", "RAS"]
TITLES = [
    "Red Grand Last Petit Silent Blue",
    "River Soleil Night Jardin Road",
    "Story Club Express Hotel",
]
USES = ["never", "once a week", "daily", *(f"{times} times a day" for times in range(2, 16))]
COUNTED = ["rues", "tâches par jour", "hours in a street", "avenues possibles"]


def innocent(cells: Cells, rows: int) -> Iterator[tuple[str, str, list[Any]]]:
    """Yield a hundred columns that identify nobody: their names (empty where they say nothing), labels and cells."""
    random, one, number, digits, letters = (
        cells.random,
        cells.one,
        cells.number,
        cells.digits,
        cells.letters,
    )

    def day(first: str, span: int, written: str) -> str:
        return f"{pd.Timestamp(first) + pd.Timedelta(minutes=number(0, 1440 * span)):{written}}"

    makers: dict[str, Callable[[], Any]] = {
        "pay": lambda: round(random.gamma(3, 500), 2),
        "turnover": lambda: round(random.gamma(3, 500) * 10 ** number(1, 6)),
        "weight": lambda: random.gamma(2, 0.5),
        "activity": lambda: f"{number(1, 97):02d}.{digits(2)}{letters(1)}",
        "occupation": lambda: f"{number(21, 69)}{number(1, 9)}{letters(1, 'abcdefg')}",
        "department": lambda: f"{number(1, 96):02d}",
        "moment": lambda: day("2024-03-01", 40, "%Y-%m-%d %H:%M:%S"),
        "interview": lambda: day("2024-03-01", 40, "%d/%m/%Y"),
        "hired": lambda: day("2014-01-01", 3600, "%Y-%m-%d"),
        "joined": lambda: day("2014-01-01", 3600, "%d/%m/%Y"),
        "seconds": lambda: 1_700_000_000 + number(0, 10**7),
        "milliseconds": lambda: 1_700_000_000_000 + number(0, 10**10),
        "stamp": lambda: int(day("2024-03-01", 40, "%Y%m%d%H%M%S")),
        "nine_digits": lambda: int(f"{number(1, 10)}{digits(8)}"),
        "nine_digits_in_words": lambda: f"{number(1, 10)}{digits(8)}",
        "fourteen_digits": lambda: int(f"{number(1, 10)}{digits(13)}"),
        "order": lambda: f"CMD-{number(2018, 2025)}-{digits(5)}",
        "large_count": lambda: number(1, 100_000),
        "hours": lambda: number(0, 90),
        "rating": lambda: number(1, 11),
        "opinion": lambda: one(OPINIONS),
        "job": lambda: one(JOBS),
        "town": lambda: one(TOWNS),
        "platform": lambda: one(PLATFORMS),
        "title": lambda: " ".join(one(words.split()) for words in TITLES),
        "yes_or_no": lambda: one(["oui", "non"]),
        "often": lambda: one(USES),
        "clock": lambda: f"{number(0, 24):02d}:{number(0, 60):02d}",
        "version": lambda: f"{number(1, 12)}.{number(0, 30)}.{number(0, 9)}",
        "link": lambda: f"https://www.mturk.com/projects/{letters(8)}/tasks",
        "hashtag": lambda: f"#{one(['travail', 'gig', 'microtask', 'work'])}",
        "reference": lambda: f"{number(1, 9)}0{digits(3)}{letters(2)}-{digits(2)}",
        "count_of_streets": lambda: f"{number(1, 40)} {one(COUNTED)}",
        "remark": lambda: one(REMARKS),
    }
    for line in INNOCENT.strip().splitlines():
        maker, *names = line.split("|")
        for written in names:
            name, _, label = written.partition("=")
            yield name, label, [makers[maker]() for _ in range(rows)]


def made(cells: Cells, rows: int, *, held_out: bool) -> tuple[dl.Microdata, set[str]]:
    """Return the file, and the names of the columns that identify people."""
    columns: dict[str, Any] = {}
    labels: dict[str, str] = {}

    def add(name: str, maker: str, tongue: str, label: str = "") -> None:
        make = getattr(cells, maker)
        name = name or f"q{len(columns):03d}"
        columns[name] = [
            None if cells.random.random() < 0.08 else make(tongue) for _ in range(rows)
        ]
        labels[name] = label

    for line in PEOPLE.strip().splitlines():
        maker, *named, asked, silent = line.split("|")
        french, english, question = named[3:] if held_out else named[:3]
        add(french, maker, "fr")
        add(english, maker, "en")
        if question:
            add("", maker, asked, question)
        for tongue in ("fr", "en")[: int(silent)]:
            add("", maker, tongue)
    people = set(columns)
    for written, label, column in innocent(cells, rows):
        name = written or f"q{len(columns):03d}"
        columns[name], labels[name] = column, label
    codebook = dl.Codebook()
    for name, label in labels.items():
        codebook = codebook.described(name, label=dl.Text.same(label))
    return dl.Microdata(pd.DataFrame(columns), codebook), people


class FromFaker(Cells):
    """Cells of Faker, for the kinds that it makes."""

    def __init__(self, seed: int) -> None:
        from faker import Faker

        super().__init__(seed, OTHER_FRENCH, OTHER_ENGLISH)
        self.fakers = {"fr": Faker("fr_FR"), "en": Faker(["en_GB", "en_US"])}
        Faker.seed(seed)

    def __getattribute__(self, name: str) -> Any:
        provider = {
            "email": "email", "person": "name", "first": "first_name", "last": "last_name", "street": "address",
            "postcode": "postcode", "siret": "siret", "siren": "siren", "nir15": "ssn", "phone": "phone_number",
            "plate": "license_plate", "login": "user_name", "iban": "iban", "ip": "ipv4",
        }.get(name)  # fmt: skip
        if provider is None:
            return super().__getattribute__(name)
        french_only = provider in ("siret", "siren", "ssn", "license_plate")
        return lambda tongue: getattr(self.fakers["fr" if french_only else tongue], provider)()


def main() -> None:
    asked = argparse.ArgumentParser()
    asked.add_argument("--rows", type=int, default=300)
    asked.add_argument("--seed", type=int)
    asked.add_argument("--held-out", action="store_true")
    asked.add_argument("--faker", action="store_true")
    asked.add_argument("--speed", action="store_true")
    given = asked.parse_args()
    seed = (
        given.seed
        if given.seed is not None
        else HELD_OUT
        if given.held_out or given.faker
        else SEED
    )
    lists = (OTHER_FRENCH, OTHER_ENGLISH) if given.held_out else (FRENCH, ENGLISH)
    cells = FromFaker(seed) if given.faker else Cells(seed, *lists)
    data, people = made(cells, given.rows, held_out=given.held_out or given.faker)
    if given.speed:
        chosen = list(data.frame)[::4]
        large = pd.concat([data.frame[chosen]] * (200_000 // given.rows + 1), ignore_index=True)
        begun = time.perf_counter()
        dl.Microdata(large, dl.Codebook()).identifiers()
        print(f"{len(large):,} rows of {len(chosen)} columns: {time.perf_counter() - begun:.2f} s")
        return
    found = set(data.identifiers().columns)
    right = len(found & people)
    print(f"columns {data.frame.shape[1]}, identifying {len(people)}, pointed out {len(found)}")
    print(f"precision {right / len(found):.3f}, recall {right / len(people):.3f}")
    print(
        "false alarms among innocent columns "
        f"{len(found - people) / (data.frame.shape[1] - len(people)):.3f}"
    )
    shown = {
        name: f"{name} ({data.codebook[name].label.en})" if data.codebook[name].label else name
        for name in data.frame
    }
    print("missed:", ", ".join(shown[name] for name in data.frame if name in people - found))
    print(
        "wrongly pointed out:",
        ", ".join(shown[name] for name in data.frame if name in found - people),
    )


if __name__ == "__main__":
    main()
