"""Alembic's environment: migrations run on the connection that `loa.schema` hands over."""

from alembic import context

from foundation.database import Base
from loa import tables  # noqa: F401  (registers every room's tables)

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,  # SQLite changes a table by copying it
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
