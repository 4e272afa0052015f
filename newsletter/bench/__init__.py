"""Measurements: how fast the program is on this machine, with figures to compare."""
