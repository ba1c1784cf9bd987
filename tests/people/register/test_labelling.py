"""A list labels the telephones of households that a rule on the way out asks about, and takes the labels with it."""

from datetime import datetime
from pathlib import Path

from foundation.database import Database
from people import official_named
from people.labels import labels_of
from people.models import Label
from people.register import Basis, Column, Entity, Kind, Source, remove_list
from people.register.labelling import LABELLED
from tests.people.register.lists import STATUS, put
from tests.people.sheets import write_csv

ALLOWANCE = Column("member_on_social_allowance", Entity.HOUSEHOLD, Kind.YES_NO, headers=("có người hưởng trợ cấp",))
RECEIVES = Column("receives_social_allowance", Entity.PERSON, Kind.YES_NO, headers=("hưởng trợ cấp",))
COLUMNS = (STATUS, ALLOWANCE, RECEIVES)
HOUSEHOLDS = """Mã hộ,SĐT,Loại hộ,Có người hưởng trợ cấp
H1,0912000001,hộ nghèo,không
H2,0912000002 / 0912000022,hộ cận nghèo,có
H3,0912000003,không có giấy,không
H4,0912000004,,
H5,0912000005,không có giấy,
H6,0912000006; 0912000001,không có giấy,
"""
PERSONS = """Mã hộ,Hưởng trợ cấp
H3,không
H4,
H5,không
H5,có
H5,
"""


def labels(office: Database, *numbers: str) -> list[set[Label]]:
    hashes = [office.vault.digest(f"+84912{number}") for number in numbers]
    with office.read() as session:
        found = labels_of(session, "sms", hashes)
    return [set(found.get(each, ())) for each in hashes]


EVERYBODY = ("000001", "000002", "000022", "000003", "000004", "000005", "000006")
TOLD = [
    {Label.POOR},
    {Label.NEAR_POOR, Label.ALLOWANCE},
    {Label.NEAR_POOR, Label.ALLOWANCE},
    set[Label](),
    set[Label](),
    {Label.ALLOWANCE},
    set[Label](),
]


def test_telephones_have_the_labels_of_their_households_and_the_unknown_has_none(
    office: Database, tmp_path: Path, now: datetime
) -> None:
    households = write_csv(tmp_path / "households.csv", HOUSEHOLDS)
    put(office, now, households, write_csv(tmp_path / "persons.csv", PERSONS), columns=COLUMNS)
    assert labels(office, *EVERYBODY) == TOLD


def test_a_list_that_comes_again_says_it_anew(office: Database, tmp_path: Path, now: datetime) -> None:
    households = write_csv(tmp_path / "households.csv", HOUSEHOLDS)
    put(office, now, households, columns=COLUMNS)
    put(office, now, write_csv(tmp_path / "again.csv", HOUSEHOLDS.replace("hộ nghèo,không", ",không")), columns=COLUMNS)
    assert labels(office, "000001", "000002") == [set(), {Label.NEAR_POOR, Label.ALLOWANCE}]


def test_a_list_takes_its_labels_with_it_and_no_other_lists(office: Database, tmp_path: Path, now: datetime) -> None:
    put(office, now, write_csv(tmp_path / "one.csv", HOUSEHOLDS), columns=COLUMNS)
    elsewhere = Source("Đăk Pék", Basis.STATE_TASK, "13/QĐ-UBND", "xã Đăk Pék, Quảng Ngãi")
    other = write_csv(tmp_path / "two.csv", "Mã hộ,SĐT,Loại hộ\nK1,0912000002,hộ nghèo\n")
    put(office, now, other, source=elsewhere, columns=COLUMNS)
    assert labels(office, "000002") == [{Label.POOR, Label.NEAR_POOR, Label.ALLOWANCE}]
    with office.write() as session:
        remove_list(session, "Măng Ri 2026", official_named(session, "lan"), now)
    assert labels(office, "000001", "000002") == [set(), {Label.POOR}]


def test_a_list_that_tells_nothing_of_the_kind_makes_no_label(office: Database, tmp_path: Path, now: datetime) -> None:
    put(office, now, write_csv(tmp_path / "bare.csv", "Mã hộ,SĐT\nH1,0912000001\n"), columns=COLUMNS)
    assert labels(office, "000001") == [set()]


def test_the_columns_that_make_labels_are_inputs_of_the_law() -> None:
    """Names and values as lists may tell them: a column that is called otherwise one day would label nobody."""
    from campaigns.audiences.columns import register_columns
    from policies.eligibility.rules import Rules

    columns = {column.name: column for column in register_columns(Rules.load().inputs)}
    for column, value in LABELLED:
        assert columns[column].kind is Kind.YES_NO or value in columns[column].values
