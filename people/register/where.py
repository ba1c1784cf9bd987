"""Where a household lives, from the cells of a list: the commune as it is called today, and the district of before."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from foundation.places import Level, Place, find_place, places
from foundation.text import fold, squeeze
from people.register.columns import CellError

_KINDS = {
    Level.COMMUNE: ("xã", ("xa", "x", "phuong", "p", "thi tran", "tt", "dac khu")),
    Level.DISTRICT: ("huyện", ("huyen", "h", "thi xa", "tx", "thanh pho", "tp", "quan", "q")),
    Level.PROVINCE: ("tỉnh", ("tinh", "thanh pho", "tp")),
}


@dataclass(frozen=True, slots=True)
class Where:
    """A village, and what is above it; an empty name is not known."""

    province: str
    commune: str
    district_before_2025: str
    village: str

    def __str__(self) -> str:
        return str(Place(self.province, self.commune))


def locate(village: str, commune: str, district: str, province: str, on: date) -> Where:
    """The place that these cells name, as it is called that day. Raises CellError where they name none, or two."""
    if not commune:
        raise CellError("thiếu xã: ghi vào từng dòng, hoặc nêu xã chung của cả danh sách")
    place = _placed(commune, district, province, on)
    assert place.commune is not None
    return Where(place.province, place.commune, _district(place, district, on), squeeze(village))


@lru_cache(maxsize=4096)
def _placed(commune: str, district: str, province: str, on: date) -> Place:
    cells = ((commune, Level.COMMUNE), (district, Level.DISTRICT), (province, Level.PROVINCE))
    said = ", ".join(_with_kind(cell, level) for cell, level in cells if cell)
    place = find_place(said, on)
    if place is None or place.commune is None:
        raise CellError("không biết xã này, hoặc tên có hơn một nghĩa: ghi cả huyện cũ và tỉnh")
    return place


def _with_kind(cell: str, level: Level) -> str:
    ours, kinds = _KINDS[level]
    first = fold(cell).replace(".", " ")
    return cell if any(first.startswith(f"{kind} ") for kind in kinds) else f"{ours} {cell}"


@lru_cache(maxsize=4096)
def _district(place: Place, cell: str, on: date) -> str:
    """The district that the cell names, else the one that the whole commune was in; empty where it was in several."""
    if cell and (named := find_place(_with_kind(cell, Level.DISTRICT), on)) is not None:
        return named.former or ""
    districts = set(_districts_of(place))
    return districts.pop() if len(districts) == 1 else ""


def _districts_of(place: Place) -> Iterator[str]:
    for meanings in places().meanings.values():
        for meaning in meanings:
            here = (meaning.present.province, meaning.present.commune) == (place.province, place.commune)
            if here and meaning.district and place.former in (None, meaning.name):
                yield meaning.district
