"""Accident consequences and risk: pure functions of their arguments, SI inside, no Django, no network, no clock.

What stands where, and the types that pass between rooms: `docs/science.md`.
"""
