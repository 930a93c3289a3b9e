"""How a release spreads in air: weather, widths, plume, puff, jet, dense gas, and the tables that a risk analysis reads.

Fields stand in the wind's own frame: x downwind of the release, y left of the wind, z up. Wind direction is no input: it turns the result.
"""
