"""the register: households as encrypted columns; audiences that are worked out, their communes; what a broadcast tells of."""

import sqlalchemy as sa
from alembic import op

import foundation.database

revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None

# Without batch mode for `broadcasts`: a copy of the table would take what refers to it along. Its new column therefore
# has no foreign key.


def upgrade() -> None:
    op.create_table('register_lists',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.Column('basis', sa.String(length=16), nullable=False),
    sa.Column('evidence', foundation.database.EncryptedText(), nullable=False),
    sa.Column('imported_by', sa.String(length=64), nullable=False),
    sa.Column('imported_at', foundation.database.UtcDateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_register_lists')),
    sa.UniqueConstraint('name', name=op.f('uq_register_lists_name'))
    )
    op.create_table('register_places',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('province', sa.String(length=60), nullable=False),
    sa.Column('commune', sa.String(length=120), nullable=False),
    sa.Column('district_before_2025', sa.String(length=120), nullable=False),
    sa.Column('village', sa.String(length=120), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_register_places')),
    sa.UniqueConstraint('province', 'commune', 'district_before_2025', 'village', name='uq_register_places_names')
    )
    op.create_table('register_chunks',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('list_id', sa.Integer(), nullable=False),
    sa.Column('households', sa.Integer(), nullable=False),
    sa.Column('persons', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['list_id'], ['register_lists.id'], name=op.f('fk_register_chunks_list_id_register_lists'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_register_chunks'))
    )
    op.create_index(op.f('ix_register_chunks_list_id'), 'register_chunks', ['list_id'])
    op.create_table('register_pieces',
    sa.Column('chunk_id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('name', sa.String(length=64), nullable=False),
    sa.Column('values', sa.JSON(), nullable=False),
    sa.Column('content', sa.LargeBinary(), nullable=False),
    sa.ForeignKeyConstraint(['chunk_id'], ['register_chunks.id'], name=op.f('fk_register_pieces_chunk_id_register_chunks'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('chunk_id', 'name', name=op.f('pk_register_pieces'))
    )
    op.create_table('audiences',
    sa.Column('group_id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('condition', sa.String(length=1000), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('policy', sa.String(length=64), nullable=True),
    sa.Column('approval_from', sa.Date(), nullable=False),
    sa.Column('saved_by', sa.String(length=64), nullable=False),
    sa.Column('saved_at', foundation.database.UtcDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['group_id'], ['groups.id'], name=op.f('fk_audiences_group_id_groups'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('group_id', name=op.f('pk_audiences'))
    )
    op.create_table('audience_communes',
    sa.Column('group_id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('commune', sa.String(length=160), nullable=False),
    sa.Column('households', sa.Integer(), nullable=False),
    sa.Column('listed', foundation.database.EncryptedText(), nullable=False),
    sa.Column('objected_by', sa.String(length=64), nullable=True),
    sa.Column('objected_at', foundation.database.UtcDateTime(timezone=True), nullable=True),
    sa.Column('because', foundation.database.EncryptedText(), nullable=True),
    sa.ForeignKeyConstraint(['group_id'], ['audiences.group_id'], name=op.f('fk_audience_communes_group_id_audiences'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('group_id', 'commune', name=op.f('pk_audience_communes'))
    )
    op.add_column('broadcasts', sa.Column('policy', sa.String(length=64), nullable=True))


def downgrade() -> None:
    op.drop_column('broadcasts', 'policy')
    for table in ('audience_communes', 'audiences', 'register_pieces', 'register_chunks', 'register_places', 'register_lists'):
        op.drop_table(table)
