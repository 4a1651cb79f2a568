"""Pictures of every page for docs/screens.md: `make screens`."""
