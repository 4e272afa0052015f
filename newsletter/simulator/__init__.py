"""Strict stand-ins for mail providers, on this machine only: they take mails, remember them and deliver none."""
