"""Tags, limits and their approval."""

from django.urls import URLPattern

urls: list[URLPattern] = []
