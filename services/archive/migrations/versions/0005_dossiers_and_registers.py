"""Dossiers, and registers of offices."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Dossiers and what lies in them; registers with their rows; what entered values were taken from."""
    op.create_table(
        "dossiers",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("retention", sa.Text(), nullable=True),
        sa.Column("fonds", sa.Text(), nullable=True),
        sa.Column("year", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dossiers")),
    )
    op.create_index("ix_dossiers_code", "dossiers", ["code", "id"])
    op.create_table(
        "dossier_documents",
        sa.Column("dossier_id", sa.String(length=36), nullable=False),
        sa.Column("document_id", sa.String(length=36), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("added_by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["document_id"], ["documents.id"], name=op.f("fk_dossier_documents_document_id")),
        sa.ForeignKeyConstraint(["dossier_id"], ["dossiers.id"], name=op.f("fk_dossier_documents_dossier_id")),
        sa.PrimaryKeyConstraint("dossier_id", "document_id", name=op.f("pk_dossier_documents")),
    )
    op.create_index("ix_dossier_documents_document_id", "dossier_documents", ["document_id"])
    op.add_column("items", sa.Column("given_from", sa.String(length=16), nullable=True))
    op.add_column("items", sa.Column("enclosed_in", sa.String(length=36), nullable=True))
    op.add_column("items", sa.Column("enclosed_no", sa.Integer(), nullable=True))
    op.create_index("ix_items_enclosed", "items", ["enclosed_in", "enclosed_no"])
    op.add_column("corrections", sa.Column("witness", sa.String(length=16), nullable=True))
    op.create_table(
        "registers",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("office", sa.Text(), nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("batch_id", sa.String(length=36), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=True),
        sa.Column("last_day", sa.Date(), nullable=True),
        sa.Column("skipped", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["batches.id"], name=op.f("fk_registers_batch_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_registers")),
    )
    op.create_index("ix_registers_sha256", "registers", ["sha256"])
    op.create_table(
        "register_rows",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("register_id", sa.String(length=36), nullable=False),
        sa.Column("sheet", sa.Text(), nullable=True),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("reason", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("identity", sa.Text(), nullable=True),
        sa.Column("given", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("record", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("symbol_key", sa.Text(), nullable=True),
        sa.Column("arrival_number", sa.Text(), nullable=True),
        sa.Column("scan_id", sa.String(length=36), nullable=True),
        sa.ForeignKeyConstraint(["register_id"], ["registers.id"], name=op.f("fk_register_rows_register_id")),
        sa.ForeignKeyConstraint(["scan_id"], ["documents.id"], name=op.f("fk_register_rows_scan_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_register_rows")),
    )
    for name in ("identity", "symbol_key", "arrival_number", "scan_id"):
        op.create_index(f"ix_register_rows_{name}", "register_rows", [name])
    op.create_index("ix_register_rows_register_id", "register_rows", ["register_id", "number"])
