"""From settings to the gateways of a Zalo Official Account. Each raises SettingsError naming what is wrong."""

from pydantic import SecretStr

from foundation.database import Database
from foundation.settings import Settings, SettingsError
from gateways.template_store import TemplateStore
from gateways.zalo import ZaloConfig, ZaloGateway
from gateways.zalo_oauth import ZaloAccount
from gateways.zalo_templates import ZbsConfig, ZbsGateway


def zalo(settings: Settings, database: Database) -> ZaloGateway:
    """Answers to people who write to the account, and the address for all of Zalo's calls."""
    config = ZaloConfig(
        messages_per_second=settings.zalo_segments_per_second,
        price_vnd=settings.zalo_price_vnd,
        name=settings.zalo_name,
    )
    return ZaloGateway(config, zalo_account(settings, ZaloGateway.name), database)


def zbs(settings: Settings, database: Database) -> ZbsGateway:
    """Templates to telephone numbers. Zalo calls the gateway zalo about them, which must be in use too."""
    if ZaloGateway.name not in settings.gateways:
        raise SettingsError(f"LOA_GATEWAYS: {ZbsGateway.name} needs {ZaloGateway.name} beside it, whom Zalo calls")
    config = ZbsConfig(
        messages_per_second=settings.zbs_segments_per_second,
        price_vnd=settings.zbs_price_vnd,
        development=settings.zbs_development,
        name=settings.zalo_name,
    )
    return ZbsGateway(config, zalo_account(settings, ZbsGateway.name), database, TemplateStore(database))


def zalo_account(settings: Settings, needed_for: str) -> ZaloAccount:
    """The account and the app that acts for it."""
    for name in ("zalo_app_id", "zalo_app_secret", "zalo_oa_id", "zalo_oa_secret"):
        value: str | SecretStr = getattr(settings, name)
        if not (value.get_secret_value() if isinstance(value, SecretStr) else value):
            raise SettingsError(f"LOA_{name.upper()}: needed for {needed_for}")
    return ZaloAccount(
        app_id=settings.zalo_app_id,
        oa_id=settings.zalo_oa_id,
        app_secret=settings.zalo_app_secret.get_secret_value(),
        oa_secret=settings.zalo_oa_secret.get_secret_value(),
        proves_secret=settings.zalo_appsecret_proof,
        api_url=settings.zalo_url.rstrip("/"),
        business_url=settings.zbs_url.rstrip("/"),
        oauth_url=settings.zalo_oauth_url.rstrip("/"),
    )
