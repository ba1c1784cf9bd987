"""Places as people name them, old and new, told as they are called now; what could be two is none."""

from collections import Counter
from datetime import date

import pytest

from foundation.places import Place, find_place, places
from foundation.text import unaccent

TODAY = date(2026, 11, 20)
MERGER = date(2025, 7, 1)

MANG_RI = Place("Quảng Ngãi", "xã Măng Ri")
FOUND = {
    # a commune of today
    "nhà tôi ở xã Măng Ri": MANG_RI,
    "xa mang ri nop o dau": MANG_RI,
    "ở Măng Ri, Quảng Ngãi": MANG_RI,
    "x. Măng Ri": MANG_RI,
    "phường Kon Tum": Place("Quảng Ngãi", "phường Kon Tum"),
    "xã Cư M’gar": Place("Đắk Lắk", "xã Cư M'gar"),
    "xa cu mgar": Place("Đắk Lắk", "xã Cư M'gar"),
    "xã Xốp": Place("Quảng Ngãi", "xã Xốp"),
    "đặc khu Lý Sơn": Place("Quảng Ngãi", "đặc khu Lý Sơn"),
    # one of before
    "xã Ngọk Lây huyện Tu Mơ Rông": Place("Quảng Ngãi", "xã Măng Ri", "xã Ngọk Lây"),
    "xa ngoc lay, huyen tu mo rong": Place("Quảng Ngãi", "xã Măng Ri", "xã Ngọk Lây"),
    "xã Không Có, huyện Ea H'leo": Place("Đắk Lắk", None, "huyện Ea H'leo"),
    "thị trấn Plei Kần": Place("Quảng Ngãi", "xã Bờ Y", "thị trấn Plei Kần"),
    "phuong 2 tp tuy hoa": Place("Đắk Lắk", "phường Tuy Hòa", "phường 2"),
    "xã Đăk Hà huyện Tu Mơ Rông": Place("Quảng Ngãi", "xã Tu Mơ Rông", "xã Đăk Hà"),
    # a district, which is none any more, and a province
    "huyện Tu Mơ Rông": Place("Quảng Ngãi", None, "huyện Tu Mơ Rông"),
    "h. tu mo rong": Place("Quảng Ngãi", None, "huyện Tu Mơ Rông"),
    "thành phố Kon Tum": Place("Quảng Ngãi", None, "thành phố Kon Tum"),
    "thị xã Sông Cầu": Place("Đắk Lắk", None, "thị xã Sông Cầu"),
    "tui o kontum": Place("Quảng Ngãi", None, "tỉnh Kon Tum"),
    "dân Phú Yên": Place("Đắk Lắk", None, "tỉnh Phú Yên"),
    "o daklak": Place("Đắk Lắk"),
    "ĐắcLắc": Place("Đắk Lắk"),
    "tỉnh Kiên Giang": Place("An Giang", None, "tỉnh Kiên Giang"),
    # could be two
    "xã Đăk Hà": None,
    "xã Sơn Hà": None,
    "xã Măng Ri và xã Đăk Pék": None,
    "xã Trà Bùi": None,  # was divided
    "xa ba to": None,
    "xã Ba Tơ": Place("Quảng Ngãi", "xã Ba Tơ"),
    "xã Ba Tô": Place("Quảng Ngãi", "xã Ba Tô"),
    "xã Măng Ri huyện Krông Bông": None,
    # other words
    "vay den ba nam tra": None,
    "đi làm đồng về": None,
    "hòa bình": None,
    "hộ nghèo được hỗ trợ gì": None,
    "": None,
}


@pytest.mark.parametrize(("text", "place"), FOUND.items())
def test_a_place_is_told_as_it_is_now(text: str, place: Place | None) -> None:
    assert find_place(text, TODAY) == place


def test_before_the_merger_nothing_is_said_of_the_present() -> None:
    assert find_place("xã Măng Ri", date(2025, 6, 30)) is None
    assert find_place("xã Măng Ri", MERGER) == MANG_RI


def test_the_two_provinces_are_whole() -> None:
    communes = {(place.province, place.commune) for place in all_places() if place.commune}
    assert Counter(province for province, _ in communes) == {"Quảng Ngãi": 96, "Đắk Lắk": 102}


def all_places() -> set[Place]:
    return {meaning.present for listed in places().meanings.values() for meaning in listed}


def test_every_commune_of_today_is_found_with_its_province_or_is_one_of_two() -> None:
    names = {(place.commune, place.province) for place in all_places() if place.commune}
    wrong = {}
    for commune, province in names:
        for text in (f"tôi ở {commune}, {province}", f"{commune} tinh {province}", unaccent(f"o {commune} {province}")):
            found = find_place(text, TODAY)
            if found is not None and (found.commune, found.province) != (commune, province):
                wrong[text] = found
    assert not wrong
    sure = sum(find_place(f"{commune}, {province}", TODAY) is not None for commune, province in names)
    assert sure >= 0.8 * len(names)


def test_no_office_of_a_district_is_ever_named() -> None:
    assert not [place for place in all_places() if str(place).startswith(("huyện", "thị xã", "thành phố"))]
