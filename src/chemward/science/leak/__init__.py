"""Leak location: where and how much is leaking, from detector readings and wind."""
