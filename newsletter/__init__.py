"""A newsletter sender: every reader gets the sections they chose, and the ledger knows what became of each mail."""

__version__ = "0.1.0"
