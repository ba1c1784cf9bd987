"""slips: what somebody told in an interview, kept for the commune."""

import sqlalchemy as sa
from alembic import op

import foundation.database

revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('slips',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('code', sa.String(length=12), nullable=False),
    sa.Column('channel', sa.String(length=16), nullable=False),
    sa.Column('address_hash', foundation.database.KeyedHash(length=32), nullable=False),
    sa.Column('content', foundation.database.EncryptedText(), nullable=False),
    sa.Column('created_at', foundation.database.UtcDateTime(timezone=True), nullable=False),
    sa.Column('expires_at', foundation.database.UtcDateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_slips')),
    sa.UniqueConstraint('code', name=op.f('uq_slips_code'))
    )
    op.create_index(op.f('ix_slips_address_hash'), 'slips', ['address_hash'])
    op.create_index(op.f('ix_slips_expires_at'), 'slips', ['expires_at'])


def downgrade() -> None:
    op.drop_table('slips')
