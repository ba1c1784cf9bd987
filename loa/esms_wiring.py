"""From settings to the gateways that stand on an account at eSMS.vn. Each raises SettingsError naming what is wrong."""

from itertools import pairwise

from pydantic import SecretStr

from foundation.database import Database
from foundation.keys import Vault
from foundation.settings import Settings, SettingsError
from gateways.esms import EsmsConfig, EsmsGateway
from gateways.esms_account import EsmsAccount
from gateways.esms_advertising import EsmsAdvertisingConfig, EsmsAdvertisingGateway
from gateways.esms_short_code import ShortCode
from gateways.protocol import Ladder
from gateways.template_store import TemplateStore


def esms(settings: Settings, vault: Vault, database: Database) -> EsmsGateway:
    """Customer care, and the short code where one is set."""
    config = EsmsConfig(
        account=_account(settings, EsmsGateway.name),
        callback_base=f"{settings.base_url}/gateways/{EsmsGateway.name}",
        secret=vault.derive(EsmsGateway.name),
        short_code=_short_code(settings),
        segments_per_second=settings.esms_segments_per_second,
        price_vnd_per_segment=settings.esms_price_vnd,
        max_segments=settings.esms_max_segments,
    )
    return EsmsGateway(config, TemplateStore(database))


def esms_advertising(settings: Settings) -> EsmsAdvertisingGateway:
    """Advertising, counted as the contract counts it."""
    for name in ("esms_advertising_ladder", "esms_advertising_accented_ladder"):
        steps: tuple[int, ...] = getattr(settings, name)
        if any(longer <= shorter for shorter, longer in pairwise((0, *steps))):
            raise SettingsError(f"LOA_{name.upper()}: each step must be longer than the one before")
    config = EsmsAdvertisingConfig(
        account=_account(settings, EsmsAdvertisingGateway.name),
        ladder=Ladder(settings.esms_advertising_ladder, settings.esms_advertising_accented_ladder),
        segments_per_second=settings.esms_advertising_segments_per_second,
        price_vnd_per_segment=settings.esms_advertising_price_vnd,
    )
    return EsmsAdvertisingGateway(config)


def _account(settings: Settings, gateway: str) -> EsmsAccount:
    _need(settings, f"the gateway {gateway}", "esms_api_key", "esms_secret_key", "esms_brandname")
    try:
        return EsmsAccount(
            api_key=settings.esms_api_key.get_secret_value(),
            secret_key=settings.esms_secret_key.get_secret_value(),
            brandname=settings.esms_brandname,
            url=settings.esms_url,
            sandbox=settings.esms_sandbox,
            low_balance_vnd=settings.esms_low_balance_vnd,
        )
    except ValueError as error:
        raise SettingsError(f"LOA_ESMS_{str(error).partition(' ')[0].upper()}: {error}") from error


def _short_code(settings: Settings) -> ShortCode | None:
    if not settings.esms_short_code:
        return None
    _need(settings, "the short code", "esms_cpid", "esms_private_key")
    return ShortCode(settings.esms_short_code, settings.esms_cpid, settings.esms_private_key.get_secret_value())


def _need(settings: Settings, what_for: str, *names: str) -> None:
    for name in names:
        value: str | SecretStr = getattr(settings, name)
        if not (value.get_secret_value() if isinstance(value, SecretStr) else value):
            raise SettingsError(f"LOA_{name.upper()}: needed for {what_for}")
