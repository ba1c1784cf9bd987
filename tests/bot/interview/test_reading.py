"""Answers as people text them: by number, in order, in words, some of them, none, impossible ones."""

from datetime import date
from functools import cache

import pytest

from bot.interview.reading import Answers, read_answers, volunteered
from foundation.text import unaccent
from policies.eligibility import Input, Rules, Value

ON = date(2026, 11, 20)
CERTIFICATE, POWER, SIZE, AGE = "poverty_status", "grid_power", "household_size", "age"
INCOME, PENSION, KWH, DISTANCE = "income_per_capita_vnd", "monthly_pension_vnd", "kwh_per_month", "school_distance_km"
HOUSE, STUDENT, ORPHAN, DAMAGE, SEX = "house", "student", "orphan", "disaster_damage", "sex"
KB = "not known"
NO_WAY = "cannot be"


@cache
def inputs() -> dict[str, Input]:
    return dict(Rules.load().inputs)


def said(answers: Answers) -> dict[str, Value]:
    """What was read, with marks for what is not known and what cannot be."""
    return answers.told | dict.fromkeys(answers.unknown, KB) | dict.fromkeys(answers.wrong, NO_WAY)


ONE: dict[str, list[tuple[str, Value | None]]] = {
    POWER: [
        ("C", True), ("c", True), ("có", True), ("co", True), ("dạ có", True), ("có ạ", True), ("Có rồi", True),
        ("rồi", True), ("đúng", True), ("dung", True), ("đúng rồi ạ", True), ("phải", True), ("ừ", True), ("uh", True),
        ("vâng", True), ("dạ", True), ("ok", True), ("1C", True), ("1. có", True), ("1 co", True), ("dạ rồi anh", True),
        ("K", False), ("k", False), ("ko", False), ("không", False), ("khong", False), ("hông", False), ("hok", False),
        ("chưa", False), ("dạ chưa", False), ("chưa có", False), ("không có", False), ("nhà em chưa có ạ", False),
        ("không có gì hết", False), ("ko co gi ca", False), ("1K", False), ("1 ko", False),
        ("chưa có điện lưới", False),
        ("KB", KB), ("kb", KB), ("không biết", KB), ("ko bit", KB), ("k biết nữa", KB), ("hong biet", KB), ("chịu", KB),
        ("không rõ", KB), ("em không nhớ", KB), ("chưa biết", KB), ("quên rồi", KB), ("không chắc lắm", KB),
        ("điện lưới là gì", None), ("nộp ở đâu", None), ("xin chào", None), ("bao giờ có tiền?", None),
    ],
    "sanitation_lacking": [
        ("hỏng rồi", True), ("bị hỏng", None), ("nhà vệ sinh hỏng", True), ("chưa có nhà vệ sinh", True),
        ("không có nước sạch", True), ("hông", False), ],
    "public_school": [("trường công", True), ("truong cong lap", True), ("trường tư", False), ("không", False)],
    "compulsory_insurance": [("không đóng bảo hiểm", False), ("đóng bhxh bắt buộc", True)],
    AGE: [
        ("76", 76), ("76 tuổi", 76), ("76t", 76), ("76 t", 76), ("1 76", None), ("1. 76", 76), ("bảy mươi sáu", 76),
        ("bay muoi sau", 76), ("bảy sáu", 76), ("bay sau", 76), ("sáu mươi", 60), ("sáu chục", 60), ("mười lăm", 15),
        ("hai mươi mốt", 21), ("bảy lăm", 75), ("bảy mươi lăm tuổi", 75), ("mot tram", 100), ("một trăm linh hai", 102),
        ("sinh năm 1950", 76), ("sn 1950", 76), ("1950", 76), ("sn 50", 76), ("sinh ngày 2/9/1950", 76),
        ("mẹ em 76 tuổi ạ", 76), ("năm nay 76", 76), ("gần 75", 74), ("chưa đến 75", 74), ("chưa tới 75", 74),
        ("hơn 75", 76), ("trên 75", 76), ("ngoài 80", 81), ("ngoai bay muoi", 71), ("tuổi 80", 80), ("5", 5),
        ("năm tuổi", 5), ("tám mươi", 80), ("80t roi", 80),
        ("200", NO_WAY), ("200 tuổi", NO_WAY), ("-5", NO_WAY), ("1,5", NO_WAY), ("sinh năm 1850", NO_WAY),
        ("không nhớ", KB), ("kb", KB), ("bao nhiêu tuổi thì được", None), ("chào em", None),
    ],
    SIZE: [
        ("5", 5), ("5 người", 5), ("5 ng", 5), ("5ng", 5), ("nam nguoi", 5), ("năm người", 5), ("nhà có 5 người", 5),
        ("5 khẩu", 5), ("5 nhân khẩu", 5), ("có 4 người thôi", 4), ("mười người", 10), ("một mình", 1),
        ("2 vợ chồng", 2),
        ("0", NO_WAY), ("0 người", NO_WAY), ("-3", NO_WAY), ("100 người", NO_WAY),
    ],
    INCOME: [
        ("1tr2", 1_200_000), ("1.200.000", 1_200_000), ("1200000", 1_200_000), ("1,2 triệu", 1_200_000),
        ("1 triệu 2", 1_200_000), ("triệu rưỡi", 1_500_000), ("trieu ruoi", 1_500_000), ("1tr5", 1_500_000),
        ("800k", 800_000), ("800 nghìn", 800_000), ("800 ngan", 800_000), ("tám trăm nghìn", 800_000),
        ("khoảng 1tr2", 1_200_000), ("hai triệu", 2_000_000), ("nửa triệu", 500_000), ("2 củ", NO_WAY),
        ("800", NO_WAY), ("1 triệu 2 triệu", NO_WAY), ("-500k", NO_WAY), ("không có", 0), ("ko", 0), ("0", 0),
        ("0 đồng", 0), ("không biết", KB), ("hơn 1 triệu", 1_000_001), ("gần 2 triệu", 1_999_999),
    ],
    PENSION: [
        ("không", 0), ("khong co luong huu", 0), ("0", 0), ("300k", 300_000), ("2tr", 2_000_000), ("800", NO_WAY),
    ],
    KWH: [
        ("40", 40), ("40 số", 40), ("40 so dien", 40), ("40 kwh", 40), ("bốn mươi số", 40), ("hon 50", 51),
        ("40 ký", 40),
    ],
    DISTANCE: [
        ("4", 4.0), ("4km", 4.0), ("4,5 km", 4.5), ("3.5", 3.5), ("4 cây rưỡi", 4.5), ("bốn cây số", 4.0),
        ("hơn 4 km", 4.1), ("gần 4 cây", 3.9), ("xa lắm", None),
    ],
    CERTIFICATE: [
        ("A", "poor"), ("b", "near_poor"), ("1", "poor"), ("2", "near_poor"), ("5", "none"), ("số 2", "near_poor"),
        ("hộ nghèo", "poor"), ("ho ngheo", "poor"), ("nghèo", "poor"), ("hộ cận nghèo", "near_poor"),
        ("cận", "near_poor"),
        ("can ngheo", "near_poor"), ("nhà em cận nghèo ạ", "near_poor"), ("mới thoát nghèo", "newly_escaped"),
        ("sổ hộ nghèo", "poor"), ("không có", "none"), ("ko co giay", "none"), ("không", "none"), ("chưa có", "none"),
        ("không có giấy gì hết", "none"), ("1B", "near_poor"), ("1 can ngheo", "near_poor"),
        ("1C 2K 3 5", "newly_escaped"),
        ("9", NO_WAY), ("không biết", KB), ("giấy gì vậy", None), ("cho em hỏi nộp ở đâu", None),
    ],
    HOUSE: [
        ("nhà tạm", "temporary"), ("dột nát", "dilapidated"), ("dot nat", "dilapidated"), ("kiên cố", "solid"),
        ("3", "dilapidated"),
    ],
    DAMAGE: [
        ("không", "none"), ("không bị", "none"), ("2", "total_loss"), ("phải di dời gấp", "ordered_to_move"),
        ("C", "badly_damaged"),
    ],
    STUDENT: [
        ("tiểu học", "primary"), ("lớp 3", "primary"), ("cấp 1", "primary"), ("cap 3", "upper_secondary"),
        ("đại học", "university"), ("không đi học", "none"), ("mẫu giáo", "preschool"), ("8", "university"),
        ("H", "university"),
    ],
    ORPHAN: [("không", "none"), ("mồ côi cha", "one"), ("mồ côi cả hai", "both"), ("B", "one")],
    SEX: [("nữ", "female"), ("nam", "male"), ("1", "female"), ("B", "male")],
}  # fmt: skip

