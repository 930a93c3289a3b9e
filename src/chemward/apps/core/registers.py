"""The registers of the core: users, organisations, audit, log-ins, use, jobs."""

from __future__ import annotations

from typing import Any

import django_filters
import django_tables2 as tables
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from chemward.apps.core import act_names
from chemward.apps.core.models import AuditEntry, Job, JobState, LoginRecord, Organisation, OrganisationKind, UsageDay, User
from chemward.apps.core.register.columns import NUM
from chemward.apps.core.register.filters import BeginningFilter, NamedFilter, OneOf
from chemward.apps.core.register.register import Register, add
from chemward.apps.core.scope import roles


def _moment(label: str | Promise) -> tables.DateTimeColumn:
    return tables.DateTimeColumn(verbose_name=label, format="m-d H:i:s")


class UserTable(tables.Table):
    username = tables.Column(verbose_name=_("Log-in name"))
    display_name = tables.Column(verbose_name=_("Name"))
    home = tables.Column(verbose_name=_("Organisation"))
    roles = tables.Column(verbose_name=_("Roles"), empty_values=())
    is_active = tables.Column(verbose_name=_("State"))
    last_login = _moment(_("Last log-in"))

    def render_username(self, record: User) -> str:
        return format_html('<a class="b" href="{}">{}</a>', reverse("core:user", args=[record.uuid]), record.username)

    def render_roles(self, record: Any) -> str:
        known = roles()
        return "、".join(known[m.role].name_zh for m in record.memberships.all() if m.role in known) or "—"

    def render_is_active(self, value: bool) -> str:
        return format_html('<span class="t3">{}</span>', _("Active") if value else _("Deactivated"))


class UserFilters(django_filters.FilterSet):
    is_active = django_filters.BooleanFilter(label=_("Active"))
    role = django_filters.ChoiceFilter(
        label=_("Role"),
        field_name="memberships__role",
        choices=lambda: [(r.code, r.name_zh) for r in roles().values()],
        distinct=True,
    )
    name = django_filters.CharFilter(label=_("Name"), field_name="display_name", lookup_expr="icontains")

    class Meta:
        model = User
        fields: list[str] = []


@add
class UserRegister(Register):
    name = "core.users"
    title = _("Users")
    capability = "user.view"
    table = UserTable
    filters = UserFilters
    sorts = {"id": "id", "username": "username"}
    default_sort = "username"
    scope_field = "home__path"
    export_fields = (
        ("username", _("Log-in name")),
        ("display_name", _("Name")),
        ("home.name", _("Organisation")),
        ("is_active", _("Active")),
    )

    def rows(self) -> QuerySet[User]:
        return User.objects.select_related("home").prefetch_related("memberships")


class OrganisationTable(tables.Table):
    name = tables.Column(verbose_name=_("Name"))
    kind = tables.Column(verbose_name=_("Kind"))
    parent = tables.Column(verbose_name=_("Superior"))
    code = tables.Column(verbose_name=_("Unified social credit code"))
    is_active = tables.BooleanColumn(verbose_name=_("Active"))


class OrganisationFilters(django_filters.FilterSet):
    kind = OneOf(label=_("Kind"), choices=OrganisationKind.choices)
    name = django_filters.CharFilter(label=_("Name"), lookup_expr="icontains")

    class Meta:
        model = Organisation
        fields: list[str] = []


@add
class OrganisationRegister(Register):
    name = "core.organisations"
    title = _("Organisations")
    capability = "organisation.view"
    table = OrganisationTable
    filters = OrganisationFilters
    sorts = {"id": "id", "name": "name"}
    default_sort = "id"
    scope_field = "path"
    export_fields = (
        ("name", _("Name")),
        ("get_kind_display", _("Kind")),
        ("parent", _("Superior")),
        ("code", _("Unified social credit code")),
    )

    def rows(self) -> QuerySet[Organisation]:
        return Organisation.objects.select_related("parent")


class AuditTable(tables.Table):
    at = _moment(_("At"))
    actor = tables.Column(verbose_name=_("Actor"))
    via = tables.Column(verbose_name=_("Door"))
    verb = tables.Column(verbose_name=_("Act"))
    subject_label = tables.Column(verbose_name=_("Subject"))
    changes = tables.Column(verbose_name=_("Changes"))
    reason = tables.Column(verbose_name=_("Reason"))
    position = tables.Column(verbose_name=_("Sealed as"), attrs=NUM, empty_values=())

    def render_verb(self, value: str) -> str:
        return act_names.name(value)

    def render_changes(self, record: AuditEntry) -> str:
        said = [f"{k}: {_short(v[0])} → {_short(v[1])}" for k, v in record.change_list().items()]
        return "；".join(said)[:160] or "—"

    def render_position(self, value: int | None) -> str:
        return str(value) if value else "—"


def _short(value: Any) -> str:
    return "—" if value is None or value == "" else str(value)[:40]


