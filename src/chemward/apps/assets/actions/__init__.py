"""Acts on assets: create, change, move, draw, retire."""

from chemward.apps.assets.actions.assets import Draft, change, create, draw, move, put_many, retire

__all__ = ["Draft", "change", "create", "draw", "move", "put_many", "retire"]
