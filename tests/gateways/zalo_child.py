"""A process that wants Zalo's token: `python -m tests.gateways.zalo_child DATABASE_URL KEYS ZALO_URL NOW THREADS`.

It says "ready" and waits for a line; then as many threads, each with an event loop of its own, ask Zalo for the
account's page at once. It prints how many were answered.
"""

import asyncio
import sys
import threading
from datetime import datetime
from pathlib import Path

from foundation.database import Database
from foundation.keys import open_vault
from gateways.wire import Wire
from gateways.zalo_tokens import TokenKeeper
from tests.gateways.zalo_server import account

MINUTES_S = 60.0
"""So patient that nobody takes the old token for want of the new one."""


async def ask(database: Database, url: str, now: datetime) -> bool:
    keeper = TokenKeeper(database, account(url), lambda: now, MINUTES_S)
    wire = Wire(1, 10)
    try:
        answer = await wire.look_up(f"{url}/v2.0/oa/getoa", {"access_token": await keeper.token()})
        return '"error": 0' in answer.text
    finally:
        await keeper.close()
        await wire.close()


def main(database_url: str, keys: str, url: str, now: str, threads: str) -> None:
    database = Database(database_url, open_vault(Path(keys)))
    together = threading.Barrier(int(threads))
    answered: list[bool] = []

    def one() -> None:
        together.wait(30)
        answered.append(asyncio.run(ask(database, url, datetime.fromisoformat(now))))

    asking = [threading.Thread(target=one) for _ in range(int(threads))]
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    for thread in asking:
        thread.start()
    for thread in asking:
        thread.join()
    database.close()
    sys.stdout.write(f"{sum(answered)}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
