"""The ledger: activities of all forms, words on them, months, policies and returns."""

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    pass
