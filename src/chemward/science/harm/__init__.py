"""Harm to people: probits, thresholds, the share that dies."""
