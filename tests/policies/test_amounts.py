"""What a resident is told changes on the day the law changes, and not a day before or after."""

from datetime import date
from decimal import Decimal

import pytest

from policies import AnswerBook, Facet
from policies.templates import day_month_year, money, number, percent

ON_BOTH_SIDES = [
    # subject, facet, day, words said, words not said
    ("electricity", Facet.AMOUNT, "2023-11-09", "54.180 đồng", "56.790"),
    ("electricity", Facet.AMOUNT, "2024-10-10", "54.180 đồng", "56.790"),
    ("electricity", Facet.AMOUNT, "2024-10-11", "56.790 đồng", "54.180"),
    ("electricity", Facet.AMOUNT, "2025-05-09", "56.790 đồng", "59.520"),
    ("electricity", Facet.AMOUNT, "2025-05-10", "59.520 đồng", "56.790"),
    ("social_pension", Facet.AMOUNT, "2025-06-30", "chưa bắt đầu", "hưởng từ tháng"),
    ("social_pension", Facet.AMOUNT, "2025-07-01", "500.000 đồng", "chưa bắt đầu"),
    ("sa_standard", Facet.WHAT, "2024-06-30", "360.000 đồng", "500.000"),
    ("sa_standard", Facet.WHAT, "2024-07-01", "là 500.000 đồng", "là 360.000"),
    ("sa_monthly", Facet.WHAT, "2024-06-30", "540.000 đồng", "750.000"),
    ("sa_monthly", Facet.WHAT, "2024-07-01", "750.000 đồng", "540.000"),
    ("hi_nearpoor_benefit", Facet.AMOUNT, "2025-12-31", "95%", "100%"),
    ("hi_nearpoor_benefit", Facet.AMOUNT, "2026-01-01", "trả 100%", "trả 95%"),
    ("hi_nearpoor_premium", Facet.AMOUNT, "2026-06-30", "31.590 đồng", "34.155"),
    ("hi_nearpoor_premium", Facet.AMOUNT, "2026-07-01", "34.155 đồng", "31.590"),
    ("hi_nearpoor_premium", Facet.AMOUNT, "2026-07-01", "409.860 đồng một năm", "31.590"),
    ("hi_students", Facet.AMOUNT, "2025-06-30", "30%", "50%"),
    ("hi_students", Facet.AMOUNT, "2025-07-01", "50%", "30%"),
    ("hi_students", Facet.AMOUNT, "2026-06-30", "631.800 đồng", "năm học này"),
    ("hi_students", Facet.AMOUNT, "2026-07-01", "hỏi nhà trường", "631.800"),
    ("pov_line_2022_2026", Facet.WHAT, "2026-12-31", "1.500.000 đồng", "2.200.000"),
    ("pov_line_2022_2026", Facet.WHAT, "2027-01-01", "2.200.000 đồng", "1.500.000"),
    ("pov_line_2027_2030", Facet.WHAT, "2026-12-31", "Chưa áp dụng", "1.500.000"),
    ("pov_line_2027_2030", Facet.WHAT, "2027-01-01", "2.800.000 đồng", "Chưa áp dụng"),
    ("base_salary_2026", Facet.WHAT, "2026-06-30", "là 2.340.000 đồng", "trước đó"),
    ("base_salary_2026", Facet.WHAT, "2026-07-01", "là 2.530.000 đồng", "là 2.340.000"),
    ("loan_job", Facet.AMOUNT, "2025-12-31", "100 triệu đồng", "200 triệu"),
    ("loan_job", Facet.AMOUNT, "2026-01-01", "200 triệu đồng", "100 triệu"),
    ("loan_job", Facet.AMOUNT, "2026-01-01", "8,382%", "100 triệu"),
    ("house_merit_2025", Facet.WHAT, "2025-12-31", "được 60 triệu đồng", "hết hiệu lực"),
    ("house_merit_2025", Facet.WHAT, "2026-01-01", "đã hết hiệu lực", "được 60"),
    ("boarding_border_188", Facet.WHAT, "2026-07-14", "chưa bắt đầu", "1.170.000"),
    ("boarding_border_188", Facet.WHAT, "2026-07-15", "1.170.000 đồng", "chưa bắt đầu"),
]


@pytest.mark.parametrize(("subject", "facet", "day", "said", "unsaid"), ON_BOTH_SIDES)
def test_amounts_are_those_of_the_day_asked_about(
    book: AnswerBook, subject: str, facet: Facet, day: str, said: str, unsaid: str
) -> None:
    answer = book.answer(subject, facet, date.fromisoformat(day))
    assert answer is not None
    assert said in answer.text
    assert unsaid not in answer.text


@pytest.mark.parametrize(
    ("subject", "words"),
    [
        ("house_campaign_2025", "kết thúc"),
        ("house_poor_2022_2024", "kết thúc"),
        ("house_merit_2025", "hết hiệu lực"),
        ("house_ethnic_1719", "kết thúc"),
        ("loan_house_poor_33", "kết thúc"),
        ("overseas_ntp", "kết thúc"),
        ("ntp_2021_2025", "thay bằng chương trình chung 2026-2035"),
        ("forest_1719", "kết thúc"),
        ("medicinal_1719", "kết thúc"),
    ],
)
def test_a_closed_programme_is_said_to_be_closed(book: AnswerBook, subject: str, words: str) -> None:
    for facet in (Facet.WHAT, Facet.AMOUNT, Facet.WHO):
        answer = book.answer(subject, facet, date(2026, 11, 20))
        assert answer is not None
        assert words in answer.text


@pytest.mark.parametrize(
    ("said", "as_written"),
    [
        (money(Decimal(59520)), "59.520 đồng"),
        (money(Decimal(1_250_000)), "1.250.000 đồng"),
        (money(Decimal(9_000_000)), "9.000.000 đồng"),
        (money(Decimal(100_000_000)), "100 triệu đồng"),
        (money(Decimal(10_500_000)), "10.500.000 đồng"),
        (money(Decimal(10_000_000_000)), "10 tỷ đồng"),
        (money(Decimal("34154.6")), "34.155 đồng"),
        (percent(Decimal("0.033")), "3,3%"),
        (percent(Decimal("0.0792")), "7,92%"),
        (percent(Decimal(1)), "100%"),
        (number(Decimal("30")), "30"),
        (number(Decimal("1.50")), "1,5"),
        (day_month_year(date(2025, 9, 15)), "15/9/2025"),
    ],
)
def test_numbers_are_written_as_vietnamese_write_them(said: str, as_written: str) -> None:
    assert said == as_written
