"""Recordings kept and erased by rule: publication, retention, withdrawn consent. Pure."""
