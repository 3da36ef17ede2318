"""Run by Alembic for every command: applies the migrations on the connection that `migration.py` passes.

Alembic runs this module by importing it, so it is the only module that does something on import.
"""

from alembic import context

from graduasi_serving.database.tables import Base

# Batch mode: SQLite cannot alter a constraint, so Alembic copies the table there. On PostgreSQL it changes nothing.
context.configure(
    connection=context.config.attributes["connection"], target_metadata=Base.metadata, render_as_batch=True
)
with context.begin_transaction():
    context.run_migrations()