THREE = (CERTIFICATE, POWER, AGE)
SEVERAL: list[tuple[tuple[str, ...], str, dict[str, Value]]] = [
    (THREE, "1C 2K 3 76", {CERTIFICATE: "newly_escaped", POWER: False, AGE: 76}),
    (THREE, "1c2k3 76", {CERTIFICATE: "newly_escaped", POWER: False, AGE: 76}),
    (THREE, "1A,2C,3 76", {CERTIFICATE: "poor", POWER: True, AGE: 76}),
    (THREE, "1. ho ngheo 2. co 3. 76", {CERTIFICATE: "poor", POWER: True, AGE: 76}),
    (THREE, "1) cận nghèo; 2) chưa; 3) bảy sáu", {CERTIFICATE: "near_poor", POWER: False, AGE: 76}),
    (THREE, "A C 76", {CERTIFICATE: "poor", POWER: True, AGE: 76}),
    (THREE, "A, K, 76", {CERTIFICATE: "poor", POWER: False, AGE: 76}),
    (THREE, "hộ nghèo, có, 76 tuổi", {CERTIFICATE: "poor", POWER: True, AGE: 76}),
    (THREE, "can ngheo, chua, 5 tuoi", {CERTIFICATE: "near_poor", POWER: False, AGE: 5}),
    (THREE, "1B", {CERTIFICATE: "near_poor"}),
    (THREE, "2C 3 80", {POWER: True, AGE: 80}),
    (THREE, "3 80", {AGE: 80}),
    (THREE, "1B 3 KB", {CERTIFICATE: "near_poor", AGE: KB}),
    (THREE, "1KB 2KB 3 76", {CERTIFICATE: KB, POWER: KB, AGE: 76}),
    (THREE, "không biết", {CERTIFICATE: KB, POWER: KB, AGE: KB}),
    (THREE, "1A 2K 3 200", {CERTIFICATE: "poor", POWER: False, AGE: NO_WAY}),
    (THREE, "hộ cận nghèo, 76 tuổi", {CERTIFICATE: "near_poor", AGE: 76}),
    (THREE, "mẹ em 76 tuổi", {AGE: 76}),
    (THREE, "câu 1 A câu 2 K", {CERTIFICATE: "poor", POWER: False}),
    (THREE, "1-A 2-C 3-76", {CERTIFICATE: "poor", POWER: True, AGE: 76}),
    (THREE, "1=A 2=C 3=76", {CERTIFICATE: "poor", POWER: True, AGE: 76}),
    (THREE, "sao hỏi nhiều vậy", {}),
    (THREE, "nhà em được bao nhiêu tiền?", {}),
    ((POWER, SIZE), "1C2K", {POWER: True}),
    ((POWER, "other_home"), "1C2K", {POWER: True, "other_home": False}),
    ((POWER, "other_home"), "1. co 2. khong", {POWER: True, "other_home": False}),
    ((POWER, "other_home"), "có, không", {POWER: True, "other_home": False}),
    ((POWER, "other_home"), "co ko", {POWER: True, "other_home": False}),
    ((POWER, "other_home"), "C K", {POWER: True, "other_home": False}),
    ((POWER, "other_home", SIZE), "co, chua, 5 ng", {POWER: True, "other_home": False, SIZE: 5}),
    ((INCOME, SIZE), "1 1tr2 2 5", {INCOME: 1_200_000, SIZE: 5}),
    ((INCOME, SIZE), "1. 1.200.000 2. 5 người", {INCOME: 1_200_000, SIZE: 5}),
    ((INCOME, SIZE), "1,2 triệu, 5 người", {INCOME: 1_200_000, SIZE: 5}),
    ((INCOME, SIZE), "1 800 2 5", {INCOME: NO_WAY, SIZE: 5}),
    ((DISTANCE, "hard_terrain"), "1 4,5 2C", {DISTANCE: 4.5, "hard_terrain": True}),
    ((CERTIFICATE, PENSION), "1B 2 0", {CERTIFICATE: "near_poor", PENSION: 0}),
    ((CERTIFICATE, PENSION), "cận nghèo, không có lương hưu", {CERTIFICATE: "near_poor", PENSION: 0}),
]


