"""Filters of the console are kept under a name, one's own or for one's organisation."""

import pytest
from django.test import Client
from django.urls import reverse

from chemward.apps.core.models import AuditEntry, SavedFilter

pytestmark = pytest.mark.django_db


@pytest.fixture
def enter(user_of):
    def _enter(role, at=None) -> Client:
        client = Client()
        client.force_login(user_of(role, at), backend="django.contrib.auth.backends.ModelBackend")
        return client

    return _enter


def keep(client, **more):
    body = {"label": "夜班一级", "query": "state=owed&priority=1&open=x&page=9", **more}
    return client.post(reverse("monitoring:alarm-filter-save"), body)


def test_a_kept_filter_holds_what_filters_and_nothing_else(enter, tree):
    client = enter("duty_officer")
    assert keep(client).headers["Location"] == reverse("monitoring:alarms") + "?state=owed&priority=1"
    page = client.get(reverse("monitoring:alarms")).content.decode()
    assert "夜班一级" in page and 'href="?state=owed&amp;priority=1"' in page
    assert AuditEntry.objects.filter(verb="filter.save").count() == 1


def test_without_a_filter_there_is_nothing_to_keep(enter, tree):
    assert keep(enter("duty_officer"), query="open=x").status_code == 422
    assert not SavedFilter.objects.exists()


def test_sharing_asks_for_the_right_and_shows_it_to_the_house_below(enter, tree):
    assert keep(enter("duty_officer"), is_shared="on").status_code == 403
    assert keep(enter("duty_lead"), is_shared="on").status_code == 302
    assert "夜班一级" in enter("duty_officer").get(reverse("monitoring:alarms")).content.decode()
    assert "夜班一级" not in enter("duty_officer", tree.other_park).get(reverse("monitoring:alarms")).content.decode()


def test_only_ones_own_is_forgotten(enter, tree):
    keep(enter("duty_lead"), is_shared="on")
    address = reverse("monitoring:alarm-filter-drop", args=[SavedFilter.objects.get().pk])
    assert enter("duty_officer").post(address).status_code == 404
    assert enter("duty_lead").post(address).status_code == 302
    assert not SavedFilter.objects.exists()
