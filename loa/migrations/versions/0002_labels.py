"""labels: what officials say that a text means, for learning."""

import sqlalchemy as sa
from alembic import op

import foundation.database

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('labels',
    sa.Column('inbound_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
    sa.Column('intent', sa.String(length=64), nullable=True),
    sa.Column('topic', sa.String(length=64), nullable=True),
    sa.Column('official', sa.String(length=64), nullable=False),
    sa.Column('at', foundation.database.UtcDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['inbound_id'], ['inbound.id'], name=op.f('fk_labels_inbound_id_inbound'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('inbound_id', name=op.f('pk_labels'))
    )


def downgrade() -> None:
    op.drop_table('labels')
