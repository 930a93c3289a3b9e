"""Chemward 园安: safety-risk control platform of a chemical industrial park."""

__version__ = "0.2.0"
