"""Conditions over the register: who fits, of whom it cannot be said, and who may be told."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime

import numpy as np
import pytest
from sqlalchemy import delete

from campaigns.audiences.columns import headers, register_columns
from campaigns.audiences.conditions import AudienceError, Evaluation, read
from campaigns.audiences.selecting import Tally, selected, tally
from campaigns.audiences.truths import CANNOT_SAY, NO, YES, Array
from foundation.database import Database
from people import Address, SuppressionReason, suppress, withdraw_consents
from people.register import (
    Basis,
    Column,
    Entity,
    Households,
    RegisterList,
    Source,
    marks_of,
    read_chunks,
    read_names,
    write_chunks,
)
from policies.eligibility.inputs import Input, Value
from policies.eligibility.rules import Rules
from policies.eligibility.tables import Table
from policies.eligibility.terms import Kind
from policies.errors import NotInForce
from tests.campaigns.audiences.conftest import TITLES, Import

TODAY = date(2026, 11, 20)


def found(register: Database, rules: Rules, condition: str, on: date = TODAY) -> set[str]:
    """The codes of the households that fit."""
    codes: set[str] = set()
    with register.read() as session:
        for part in selected(session, condition, rules, on, "sms"):
            codes.update(code for code, _ in read_names(session, part.chunk.id, part.rows))
    return codes


def counted(register: Database, rules: Rules, condition: str, on: date = TODAY) -> Tally:
    with register.read() as session:
        return tally(session, condition, rules, on, "sms")


FIT = {
    "poverty_status = poor": {"M1", "M3", "P1"},
    "not poverty_status = poor": {"M2", "K1"},  # of P2 nothing is known
    'poverty_status in (poor, near_poor) and commune = "Măng Ri"': {"M1", "M2", "M3"},
    'commune = "xã Đăk Pék" or commune = "phường Kon Tum"': {"P1", "P2", "K1"},
    'district_before_2025 = "Tu Mơ Rông"': {"M1", "M2", "M3"},
    'district_before_2025 = "huyen tu mo rong"': {"M1", "M2", "M3"},
    'district_before_2025 != "Tu Mơ Rông"': {"P1", "P2", "K1"},
    'village in ("Long Láy", "Pu Tá")': {"M1", "M2", "M3"},
    'village != "Long Láy"': {"M3", "P1", "P2"},  # K1's village is not known
    'province = "Quảng Ngãi"': {"M1", "M2", "M3", "P1", "P2", "K1"},
    "kwh_per_month <= 40": {"M1", "P1"},
    "kwh_per_month > electricity.policy_household_ceiling_kwh": {"K1"},
    "may_qualify(electricity)": {"M1", "M3", "P1"},
    "may_qualify(house_disaster)": {"M2"},
    "undecided(house_disaster)": {"M1", "M3", "P1", "P2"},
    "not may_qualify(house_disaster)": {"K1"},
    "undecided(house_disaster) and poverty_status = poor": {"M1", "M3", "P1"},
    "may_qualify(house_disaster) or not undecided(house_disaster)": {"M2", "K1"},
    "may_qualify(social_pension)": {"M1", "P1", "P2"},
    "undecided(social_pension)": {"M2", "M3"},
    "age >= 80": {"M1", "K1"},
    "age >= 80 and sex = female": {"M1"},
    "age >= 80 and poverty_status = none": {"K1"},
    "sex = male and may_qualify(social_pension)": {"M1"},
    "not age >= 75": {"M1", "P1", "K1"},
    "poverty_status = poor or age >= 79": {"M1", "M3", "P1", "P2", "K1"},
}


@pytest.mark.parametrize(("condition", "codes"), FIT.items(), ids=list(FIT))
def test_exactly_those_fit_for_whom_the_condition_holds(
    register: Database, rules: Rules, condition: str, codes: set[str]
) -> None:
    assert found(register, rules, condition) == codes


def test_of_whom_too_little_is_known_is_counted_apart(register: Database, rules: Rules) -> None:
    told = counted(register, rules, "not poverty_status = poor")
    assert (told.households, told.cannot_say) == (2, 1)
    assert counted(register, rules, "age >= 80").cannot_say == 1  # M3 lists nobody


def test_a_benefit_is_judged_by_the_law_of_the_day(register: Database, rules: Rules) -> None:
    with pytest.raises(NotInForce):
        found(register, rules, "may_qualify(social_pension)", date(2025, 6, 30))
    assert found(register, rules, "may_qualify(social_pension)", date(2025, 7, 1)) == {"M1", "P1", "P2"}


WRONG = {
    "poverty_status =": "không đọc được",
    "poverty_status = rich": "rich",
    "colour = blue": "colour",
    "may_qualify(dragons)": "dragons",
    "age": "age",
    'commune = "Xã Không Có"': "Không Có",
    "accused": "accused",
    "__import__('os')": "không đọc được",
}


@pytest.mark.parametrize(("condition", "told"), WRONG.items(), ids=list(WRONG))
def test_a_condition_that_means_nothing_is_refused_by_its_word(
    register: Database, rules: Rules, condition: str, told: str
) -> None:
    with pytest.raises(AudienceError, match=told):
        found(register, rules, condition)


def test_a_register_without_households_answers_nobody(office: Database, rules: Rules) -> None:
    assert counted(office, rules, "poverty_status = poor").households == 0


def test_only_who_may_be_told_is_and_the_others_are_counted_by_why(
    register: Database, rules: Rules, put: Import, now: datetime
) -> None:
    consent = Source("tự nguyện", Basis.CONSENT, "phiếu 1/11/2026")
    put(TITLES + "C1,,,Ia Chim,0912000011,hộ nghèo,,,\nC2,,,Ia Chim,0912000012,hộ nghèo,,,\n", "Mã hộ\n", consent)
    with register.write() as session:
        suppress(session, "sms", "+84912000001", SuppressionReason.OPT_OUT, now)
        withdraw_consents(session, "sms", "+84912000012", now)
    told = counted(register, rules, "poverty_status = poor")
    assert (told.households, told.may_be_told) == (5, 2)
    assert told.dropped == {"no_phone": 1, "opted_out": 1, "no_consent": 1}
    assert told.communes == {
        "xã Ia Chim (Quảng Ngãi)": 2,
        "xã Măng Ri (Quảng Ngãi)": 2,
        "xã Đăk Pék (Quảng Ngãi)": 1,
    }


def test_one_telephone_of_a_household_is_enough(office: Database, rules: Rules, put: Import, now: datetime) -> None:
    put(TITLES + "A1,,,Măng Ri,0912000001 / 0912000002,hộ nghèo,,,\n", "Mã hộ\n")
    with office.write() as session:
        suppress(session, "sms", "+84912000001", SuppressionReason.OPT_OUT, now)
    assert counted(office, rules, "poverty_status = poor").may_be_told == 1


def test_whose_number_was_erased_has_no_telephone(register: Database, rules: Rules) -> None:
    with register.write() as session:
        session.execute(delete(Address).where(Address.address_hash == "+84912000001"))
    assert counted(register, rules, "poverty_status = poor").dropped == {"no_phone": 2}


def test_samples_show_where_and_which_and_no_telephone(register: Database, rules: Rules) -> None:
    told = counted(register, rules, "poverty_status = poor")
    assert {(each.code, each.commune) for each in told.samples} == {
        ("M1", "xã Măng Ri (Quảng Ngãi)"),
        ("M3", "xã Măng Ri (Quảng Ngãi)"),
        ("P1", "xã Đăk Pék (Quảng Ngãi)"),
    }
    assert "0912" not in repr(told.samples)


def test_what_was_told_before_a_change_of_the_list_is_read_from_all_lists(
    register: Database, rules: Rules, put: Import
) -> None:
    put(TITLES + "Z1,,,Măng Ri,,,,phải di dời gấp,\n", "Mã hộ\n", Source("khác", Basis.STATE_TASK, "1"))
    assert found(register, rules, "may_qualify(house_disaster)") == {"M2", "Z1"}


def test_every_titled_column_is_an_input_and_no_title_means_two(rules: Rules) -> None:
    assert set(headers()) <= set(rules.inputs)
    for entity in Entity:
        titles = [title for c in register_columns(rules.inputs) if c.entity is entity for title in c.headers]
        assert len(titles) == len(set(titles))
    assert not {"accused", "violence_victim", "legal_aid_group"} & set(headers())


# --- any register: each benefit's decision is the table's own, household by household, member by member


def drawn(entry: Input, column: Column, rows: int, draw: np.random.Generator) -> Array:
    """Cells of any values, near the law's thresholds as often as far, a third of them unknown."""
    match entry.kind:
        case Kind.YES_NO:
            cells = draw.integers(0, 2, rows)
        case Kind.CHOICE:
            cells = draw.integers(0, len(entry.values), rows)
        case _:
            low, high = entry.least, min(entry.most, 90 if entry.most < 255 else entry.most)
            near = [low, high, 14, 15, 16, 30, 50, 60, 75, 1_500_000, 1_500_001, 499_999, 500_000]
            usual = draw.integers(int(low), int(high) + 1, rows)
            cells = np.where(draw.random(rows) < 0.5, draw.choice([n for n in near if low <= n <= high], rows), usual)
    return np.where(draw.random(rows) < 1 / 3, marks_of(column, rows), cells).astype(column.dtype)


