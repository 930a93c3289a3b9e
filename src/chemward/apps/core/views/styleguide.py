"""All components of the look on one page, for builders and for its pictures. Only under the demo flag."""

from __future__ import annotations

from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone


def page(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    ages = {
        "fresh": now,
        "late": now - timedelta(seconds=14),
        "dead": now - timedelta(minutes=12, seconds=30),
        "yesterday": now - timedelta(days=3),
        "soon": now + timedelta(hours=3, minutes=34),
    }
    return render(request, "core/styleguide.html", ages)


def why(request: HttpRequest) -> HttpResponse:
    return render(request, "core/styleguide_why.html")