class AuditFilters(django_filters.FilterSet):
    verb = BeginningFilter(label=_("Act"))
    actor = django_filters.CharFilter(label=_("Actor"))
    subject_type = django_filters.CharFilter(label=_("Subject kind"))
    subject_id = django_filters.CharFilter(label=_("Subject id"))
    at = django_filters.DateFromToRangeFilter(label=_("Day"))

    class Meta:
        model = AuditEntry
        fields: list[str] = []


@add
class AuditRegister(Register):
    name = "core.audit"
    title = _("Audit")
    capability = "audit.view"
    table = AuditTable
    filters = AuditFilters
    sorts = {"at": "at"}
    leads = {"subject_id": "", "at": "at", "actor": "at", "subject_type": "", "verb": ""}
    default_sort = "-at"
    export_fields = (
        ("at", _("At")),
        ("actor", _("Actor")),
        ("via", _("Door")),
        ("address", _("Address")),
        ("verb", _("Act")),
        ("subject_label", _("Subject")),
        ("changes", _("Changes")),
        ("reason", _("Reason")),
        ("position", _("Sealed as")),
        ("chain", _("Seal")),
    )

    def rows(self) -> QuerySet[AuditEntry]:
        return AuditEntry.objects.all()


class LoginTable(tables.Table):
    at = _moment(_("At"))
    username = tables.Column(verbose_name=_("Log-in name"))
    outcome = tables.Column(verbose_name=_("Outcome"))
    address = tables.Column(verbose_name=_("Address"))
    agent = tables.Column(verbose_name=_("Browser"))


class LoginFilters(django_filters.FilterSet):
    outcome = django_filters.ChoiceFilter(label=_("Outcome"), choices=LoginRecord._meta.get_field("outcome").choices)
    username = django_filters.CharFilter(label=_("Log-in name"))
    at = django_filters.DateFromToRangeFilter(label=_("Day"))

    class Meta:
        model = LoginRecord
        fields: list[str] = []


@add
class LoginRegister(Register):
    name = "core.logins"
    title = _("Log-ins")
    capability = "usage.view"
    table = LoginTable
    filters = LoginFilters
    sorts = {"at": "at"}
    leads = {"username": "at", "at": "at", "outcome": "at"}
    default_sort = "-at"
    export_fields = (
        ("at", _("At")),
        ("username", _("Log-in name")),
        ("get_outcome_display", _("Outcome")),
        ("address", _("Address")),
    )

    def rows(self) -> QuerySet[LoginRecord]:
        return LoginRecord.objects.all()


class UsageTable(tables.Table):
    day = tables.Column(verbose_name=_("Day"))
    user = tables.Column(verbose_name=_("User"))
    unit = tables.Column(verbose_name=_("Organisation"), accessor="user__home")
    pages = tables.Column(verbose_name=_("Pages"), attrs=NUM)
    acts = tables.Column(verbose_name=_("Acts"), attrs=NUM)
    api_calls = tables.Column(verbose_name=_("API calls"), attrs=NUM)
    active_minutes = tables.Column(verbose_name=_("Active [min]"), attrs=NUM)


class UsageFilters(django_filters.FilterSet):
    day = django_filters.DateFromToRangeFilter(label=_("Day"))
    user = NamedFilter(User, "display_name", field_name="user", label=_("User"))

    class Meta:
        model = UsageDay
        fields: list[str] = []


@add
class UsageRegister(Register):
    name = "core.usage"
    title = _("Use")
    capability = "usage.view"
    table = UsageTable
    filters = UsageFilters
    sorts = {"day": "day", "active_minutes": "active_minutes"}
    leads = {"user": "", "day": "day"}
    default_sort = "-day"
    export_fields = (
        ("day", _("Day")),
        ("user.display_name", _("User")),
        ("user.home.name", _("Organisation")),
        ("pages", _("Pages")),
        ("acts", _("Acts")),
        ("api_calls", _("API calls")),
        ("active_minutes", _("Active [min]")),
    )

    def rows(self) -> QuerySet[UsageDay]:
        return UsageDay.objects.select_related("user__home")


class JobTable(tables.Table):
    title = tables.Column(verbose_name=_("Title"))
    state = tables.Column(verbose_name=_("State"))
    progress = tables.Column(verbose_name=_("Progress"), empty_values=(), attrs=NUM)
    created_at = _moment(_("Ordered"))
    finished_at = _moment(_("Ended"))

    def render_title(self, record: Job) -> str:
        return format_html('<a class="b" href="{}">{}</a>', reverse("core:job", args=[record.uuid]), record.title)

    def render_state(self, record: Job) -> str:
        colour = "red" if record.state == JobState.FAILED else ""
        return format_html('<span class="chip {}">{}</span>', colour, record.get_state_display())

    def render_progress(self, record: Job) -> str:
        return f"{record.done_count} / {record.total_count}" if record.total_count else (record.note or "—")


class JobFilters(django_filters.FilterSet):
    state = OneOf(label=_("State"), choices=JobState.choices)

    class Meta:
        model = Job
        fields: list[str] = []