@pytest.mark.parametrize(
    ("asked", "text", "expected"), [(name, text, value) for name, cases in ONE.items() for text, value in cases]
)
def test_one_question_is_answered(asked: str, text: str, expected: Value | None) -> None:
    wanted = {} if expected is None else {asked: expected}

    assert said(read_answers(text, [inputs()[asked]], ON)) == wanted


@pytest.mark.parametrize(("asked", "text", "expected"), SEVERAL)
def test_several_questions_are_answered_in_one_text(
    asked: tuple[str, ...], text: str, expected: dict[str, Value]
) -> None:
    assert said(read_answers(text, [inputs()[name] for name in asked], ON)) == expected


@pytest.mark.parametrize("text", [text for cases in ONE.values() for text, _ in cases])
def test_who_writes_without_diacritics_is_read_the_same(text: str) -> None:
    asked = next(inputs()[name] for name, cases in ONE.items() if text in dict(cases))

    assert said(read_answers(unaccent(text), [asked], ON)) == said(read_answers(text, [asked], ON))


TOLD: list[tuple[str, bool, dict[str, Value]]] = [
    ("mẹ em 76 tuổi có được trợ cấp không", True, {AGE: 76}),
    ("me em 76t co dc tro cap ko", True, {AGE: 76}),
    ("hộ cận nghèo nhà em có được hỗ trợ tiền điện không", True, {CERTIFICATE: "near_poor"}),
    ("nhà em hộ nghèo, 5 người, có được không", True, {CERTIFICATE: "poor", SIZE: 5}),
    ("con em học lớp 3 có được không", True, {STUDENT: "primary"}),
    ("chong toi 50 tuoi ho can ngheo co duoc hoc nghe khong", True, {AGE: 50, CERTIFICATE: "near_poor"}),
    ("từ 75 tuổi mới được phải không", True, {}),
    ("phải đủ 80 tuổi hả", True, {}),
    ("nhà hàng xóm hộ nghèo", False, {}),
    ("nhà em không phải hộ nghèo", False, {}),
    ("ổng 73 tuổi, nhà cận nghèo, không lương hưu gì hết", False, {AGE: 73, CERTIFICATE: "near_poor", PENSION: 0}),
    ("nhà chưa có điện lưới", False, {POWER: False}),
    ("nhà em có điện lưới rồi", False, {POWER: True}),
    ("nhà nuôi 2 con bò", False, {}),
    ("em năm nay vất vả quá", False, {}),
    ("lương hưu 2tr", False, {PENSION: 2_000_000}),
    ("có phải người dân tộc thiểu số mới được không", True, {}),
    ("nhà em người dân tộc thiểu số", False, {"ethnic_minority": True}),
]


@pytest.mark.parametrize(("text", "opening", "expected"), TOLD)
def test_what_is_told_unasked_is_heard(text: str, opening: bool, expected: dict[str, Value]) -> None:
    assert volunteered(text, inputs().values(), ON, opening) == expected


def test_the_table_is_as_long_as_it_says() -> None:
    assert sum(map(len, ONE.values())) + len(SEVERAL) + len(TOLD) >= 150
