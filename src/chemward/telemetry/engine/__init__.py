"""The alarm engine: a pure core that knows no clock, network or database."""
