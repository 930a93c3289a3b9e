"""API of the platform core."""

from ninja import Router

router = Router()
