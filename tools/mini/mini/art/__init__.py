"""Drawings: which subjects there are, where their art comes from, and the packed sprites."""