def as_facts(inputs: Mapping[str, Input], cells: Mapping[str, Array], row: int) -> dict[str, Value]:
    told: dict[str, Value] = {}
    for name, column in cells.items():
        cell, entry = column[row].item(), inputs[name]
        if cell in (255, -1) or cell != cell:
            continue
        told[name] = bool(cell) if entry.kind is Kind.YES_NO else entry.values[cell] if entry.values else cell
    return told


def expected(table: Table, own: dict[str, Value], members: Sequence[dict[str, Value]]) -> int:
    outcomes = {table.decide(own | member) for member in members}
    return YES if True in outcomes else CANNOT_SAY if None in outcomes else NO


@pytest.mark.parametrize("seed", [1, 2])
def test_any_register_is_decided_as_one_household_after_the_other(
    office: Database, rules: Rules, now: datetime, seed: int
) -> None:
    draw = np.random.default_rng(seed)
    columns = register_columns(rules.inputs)
    dropped = set(draw.choice([column.name for column in columns], 6, replace=False)) if seed == 2 else set()
    kept = [column for column in columns if column.name not in dropped]
    homes, people = 120, 300
    person_of = draw.integers(0, homes - 5, people)
    rows = {Entity.HOUSEHOLD: homes, Entity.PERSON: people}
    cells = {c.name: drawn(rules.inputs[c.name], c, rows[c.entity], draw) for c in kept}
    own = {c.name: cells[c.name] for c in kept if c.entity is Entity.HOUSEHOLD}
    theirs = {c.name: cells[c.name] for c in kept if c.entity is Entity.PERSON}
    codes = np.array([f"H{number}" for number in range(homes)])
    nobody = np.empty(0, np.int64)
    told = Households(np.ones(homes, np.int32), codes, codes, nobody, nobody, own, person_of, theirs)
    with office.write() as session:
        source = RegisterList(name="x", basis=Basis.STATE_TASK, evidence="1", imported_by="lan", imported_at=now)
        session.add(source)
        session.flush()
        write_chunks(session, source, told, columns)
    facts = [as_facts(rules.inputs, own, row) for row in range(homes)]
    members = [
        [as_facts(rules.inputs, theirs, at) for at in np.flatnonzero(person_of == row).tolist()] or [{}]
        for row in range(homes)
    ]
    for policy, benefit in rules.benefits.items():
        on = next((day for day in (TODAY, date(2025, 6, 1), date(2023, 6, 1)) if benefit.period(day)), None)
        if on is None:
            continue
        table = rules.table(policy, on)
        with office.read() as session:
            truths = {
                call: Evaluation(read(f"{call}({policy})", rules, columns), rules, columns, [], {}, on)
                for call in ("may_qualify", "undecided")
            }
            for chunk in read_chunks(session, columns):
                names = [code for code, _ in read_names(session, chunk.id, np.arange(chunk.households))]
                yes, open_ = truths["may_qualify"].truth(chunk), truths["undecided"].truth(chunk)
                for row, code in enumerate(names):
                    number = int(code[1:])
                    want = expected(table, facts[number], members[number])
                    assert yes[row] == want, (policy, on, facts[number], members[number])
                    assert open_[row] == (YES if want == CANNOT_SAY else NO)
