"""delivery: receipts as they came, leases of senders, what is shared of gateways, labels and lists the rules ask for."""

import sqlalchemy as sa
from alembic import op

import foundation.database

revision = '0007'
down_revision = '0006'
branch_labels = None
depends_on = None

PARTIAL = (
    ('ix_outbox_due', ['gateway', 'priority', 'not_before', 'id', 'batch_id'], "state = 'queued'"),
    ('ix_outbox_claimed_by', ['claimed_by'], "claimed_by IS NOT NULL"),
    ('ix_outbox_left_by', ['left_by'], "left_by IS NOT NULL"),
    ('ix_outbox_unknown', ['gateway', 'sent_at'], "state = 'unknown'"),
    ('ix_outbox_provider_id', ['provider_id'], "channel = 'zalo'"),
)


def upgrade() -> None:
    op.create_table('address_labels',
    sa.Column('channel', sa.String(length=16), nullable=False),
    sa.Column('address_hash', foundation.database.KeyedHash(length=32), nullable=False),
    sa.Column('label', sa.String(length=16), nullable=False),
    sa.Column('source', sa.String(length=40), nullable=False),
    sa.PrimaryKeyConstraint('channel', 'address_hash', 'label', 'source', name=op.f('pk_address_labels'))
    )
    with op.batch_alter_table('address_labels', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_address_labels_source'), ['source'], unique=False)

    op.create_table('do_not_call',
    sa.Column('address_hash', foundation.database.KeyedHash(length=32), nullable=False),
    sa.Column('list_version', sa.String(length=40), nullable=False),
    sa.PrimaryKeyConstraint('address_hash', name=op.f('pk_do_not_call'))
    )
    op.create_table('gateway_states',
    sa.Column('gateway', sa.String(length=32), nullable=False),
    sa.Column('free_at', sa.Double(), nullable=False),
    sa.Column('circuit', sa.String(length=16), nullable=False),
    sa.Column('since', foundation.database.UtcDateTime(timezone=True), nullable=False),
    sa.Column('retry_at', foundation.database.UtcDateTime(timezone=True), nullable=True),
    sa.Column('because', sa.String(length=200), nullable=True),
    sa.PrimaryKeyConstraint('gateway', name=op.f('pk_gateway_states'))
    )
    op.create_table('gateway_templates',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('gateway', sa.String(length=32), nullable=False),
    sa.Column('template_id', sa.String(length=80), nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.Column('state', sa.String(length=16), nullable=False),
    sa.Column('detail', sa.String(length=200), nullable=True),
    sa.Column('price_vnd', sa.Integer(), nullable=True),
    sa.Column('checked_at', foundation.database.UtcDateTime(timezone=True), nullable=True),
    sa.Column('created_at', foundation.database.UtcDateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_gateway_templates')),
    sa.UniqueConstraint('gateway', 'template_id', name='uq_gateway_templates_gateway_template_id')
    )
    op.create_table('gateway_tokens',
    sa.Column('gateway', sa.String(length=32), nullable=False),
    sa.Column('access_token', foundation.database.EncryptedText(), nullable=False),
    sa.Column('refresh_token', foundation.database.EncryptedText(), nullable=False),
    sa.Column('expires_at', foundation.database.UtcDateTime(timezone=True), nullable=False),
    sa.Column('renewed_at', foundation.database.UtcDateTime(timezone=True), nullable=False),
    sa.Column('renewing_until', foundation.database.UtcDateTime(timezone=True), nullable=True),
    sa.Column('renew_again_at', foundation.database.UtcDateTime(timezone=True), nullable=True),
    sa.Column('failed_because', sa.String(length=200), nullable=True),
    sa.PrimaryKeyConstraint('gateway', name=op.f('pk_gateway_tokens'))
    )
    op.create_table('receipts',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('gateway', sa.String(length=32), nullable=False),
    sa.Column('reference', sa.String(length=48), nullable=False),
    sa.Column('state', sa.String(length=16), nullable=False),
    sa.Column('provider_id', sa.String(length=120), nullable=True),
    sa.Column('detail', sa.String(length=200), nullable=True),
    sa.Column('reported_at', foundation.database.UtcDateTime(timezone=True), nullable=True),
    sa.Column('received_at', foundation.database.UtcDateTime(timezone=True), nullable=False),
    sa.Column('outcome', sa.String(length=16), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_receipts')),
    sa.UniqueConstraint('gateway', 'reference', 'state', name='uq_receipts_gateway_reference_state')
    )
    with op.batch_alter_table('receipts', schema=None) as batch_op:
        batch_op.create_index('ix_receipts_waiting', ['id'], unique=False, sqlite_where=sa.text('outcome IS NULL'), postgresql_where=sa.text('outcome IS NULL'))

    op.create_table('senders',
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.Column('gateway', sa.String(length=32), nullable=False),
    sa.Column('host', sa.String(length=80), nullable=False),
    sa.Column('started_at', foundation.database.UtcDateTime(timezone=True), nullable=False),
    sa.Column('renewed_at', foundation.database.UtcDateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('name', name=op.f('pk_senders'))
    )
    with op.batch_alter_table('outbox', schema=None) as batch_op:
        batch_op.add_column(sa.Column('asked_at', foundation.database.UtcDateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('status_asked_at', foundation.database.UtcDateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('failed_over_from', sa.String(length=32), nullable=True))
        batch_op.add_column(sa.Column('left_by', sa.String(length=120), nullable=True))
        batch_op.drop_index('ix_outbox_due')
        batch_op.drop_index('ix_outbox_claimed_by')
        for name, columns, condition in PARTIAL:
            where = sa.text(condition)
            batch_op.create_index(name, columns, unique=False, sqlite_where=where, postgresql_where=where)



def downgrade() -> None:
    with op.batch_alter_table('outbox', schema=None) as batch_op:
        for name, _, condition in PARTIAL:
            where = sa.text(condition)
            batch_op.drop_index(name, sqlite_where=where, postgresql_where=where)
        batch_op.create_index('ix_outbox_due', ['state', 'gateway', 'priority', 'not_before'], unique=False)
        batch_op.create_index('ix_outbox_claimed_by', ['claimed_by'], unique=False)
        batch_op.drop_column('left_by')
        batch_op.drop_column('failed_over_from')
        batch_op.drop_column('status_asked_at')
        batch_op.drop_column('asked_at')

    op.drop_table('senders')
    with op.batch_alter_table('receipts', schema=None) as batch_op:
        batch_op.drop_index('ix_receipts_waiting', sqlite_where=sa.text('outcome IS NULL'), postgresql_where=sa.text('outcome IS NULL'))

    op.drop_table('receipts')
    op.drop_table('gateway_tokens')
    op.drop_table('gateway_templates')
    op.drop_table('gateway_states')
    op.drop_table('do_not_call')
    with op.batch_alter_table('address_labels', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_address_labels_source'))

    op.drop_table('address_labels')
