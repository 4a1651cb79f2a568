"""Alembic's entry: runs on the connection that the caller has opened, in the caller's transaction."""

from alembic import context

from classroom.store.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
