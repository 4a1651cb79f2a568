"""The registry's dated facts, people, materials and publicity."""

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    pass
