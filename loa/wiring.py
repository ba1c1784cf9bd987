"""From settings to the parts that work: vault, database, gateways, routes, answers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
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
from gateways.esms import EsmsGateway
from gateways.esms_advertising import EsmsAdvertisingGateway
from gateways.kannel import KannelConfig, KannelGateway
from gateways.simulator import SimulatedZalo, SimulatorConfig, SimulatorGateway
from gateways.twilio import TwilioGateway
from gateways.zalo import MOST_SEGMENTS, ZaloGateway
from gateways.zalo_templates import ZbsGateway
from loa.esms_wiring import esms, esms_advertising
from loa.processes.timetable import Kind, Times, timetable
from loa.twilio_wiring import twilio
from loa.zalo_wiring import zalo, zbs
from policies import AnswerBook
from scheduler.engine import Engine
from scheduler.outbox import Route, way_out
from scheduler.rules import ALWAYS, CapsError, Hours, HoursError, LabelsError, Limits, read_limits

ROOT = Path(__file__).resolve().parents[1]
"""The project's folder: Rasa's environment and training data lie beside the packages."""

WORKER = "worker"
CLOCK = "clock"
UNDERSTANDING = "understanding"

GRACE = timedelta(seconds=4)
"""An answer that may travel in our answer to a call is kept for it so long: a call waits a second less."""

SIMULATED = frozenset({SimulatorGateway.name, SimulatedZalo.name})


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
            name: Route(
                name,
                gateway.channel,
                gateway.price_vnd_per_segment,
                gateway.capabilities.max_segments,
                gateway.capabilities.ladders,
                gateway.capabilities.reply_window,
                gateway.segments_per_second,
                self.limits.hours,
                GRACE if gateway.capabilities.reply_in_response else timedelta(),
                gateway.capabilities.classes,
            )
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
            EsmsGateway.name: self.settings.esms_keyword,
        }
        return keywords.get(gateway, "")

    def route_of(self, message_class: MessageClass) -> Route:
        """The route of what answers nobody. Raises RouteError."""
        return way_out(self.routes, message_class)

    @cached_property
    def limits(self) -> Limits:
        """What the rules on the way out go by. Raises SettingsError.

        In a demo whose only phones are simulated nobody can be woken, so that what is tried at night goes out too.
        """
        settings = self.settings
        try:
            limits = read_limits(settings.hours, settings.caps, settings.labels)
        except HoursError as error:
            raise SettingsError(f"LOA_HOURS: {error}") from error
        except CapsError as error:
            raise SettingsError(f"LOA_CAPS: {error}") from error
        except LabelsError as error:
            raise SettingsError(f"LOA_LABELS: {error}") from error
        if settings.env == "demo" and set(settings.gateways) <= SIMULATED and not settings.hours:
            return replace(limits, hours=dict.fromkeys(MessageClass, ALWAYS))
        return limits

    @property
    def hours(self) -> Mapping[MessageClass, Hours]:
        """When each class may be sent. Raises SettingsError."""
        return self.limits.hours

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

    @property
    def timetable(self) -> Mapping[str, Times]:
        """The jobs of this installation."""
        return timetable(self.settings.gateways, SIMULATED)

    @cached_property
    def engine(self) -> Engine | None:
        """What offers jobs to workers; None without a broker: then there is one worker, in reach of a socket."""
        if not (url := self.settings.broker_url.get_secret_value()):
            return None
        return Engine(url, {name: times.kind for name, times in self.timetable.items()})

    def nudge_worker(self) -> None:
        """Have the worker, or some of the workers, look now instead of at the next poll. Never waits or fails."""
        if self.engine is None:
            nudge(socket_path(self.settings.home, WORKER))
        else:
            self.offer(*Kind)

    def offer(self, *kinds: Kind) -> None:
        """Offer what is to be looked at when nudged, of these kinds, to the workers of an outgrown installation."""
        if self.engine is not None:
            self.engine.offer(*(name for name, times in self.timetable.items() if times.nudged and times.kind in kinds))


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
    return SimulatedZalo(replace(config, number="Loa", max_segments=MOST_SEGMENTS), loa.database)


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
    EsmsGateway.name: lambda loa: esms(loa.settings, loa.vault, loa.database),
    EsmsAdvertisingGateway.name: lambda loa: esms_advertising(loa.settings),
    KannelGateway.name: _kannel,
    SimulatorGateway.name: _simulator,
    SimulatedZalo.name: _simulated_zalo,
    TwilioGateway.name: lambda loa: twilio(loa.settings, loa.vault),
    ZaloGateway.name: lambda loa: zalo(loa.settings, loa.database),
    ZbsGateway.name: lambda loa: zbs(loa.settings, loa.database),
}
