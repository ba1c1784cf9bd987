"""A process to be killed: expands what is due, in small pieces, until nothing is left.

python -m tests.campaigns.expanding_child DATABASE_URL KEYS NOW PIECE
"""

import sys
from datetime import datetime
from pathlib import Path

from campaigns import sending
from foundation.database import Database
from foundation.keys import open_vault
from tests.campaigns.test_broadcasts import ROUTE

if __name__ == "__main__":
    url, keys, now, piece = sys.argv[1:]
    sending.PIECE = int(piece)
    sending.send_due(Database(url, open_vault(Path(keys))), {ROUTE.gateway: ROUTE}, datetime.fromisoformat(now))
