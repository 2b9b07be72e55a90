"""Alembic migrations of the catalogue; `services.archive.migrate` runs them."""
