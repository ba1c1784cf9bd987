"""spreading: broadcasts that leave a little at a time, and whose audience comes into the outbox piece by piece."""

import sqlalchemy as sa
from alembic import op

import foundation.database

revision = '0008'
down_revision = '0007'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('broadcasts', schema=None) as batch_op:
        batch_op.add_column(sa.Column('spread_s', sa.Integer(), nullable=False, server_default='0'))
        batch_op.add_column(sa.Column('expanded', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False, server_default='0'))
        batch_op.add_column(sa.Column('expanded_to', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('expanded_at', foundation.database.UtcDateTime(timezone=True), nullable=True))

    # Until now the whole audience came in with the batch.
    op.execute('UPDATE broadcasts SET expanded = recipients, expanded_at = approved_at WHERE batch_id IS NOT NULL')


def downgrade() -> None:
    with op.batch_alter_table('broadcasts', schema=None) as batch_op:
        batch_op.drop_column('expanded_at')
        batch_op.drop_column('expanded_to')
        batch_op.drop_column('expanded')
        batch_op.drop_column('spread_s')
