"""The database's schema: brought up to date, and compared with what the code expects."""

from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.engine import Connection

from foundation.database import Base, Database
from loa import tables  # noqa: F401  (registers them)

MIGRATIONS = Path(__file__).parent / "migrations"


def upgrade(database: Database) -> None:
    """Apply every migration that is missing, in one transaction."""
    with database.engine.begin() as connection:
        command.upgrade(_config(connection), "head")


def revise(database: Database, message: str) -> None:
    """Write a migration from what the models have and the database has not; for developers."""
    with database.engine.begin() as connection:
        command.revision(_config(connection), message=message, autogenerate=True)


def is_current(database: Database) -> bool:
    """Whether every migration has been applied."""
    with database.engine.connect() as connection:
        applied = MigrationContext.configure(connection).get_current_revision()
    return applied == ScriptDirectory(str(MIGRATIONS)).get_current_head()


def differences(database: Database) -> list[object]:
    """What the models have otherwise than the database; empty when the migrations say all."""
    with database.engine.connect() as connection:
        return list(compare_metadata(MigrationContext.configure(connection), Base.metadata))


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    return config
