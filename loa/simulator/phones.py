"""Which phones stand on the page: each is a number and a way to reach it, and the address bar remembers them all."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from foundation.phones import PhoneError, national, parse_phone
from gateways import Channel
from gateways.simulator import SimulatorGateway

MOST_PHONES = 6
FIRST_NUMBER = 900_000_100


@dataclass(frozen=True, slots=True)
class Phone:
    """A phone of the page. `address` is E.164."""

    address: str
    gateway: SimulatorGateway

    @property
    def key(self) -> str:
        """How the page names it: "0900000100" by SMS, "zalo:0900000100" by Zalo."""
        number = national(self.address)
        return number if self.channel is Channel.SMS else f"{self.channel}:{number}"

    @property
    def channel(self) -> Channel:
        return self.gateway.channel

    @property
    def number(self) -> str:
        """The number as people read it aloud: "0900 000 100"."""
        number = national(self.address)
        return f"{number[:4]} {number[4:7]} {number[7:]}" if len(number) == 10 else number


def read_phone(key: str, gateways: Sequence[SimulatorGateway]) -> Phone:
    """The phone of that key. Raises foundation.phones.PhoneError, in Vietnamese."""
    channel, _, number = key.rpartition(":")
    reaching = [gateway for gateway in gateways if gateway.channel == (channel or Channel.SMS)]
    if not reaching:
        raise PhoneError("kênh này không có điện thoại thử")
    return Phone(parse_phone(number), reaching[0])


def read_phones(keys: Iterable[str], gateways: Sequence[SimulatorGateway]) -> tuple[list[Phone], list[str]]:
    """The phones of these keys, each once and at most `MOST_PHONES`; and what to tell about the others."""
    phones: dict[str, Phone] = {}
    troubles = []
    for key in dict.fromkeys(keys):
        try:
            phone = read_phone(key, gateways)
        except PhoneError as error:
            troubles.append(f"Không thêm được máy: {error}.")
            continue
        if len(phones) == MOST_PHONES and phone.key not in phones:
            troubles.append(f"Nhiều nhất {MOST_PHONES} máy một lúc: bỏ bớt một máy rồi thêm.")
            continue
        phones[phone.key] = phone
    return list(phones.values()), troubles


def first_phones(gateways: Sequence[SimulatorGateway]) -> list[Phone]:
    """What stands on the page at first: a phone on each channel, each another person."""
    numbers = _numbers()
    return [Phone(parse_phone(next(numbers)), gateway) for gateway in gateways]


def free_number(phones: Sequence[Phone]) -> str:
    """A number that is not on the page yet, to add a phone with one tap."""
    taken = {national(phone.address) for phone in phones}
    return next(number for number in _numbers() if number not in taken)


def _numbers() -> Iterator[str]:
    return (f"0{number}" for number in range(FIRST_NUMBER, FIRST_NUMBER + 1000))
