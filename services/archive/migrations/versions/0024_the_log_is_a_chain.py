"""Every line of the log has a hash that covers it and the line before; the last one stands apart."""

import sqlalchemy as sa
from alembic import op

from services.archive.chain import START, link
from services.archive.schema import UtcDateTime

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

_AT_ONCE = 5_000


def upgrade() -> None:
    """Add the column, the head and two indexes, and chain the lines that are there as they are."""
    op.add_column("events", sa.Column("hash", sa.String(length=64), server_default="", nullable=False))
    op.create_index("ix_events_who", "events", ["who", "seq"])
    op.create_index("ix_events_at", "events", ["at"])
    head = op.create_table(
        "log_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_log_head")),
    )
    seq, last = chain_lines(op.get_bind())
    op.get_bind().execute(head.insert().values(id=1, seq=seq, hash=last))


def chain_lines(conn: sa.Connection) -> tuple[int, str]:
    """Give every line its hash, in order; return the number and the hash of the last."""
    names = ("who", "origin", "action", "subject_type", "subject_id", "change", "address", "hash")
    events = sa.table(
        "events",
        sa.column("seq", sa.BigInteger()),
        sa.column("at", UtcDateTime()),
        sa.column("details", sa.JSON()),
        *(sa.column(name) for name in names),
    )
    seq, before = 0, START
    put = events.update().where(events.c.seq == sa.bindparam("number")).values(hash=sa.bindparam("digest"))
    following = sa.select(events).order_by(events.c.seq).limit(_AT_ONCE)
    while rows := conn.execute(following.where(events.c.seq > seq)).all():
        found = []
        for row in rows:
            before = link(before, row._asdict())
            found.append({"number": row.seq, "digest": before})
        conn.execute(put, found)
        seq = rows[-1].seq
    return seq, before
