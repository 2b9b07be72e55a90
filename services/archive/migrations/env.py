"""Alembic's entry: run the migrations on the connection that `services.archive.migrate` hands over."""

from alembic import context

from services.archive.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,  # SQLite cannot alter most things of a table
    transaction_per_migration=False,
)
with context.begin_transaction():
    context.run_migrations()
