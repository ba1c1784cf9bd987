"""What the tests of the eSMS gateways are built of: an account, templates that are registered, gateways."""

from datetime import UTC, datetime

from foundation.database import Database
from foundation.message_class import MessageClass
from foundation.text import segment
from gateways.esms import EsmsConfig, EsmsGateway
from gateways.esms_account import EsmsAccount
from gateways.esms_advertising import EsmsAdvertisingConfig, EsmsAdvertisingGateway
from gateways.esms_short_code import ShortCode
from gateways.protocol import Ladder, Outgoing, TemplateState
from gateways.template_store import TemplateStore, register
from gateways.templates import RegisteredTemplate

API_KEY = "KEY-of-the-account"
SECRET_KEY = "SECRET-of-the-account"
PRIVATE_KEY = "khoa-rieng-cua-dau-so"
SECRET = b"sixteen bytes or more"
SECRETS = (API_KEY, SECRET_KEY, PRIVATE_KEY, SECRET.decode())
SHORT_CODE = ShortCode("8041", "CP1", PRIVATE_KEY)
LADDER = Ladder((122, 268, 421), ())
NOW = datetime(2026, 11, 20, 2, tzinfo=UTC)


def account(url: str = "http://127.0.0.1:9", **changes: object) -> EsmsAccount:
    """The account that `esms_server` keeps."""
    fields = {"api_key": API_KEY, "secret_key": SECRET_KEY, "brandname": "SoNNMT", "url": url, "timeout_s": 0.5}
    return EsmsAccount(**{**fields, **changes})  # type: ignore[arg-type]


def config(url: str = "http://127.0.0.1:9", callback_base: str = "http://127.0.0.1:9/gateways/esms") -> EsmsConfig:
    return EsmsConfig(account(url), callback_base, SECRET, SHORT_CODE)


def care(url: str, database: Database, callback_base: str = "http://127.0.0.1:9/gateways/esms") -> EsmsGateway:
    return EsmsGateway(config(url, callback_base), TemplateStore(database))


def advertising(url: str, ladder: Ladder = LADDER, **changes: object) -> EsmsAdvertisingGateway:
    return EsmsAdvertisingGateway(EsmsAdvertisingConfig(account(url, **changes), ladder))


def approve(database: Database, *bodies: str, state: TemplateState = TemplateState.APPROVED) -> None:
    """Register templates, each under its number."""
    with database.write() as session:
        for number, body in enumerate(bodies):
            register(session, "esms", RegisteredTemplate(f"{state}-{number}", body, state), NOW)


def advertisement(text: str, number: int) -> Outgoing:
    """One of many: to a number of its own."""
    encoding = segment(text).encoding
    return Outgoing(f"ad-{number}", f"+8491{number:07d}", text, encoding, MessageClass.ADVERTISING)


def advertisements(count: int, text: str = "[QC] Hoi cho nong san 25/11") -> list[Outgoing]:
    return [advertisement(text, number) for number in range(count)]
