"""Grading: first the judges themselves, then what the model paints."""
