"""The ledger (台账): presence, counting and months as pure functions over facts; no clock, socket or file."""
