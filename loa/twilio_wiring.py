"""From settings to the gateway of an account at Twilio. Raises SettingsError naming what is missing or wrong."""

from foundation.keys import Vault
from foundation.settings import Settings, SettingsError
from gateways.twilio import TwilioConfig, TwilioGateway


def twilio(settings: Settings, vault: Vault) -> TwilioGateway:
    """One sender of the account."""
    auth_token = settings.twilio_auth_token.get_secret_value()
    needed = {
        "account_sid": settings.twilio_account_sid,
        "auth_token": auth_token,
        "sender": settings.twilio_sender,
    }
    for name, value in needed.items():
        if not value:
            raise SettingsError(f"LOA_TWILIO_{name.upper()}: needed for the gateway {TwilioGateway.name}")
    if settings.twilio_price_vnd is None:
        raise SettingsError(f"LOA_TWILIO_PRICE_VND: needed for the gateway {TwilioGateway.name}")
    shared_keys = settings.twilio_shared_keys.get_secret_value().split(",")
    try:
        config = TwilioConfig(
            account_sid=settings.twilio_account_sid,
            auth_token=auth_token,
            sender=settings.twilio_sender,
            callback_base=f"{settings.base_url}/gateways/{TwilioGateway.name}",
            secret=vault.derive(TwilioGateway.name),
            shared_keys=tuple(key.strip() for key in shared_keys if key.strip()),
            url=settings.twilio_url,
            answerable=settings.twilio_answerable,
            segments_per_second=settings.twilio_segments_per_second,
            price_vnd_per_segment=settings.twilio_price_vnd,
        )
    except ValueError as error:
        field = str(error).partition(" ")[0].upper()
        name = "LOA_PUBLIC_URL" if field == "CALLBACK_BASE" else f"LOA_TWILIO_{field}"
        raise SettingsError(f"{name}: {error}") from error
    return TwilioGateway(config)
