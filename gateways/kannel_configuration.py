"""The configuration that we recommend for Kannel, and test with: one text for the manual, the field and the tests."""

import re
import sqlite3
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from gateways.kannel import KannelConfig

_WHOLE_DAY_S = 86_400


@dataclass(frozen=True, slots=True)
class KannelSite:
    """What one Kannel has besides what Loa must know of it.

    `carrier` is one or more `group = smsc` as the carrier's contract has it, each with an smsc-id (without one no
    receipts come). `state` is a folder that only Kannel's user can read: texts wait there in clear. Raises
    ValueError when a value would break out of its line.
    """

    carrier: str
    state: Path
    admin_password: str = field(repr=False)
    admin_port: int = 13000
    box_port: int = 13001
    retry_s: int = 10
    """Seconds between attempts to bring us a text or a receipt while Loa is down, and to bring a carrier a text that it
    put off (too fast, its queue is full)."""
    put_off_s: int = 3_600
    """What the carrier still puts off after so many seconds has failed: it shall not arrive in the middle of the
    night. Kannel itself would try for ever."""

    def __post_init__(self) -> None:
        if "smsc-id" not in self.carrier:
            raise ValueError("carrier needs an smsc-id: without one no receipts come")


def kannel_configuration(config: KannelConfig, site: KannelSite) -> str:
    """The text of kannel.conf. Run `create_receipt_store(site.state)` once before the first start."""
    smsbox = urlsplit(config.url)
    return f"""\
group = core
admin-port = {site.admin_port}
admin-password = {_quoted(site.admin_password)}
admin-deny-ip = "*.*.*.*"
admin-allow-ip = "127.0.0.1"
smsbox-port = {site.box_port}
box-deny-ip = "*.*.*.*"
box-allow-ip = "127.0.0.1"
sms-resend-freq = {site.retry_s}
sms-resend-retry = {site.put_off_s // site.retry_s}
# Messages and awaited receipts outlive a restart, at the price of a commit a message (measured: a quarter to a third
# of the messages a second, some 400; carriers allow tens).
store-type = file
store-location = {_quoted(str(site.state / "kannel.store"))}
dlr-storage = sqlite3
# From level 1 (information) downwards, and in the access-log, Kannel writes numbers and texts in clear.
log-file = {_quoted(str(site.state / "bearerbox.log"))}
log-level = 2

group = sqlite3-connection
id = receipts
database = {_quoted(str(_receipt_store(site.state)))}

group = dlr-db
id = receipts
table = dlr
field-smsc = smsc
field-timestamp = ts
field-destination = destination
field-source = source
field-service = service
field-url = url
field-mask = mask
field-status = status
field-boxc-id = boxc

{site.carrier.strip()}

# No smsbox-id: with one and without routes, inbound texts stay in bearerbox.
group = smsbox
bearerbox-host = 127.0.0.1
sendsms-port = {smsbox.port or 80}
sendsms-interface = "127.0.0.1"
mo-recode = true
# It would open 512 connections to Loa at once, and come back half a minute or more later where it finds no room.
max-pending-requests = 100
# While Loa is down its texts and receipts wait for a day.
http-request-retry = {_WHOLE_DAY_S // site.retry_s}
http-queue-delay = {site.retry_s}
log-file = {_quoted(str(site.state / "smsbox.log"))}
log-level = 2

group = sendsms-user
username = {_quoted(config.username)}
password = {_quoted(config.password)}
user-deny-ip = "*.*.*.*"
user-allow-ip = "127.0.0.1"
concatenation = true
# Kannel cuts off what is longer, without a word.
max-messages = {config.max_segments}

group = sms-service
keyword = default
catch-all = true
post-url = {_quoted(config.inbound_url)}
# Without this nobody knows who sent a text.
send-sender = true
# We answer by a message of its own, never in the HTTP response.
max-messages = 0
omit-empty = true
"""


def create_receipt_store(state: Path) -> None:
    """Make the table in which Kannel remembers the receipts it waits for; it makes none itself."""
    connection = sqlite3.connect(_receipt_store(state))
    with connection:
        connection.execute(
            "CREATE TABLE IF NOT EXISTS dlr (smsc TEXT, ts TEXT, destination TEXT, source TEXT, service TEXT, "
            "url TEXT, mask INTEGER, status INTEGER, boxc TEXT)"
        )
        connection.execute("CREATE INDEX IF NOT EXISTS dlr_smsc_ts ON dlr (smsc, ts)")
    connection.close()


def _receipt_store(state: Path) -> Path:
    return state / "receipts.db"


def _quoted(value: str) -> str:
    if re.search(r'["\\\x00-\x1f]', value):
        raise ValueError("a value in kannel.conf holds a quotation mark, a backslash or a control character")
    return f'"{value}"'
