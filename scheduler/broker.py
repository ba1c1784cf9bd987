"""Celery on RabbitMQ, as far as Loa needs it: tasks without arguments or results, which only say "look now".

What is due stands in the database. So a task that is lost is offered again by the clock, and one that comes twice
finds nothing to claim; nothing here has to be kept for ever, and everything here is bounded.
"""

from collections.abc import Callable, Collection, Mapping
from typing import Any

import structlog
from celery import Celery, signals
from celery.worker import state
from celery.worker.consumer import Consumer
from kombu import Connection, Queue

log = structlog.get_logger()

LASTS_S = 10.0
"""So long an offer waits for a worker; the clock makes another within seconds. Counted by the broker: Celery's own
`expires` is a moment of the offerer's clock, and a worker whose clock is ahead would throw everything away."""
LONGEST_QUEUE = 1_000
MOST_DELIVERIES = 3
"""A task whose worker died so often is dropped; the clock offers its job again, at its own pace."""
CONNECT_S = 3.0
CONFIRM_S = 5.0
HEARTBEAT_S = 10.0
FIRST_RECONNECT_S = 0.5
LONGEST_RECONNECT_S = 5.0


class BrokerAway(Exception):
    """The broker does not answer, or not as a broker would."""


def application(url: str, kinds: Collection[str]) -> Celery:
    """Celery with one queue for each kind of job. Opens nothing."""
    app = Celery("loa", broker=url, set_as_current=False)
    app.conf.update(
        task_queues=[_queue(kind) for kind in kinds],
        task_default_queue=_queue_name(next(iter(kinds))),  # Celery wants one; every offer names its own
        task_create_missing_queues=False,
        task_acks_late=True,  # what a killed worker had is delivered to another
        task_reject_on_worker_lost=True,
        task_ignore_result=True,
        task_publish_retry=False,  # `Offers` tries again, and keeps nobody waiting
        task_serializer="json",
        accept_content=["json"],
        broker_transport_options={"confirm_publish": True},
        broker_connection_timeout=CONNECT_S,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,  # for ever
        broker_heartbeat=HEARTBEAT_S,
        worker_consumer=_Reader,
        worker_prefetch_multiplier=1,
        worker_enable_prefetch_count_reduction=False,  # it waits for the acknowledgement of tasks of a lost connection
        worker_enable_remote_control=False,
        worker_hijack_root_logger=False,
        worker_redirect_stdouts=False,
        enable_utc=True,
    )
    return app


class Publisher:
    """Puts offers into the queues, over one connection; not for several threads at once."""

    def __init__(self, app: Celery, queues: Mapping[str, str]) -> None:
        self._app = app
        self._queues = queues
        self._connection: Connection | None = None
        self._producer: Any = None

    def publish(self, name: str) -> None:
        """Returns when the broker has the offer. Raises whatever Celery, Kombu or the socket raises."""
        was_open = self._connection is not None
        try:
            self._send(name)
        except Exception:
            self.close()
            if not was_open:
                raise
            self._send_or_close(name)  # a broker that was restarted is noticed by the first offer alone

    def close(self) -> None:
        """Forget the connection; the next offer opens another."""
        connection, self._connection, self._producer = self._connection, None, None
        if connection is not None:
            connection.collect()  # unlike `release`, without waiting for a broker that says nothing

    def _send_or_close(self, name: str) -> None:
        try:
            self._send(name)
        except Exception:
            self.close()
            raise

    def _send(self, name: str) -> None:
        if self._connection is None:
            # No heartbeat: nobody reads this connection between two offers, so none could be answered.
            self._connection = self._app.connection_for_write(heartbeat=0)
            self._connection.connect()
            self._producer = self._app.amqp.Producer(self._connection, auto_declare=False)
        self._app.send_task(
            task_name(name),
            queue=_queue_name(self._queues[name]),
            producer=self._producer,
            ignore_result=True,
            expiration=LASTS_S,
            confirm_timeout=CONFIRM_S,
        )


def depths(app: Celery, kinds: Collection[str]) -> dict[str, int]:
    """How many offers wait in the queue of each kind. Raises BrokerAway."""
    try:
        with app.connection_for_read(heartbeat=0) as connection:
            connection.connect()
            found = {}
            for kind in kinds:
                with connection.channel() as channel:
                    found[kind] = _queue(kind).bind(channel).queue_declare(passive=False).message_count
            return found
    except Exception as error:
        raise BrokerAway(type(error).__name__) from error


def take(
    app: Celery, jobs: Mapping[str, Callable[[], None]], kinds: Collection[str], on_stop: Callable[[], None]
) -> int:
    """Run the jobs of these kinds as they are offered, each in a thread, until SIGTERM or SIGINT; the exit code.

    Call it in the main thread. `on_stop` is called inside the signal's handler: what runs then is waited for.
    """
    for name, job in jobs.items():
        app.task(_named(job), name=task_name(name), shared=False)

    def stopping(**_: object) -> None:
        on_stop()

    def leave_logs_alone(**_: object) -> None:
        """Celery sets logs up by itself unless somebody listens to this signal."""

    signals.worker_shutting_down.connect(stopping)
    signals.setup_logging.connect(leave_logs_alone)
    try:
        worker = app.Worker(
            pool="threads",
            # Every job runs once at a time in a process, so with a thread for each none ever waits for another; and
            # some for those that come to a job that runs, and return at once.
            concurrency=len(jobs) + 2,
            queues=[_queue_name(kind) for kind in kinds],
            quiet=True,
            without_gossip=True,
            without_mingle=True,
            without_heartbeat=True,  # of Celery's own events; the connection has its heartbeat
        )
        worker.start()
        return int(worker.exitcode or 0)
    finally:
        signals.worker_shutting_down.disconnect(stopping)
        signals.setup_logging.disconnect(leave_logs_alone)


def end(code: int) -> None:
    """Have `take` end as after SIGTERM, with this exit code; from any thread."""
    state.should_stop = code


def task_name(job: str) -> str:
    """What a job is called among Celery's tasks."""
    return f"loa.{job}"


class _Reader(Consumer):  # type: ignore[misc]
    """Celery's consumer, but it comes back within seconds, and makes no queues for delayed tasks: we delay none."""

    class Blueprint(Consumer.Blueprint):  # type: ignore[misc]
        default_steps = tuple(
            step for step in Consumer.Blueprint.default_steps if not step.endswith(":DelayedDelivery")
        )

    def ensure_connected(self, conn: Connection) -> Connection:
        """Until there is a broker, or this worker is told to stop. (Celery's own waits grow to half a minute.)"""

        def away(error: Exception, wait_s: float) -> None:
            log.warning("no broker", error=type(error).__name__, wait_s=wait_s)

        connected = conn.ensure_connection(
            away,
            None,
            interval_start=FIRST_RECONNECT_S,
            interval_step=FIRST_RECONNECT_S,
            interval_max=LONGEST_RECONNECT_S,
            callback=state.maybe_shutdown,
        )
        self.first_connection_attempt = False
        return connected


def _queue(kind: str) -> Queue:
    arguments = {
        "x-queue-type": "quorum",
        "x-delivery-limit": MOST_DELIVERIES,
        "x-max-length": LONGEST_QUEUE,
    }
    return Queue(_queue_name(kind), routing_key=_queue_name(kind), queue_arguments=arguments)


def _queue_name(kind: str) -> str:
    return f"loa.{kind}"


def _named(job: Callable[[], None]) -> Callable[[], None]:
    def run() -> None:
        job()

    return run
