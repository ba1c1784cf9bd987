"""what was understood: the model's intent and topic beside each inbound text."""

import sqlalchemy as sa
from alembic import op

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None

# Without batch mode: SQLite adds and drops plain columns itself, while a copy of the table would take the labels along.


def upgrade() -> None:
    op.add_column('inbound', sa.Column('intent', sa.String(length=64), nullable=True))
    op.add_column('inbound', sa.Column('topic', sa.String(length=64), nullable=True))


def downgrade() -> None:
    op.drop_column('inbound', 'topic')
    op.drop_column('inbound', 'intent')
