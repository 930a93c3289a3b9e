"""Quantitative risk analysis of a park.

Input and its gaps, scenarios, weather, risk on a map and for a crowd, criteria, domino, what-if.
"""
