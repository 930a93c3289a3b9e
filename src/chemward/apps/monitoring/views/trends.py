"""Trends."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse


@login_required
def trends_of(request: HttpRequest) -> HttpResponse:
    """POST: the trends of the chosen tags."""
    chosen = [i for i in request.POST.getlist("ids") if i.isdigit()]
    return redirect(f"{reverse('monitoring:trends')}?tags={','.join(chosen[:32])}")


@login_required
def trends(request: HttpRequest) -> HttpResponse:
    return redirect("monitoring:tags")


urls: list[URLPattern] = [
    path("trends/", trends, name="trends"),
    path("trends/of", trends_of, name="trends-of"),
]
