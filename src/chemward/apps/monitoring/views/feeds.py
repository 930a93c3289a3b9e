"""Feeds and their credentials."""

from django.urls import URLPattern

urls: list[URLPattern] = []
