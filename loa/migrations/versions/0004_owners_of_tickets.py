"""owners of tickets: posts and duties of officials, what a ticket needs to find its owner, attachments, numbers that
changed hands."""

import sqlalchemy as sa
from alembic import op

import foundation.database

revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None

# Without batch mode: SQLite adds and drops plain columns itself, while a copy of the table would take the answers
# along. A new column of `tickets` therefore has no foreign key.


def _new() -> list[sa.Column]:
    return [
        sa.Column('reason', sa.String(length=16), server_default='question', nullable=False),
        sa.Column('place', sa.String(length=120), nullable=True),
        sa.Column('confidential', sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column('urgent', sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column('hour', foundation.database.EncryptedText(), nullable=True),
        sa.Column('language', foundation.database.EncryptedText(), nullable=True),
        sa.Column('owner', sa.String(length=64), nullable=True),
        sa.Column('handed_over', sa.Integer(), server_default='0', nullable=False),
        sa.Column('escalations', sa.Integer(), server_default='0', nullable=False),
        sa.Column('notified_at', foundation.database.UtcDateTime(timezone=True), nullable=True),
        sa.Column('reminded_at', foundation.database.UtcDateTime(timezone=True), nullable=True),
    ]


def upgrade() -> None:
    op.create_table('posts',
    sa.Column('official_id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('body', sa.String(length=120), nullable=False),
    sa.Column('commune', sa.String(length=120), nullable=True),
    sa.Column('channel', sa.String(length=16), nullable=True),
    sa.Column('address', foundation.database.EncryptedText(), nullable=True),
    sa.Column('address_hash', foundation.database.KeyedHash(), nullable=True),
    sa.Column('chief_id', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['chief_id'], ['officials.id'], name=op.f('fk_posts_chief_id_officials')),
    sa.ForeignKeyConstraint(['official_id'], ['officials.id'], name=op.f('fk_posts_official_id_officials'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('official_id', name=op.f('pk_posts')),
    sa.UniqueConstraint('channel', 'address_hash', name='uq_posts_channel_address_hash')
    )
    op.create_table('duties',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('official_id', sa.Integer(), nullable=False),
    sa.Column('place', sa.String(length=120), nullable=True),
    sa.Column('topic', sa.String(length=64), nullable=True),
    sa.Column('confidential', sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(['official_id'], ['officials.id'], name=op.f('fk_duties_official_id_officials'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_duties'))
    )
    op.create_index(op.f('ix_duties_official_id'), 'duties', ['official_id'])
    op.create_table('attachments',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('inbound_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('kind', sa.String(length=16), nullable=False),
    sa.Column('content', foundation.database.EncryptedText(), nullable=False),
    sa.ForeignKeyConstraint(['inbound_id'], ['inbound.id'], name=op.f('fk_attachments_inbound_id_inbound'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_attachments'))
    )
    op.create_index(op.f('ix_attachments_inbound_id'), 'attachments', ['inbound_id'])
    op.create_table('number_changes',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('channel', sa.String(length=16), nullable=False),
    sa.Column('address_hash', foundation.database.KeyedHash(), nullable=False),
    sa.Column('at', foundation.database.UtcDateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_number_changes'))
    )
    op.create_index('ix_number_changes_address_hash_channel', 'number_changes', ['address_hash', 'channel'])
    for column in _new():
        op.add_column('tickets', column)
    op.create_index('ix_tickets_owner_status', 'tickets', ['owner', 'status'])


def downgrade() -> None:
    op.drop_index('ix_tickets_owner_status', 'tickets')
    for column in reversed(_new()):
        op.drop_column('tickets', column.name)
    for table in ('number_changes', 'attachments', 'duties', 'posts'):
        op.drop_table(table)
