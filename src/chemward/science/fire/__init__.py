"""Fires: pool fire, jet fire, fireball. Each answers a `Flame`: the heat that reaches a receiver."""
