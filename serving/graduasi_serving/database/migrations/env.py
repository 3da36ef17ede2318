"""What Alembic runs for every command: the migrations, on the connection it was handed.

Alembic calls this module by importing it, so this is the one place where importing does something.
"""

from alembic import context

from graduasi_serving.database.tables import Base

# Batch mode: SQLite cannot alter a constraint, so Alembic copies the table there; elsewhere it changes nothing.
context.configure(
    connection=context.config.attributes["connection"], target_metadata=Base.metadata, render_as_batch=True
)
with context.begin_transaction():
    context.run_migrations()
