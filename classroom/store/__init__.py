"""Tables, repositories, migrations and the journal. The only package that knows SQLAlchemy."""
