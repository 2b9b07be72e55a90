"""Sources keep what their digital signatures say, not their number alone."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Sources keep what their digital signatures say; of files read before nothing is known."""
    op.drop_column("sources", "signatures")  # in place: a table made anew would lose the rows that refer to it
    op.add_column("sources", sa.Column("signatures", sa.JSON(none_as_null=True), nullable=True))
