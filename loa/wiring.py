"""From settings to the parts that work: vault, database, gateways, routes, answers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from bot.answering import Answerer, ReplyForm
from foundation.database import Database
from foundation.holidays import SHIPPED, DaysOff, HolidaysError
from foundation.keys import Vault, open_vault
from foundation.message_class import MessageClass
from foundation.settings import Settings, SettingsError
from foundation.sockets import nudge, socket_path
from gateways import Gateway
from gateways.behaviour import BehaviourError, parse_behaviour
from gateways.kannel import KannelConfig, KannelGateway
from gateways.simulator import SimulatedZalo, SimulatorConfig, SimulatorGateway
from policies import AnswerBook
from scheduler.outbox import Route
from scheduler.rules import ALWAYS, Hours, HoursError, read_hours

ROOT = Path(__file__).resolve().parents[1]
"""The project's folder: Rasa's environment and training data lie beside the packages."""

WORKER = "worker"
CLOCK = "clock"
UNDERSTANDING = "understanding"

SIMULATED = frozenset({SimulatorGateway.name, SimulatedZalo.name})
ZALO_SEGMENTS = 13
"""The simulated Zalo's longest text, counted as SMS: 13 × 153 characters stay below the 2,000 that Zalo takes."""


@dataclass(frozen=True)
class Loa:
    """One installation, its parts made when first asked for. Cheap to make; nothing is opened before it is used."""

    settings: Settings

    @cached_property
    def vault(self) -> Vault:
        return open_vault(self.settings.home / "keys")

    @cached_property
    def database(self) -> Database:
        self.settings.home.mkdir(parents=True, exist_ok=True, mode=0o700)
        return Database(self.settings.effective_database_url, self.vault)

    @cached_property
    def gateways(self) -> Mapping[str, Gateway]:
        """The gateways named in LOA_GATEWAYS. Raises SettingsError for an unknown or ill-configured one."""
        known = sorted(_MAKERS)
        for name in self.settings.gateways:
            if name not in _MAKERS:
                raise SettingsError(f"LOA_GATEWAYS: no gateway «{name}»; there are {', '.join(known)}")
        if not self.settings.gateways:
            raise SettingsError(f"LOA_GATEWAYS: name at least one of {', '.join(known)}")
        return {name: _MAKERS[name](self) for name in self.settings.gateways}

    @cached_property
    def routes(self) -> Mapping[str, Route]:
        """How to send through each gateway, by its name."""
        return {
            name: Route(name, gateway.channel, gateway.price_vnd_per_segment, gateway.capabilities.max_segments)
            for name, gateway in self.gateways.items()
        }

    @property
    def simulated(self) -> list[SimulatorGateway]:
        """Those of the gateways whose phones are simulated."""
        return [gateway for gateway in self.gateways.values() if isinstance(gateway, SimulatorGateway)]

    def service_keyword(self, gateway: str) -> str:
        """The word with which texts reach us on a number that others share; empty where the number is ours alone."""
        keywords = {
            KannelGateway.name: self.settings.kannel_keyword,
            SimulatorGateway.name: self.settings.simulator_keyword,
        }
        return keywords.get(gateway, "")

    @property
    def default_route(self) -> Route:
        """The route of what answers nobody: the first gateway named in settings."""
        return next(iter(self.routes.values()))

    @property
    def hours(self) -> Mapping[MessageClass, Hours]:
        """When each class may be sent. Raises SettingsError.

        In a demo whose only phones are simulated nobody can be woken, so that what is tried at night goes out too.
        """
        settings = self.settings
        if settings.env == "demo" and set(settings.gateways) <= SIMULATED and not settings.hours:
            return dict.fromkeys(MessageClass, ALWAYS)
        try:
            return read_hours(settings.hours)
        except HoursError as error:
            raise SettingsError(f"LOA_HOURS: {error}") from error

    @cached_property
    def days_off(self) -> DaysOff:
        """The days on which no due date falls. Raises SettingsError."""
        try:
            return SHIPPED.and_also(self.settings.holidays)
        except HolidaysError as error:
            raise SettingsError(f"LOA_HOLIDAYS: {error}") from error

    @property
    def models(self) -> Path:
        """Where understanding's models live."""
        return self.settings.home.absolute() / "models"

    @property
    def nlu_python(self) -> Path:
        """The interpreter of Rasa's environment."""
        return self.settings.nlu_python or ROOT / "nlu" / ".venv" / "bin" / "python"

    @cached_property
    def answerer(self) -> Answerer:
        settings = self.settings
        return Answerer(
            AnswerBook.load(), signed_only=settings.env == "production", form=ReplyForm(settings.reply_form)
        )

    def nudge_worker(self) -> None:
        """Tell the worker to look now instead of at its next poll."""
        nudge(socket_path(self.settings.home, WORKER))


def kannel_config(loa: Loa) -> KannelConfig:
    """How to reach Kannel. Raises SettingsError naming what is missing."""
    settings = loa.settings
    missing = [name.upper() for name in ("kannel_username", "kannel_sender") if not getattr(settings, name)] + (
        [] if settings.kannel_password.get_secret_value() else ["KANNEL_PASSWORD"]
    )
    if missing:
        raise SettingsError(f"LOA_{missing[0]}: needed for the gateway kannel")
    return KannelConfig(
        url=settings.kannel_url,
        username=settings.kannel_username,
        password=settings.kannel_password.get_secret_value(),
        sender=settings.kannel_sender,
        callback_base=f"{settings.kannel_callback_url or settings.local_url}/gateways/kannel",
        secret=loa.vault.derive("kannel"),
        segments_per_second=settings.kannel_segments_per_second,
        price_vnd_per_segment=settings.kannel_price_vnd,
    )


def _kannel(loa: Loa) -> Gateway:
    return KannelGateway(kannel_config(loa))


def _simulator(loa: Loa) -> Gateway:
    config = _simulator_config(loa, SimulatorGateway.name)
    return SimulatorGateway(replace(config, price_vnd_per_segment=loa.settings.simulator_price_vnd), loa.database)


def _simulated_zalo(loa: Loa) -> Gateway:
    """Free, as answers within two days of a person's text are on Zalo."""
    config = _simulator_config(loa, SimulatedZalo.name)
    return SimulatedZalo(replace(config, number="Loa", max_segments=ZALO_SEGMENTS), loa.database)


def _simulator_config(loa: Loa, name: str) -> SimulatorConfig:
    """What the simulated gateways have in common. Raises SettingsError."""
    settings = loa.settings
    if settings.env == "production":
        raise SettingsError("LOA_GATEWAYS: the simulator is never used in production")
    try:
        behaviours = parse_behaviour(settings.simulator_behaviour)
    except BehaviourError as error:
        raise SettingsError(f"LOA_SIMULATOR_BEHAVIOUR: {error}") from error
    return SimulatorConfig(
        secret=loa.vault.derive(name),
        behaviours=behaviours,
        segments_per_second=settings.simulator_segments_per_second,
    )


_MAKERS: Mapping[str, Callable[[Loa], Gateway]] = {
    KannelGateway.name: _kannel,
    SimulatorGateway.name: _simulator,
    SimulatedZalo.name: _simulated_zalo,
}
