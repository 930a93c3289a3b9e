"""Registers of the follow-up room."""

from __future__ import annotations

import django_filters
import django_tables2 as tables
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from chemward.apps.core.models import OrganisationKind, Post
from chemward.apps.core.register.columns import NUM, DueColumn, LevelColumn, MomentColumn, grey, link_to
from chemward.apps.core.register.filters import NamedFilter, OneOf, PlaceFilter, PlaceKindFilter, UnderFilter
from chemward.apps.core.register.register import Register, add
from chemward.apps.core.templatetags import cw
from chemward.apps.followup.models import (
    Duty,
    DutyState,
    Finding,
    FindingState,
    HazardLevel,
    HazardSource,
    HazardState,
    HiddenHazard,
    Restriction,
    Verdict,
)
from chemward.apps.followup.models.base import LEVELS
from chemward.apps.followup.verbs import in_words

# The path of an organisation is indexed in every table.
PLACE = {"organisation": "", "org": "", "org_kind": ""}


class ScopedFilters(django_filters.FilterSet):
    org = UnderFilter(label=_("Organisation path"))
    organisation = PlaceFilter(label=_("Organisation"))
    org_kind = PlaceKindFilter(label=_("Kind of organisation"), choices=OrganisationKind.choices)


class FindingTable(tables.Table):
    level = LevelColumn(verbose_name=_("Level"))
    title = tables.Column(verbose_name=_("Finding"))
    subject_label = tables.Column(verbose_name=_("Subject"))
    organisation = tables.Column(verbose_name=_("Organisation"))
    clause = tables.Column(verbose_name=_("Clause"))
    state = tables.Column(verbose_name=_("State"))
    raised_at = MomentColumn(verbose_name=_("Since"))

    def render_title(self, record: Finding) -> SafeString:
        again = (
            format_html(' <span class="m">{}</span>', _("came back × %(n)s") % {"n": record.recurrence})
            if record.recurrence
            else ""
        )
        return format_html("{}{}", link_to("followup:finding", record, record.title), again)


class FindingFilters(ScopedFilters):
    state = OneOf(label=_("State"), choices=FindingState.choices)
    level = OneOf(label=_("Level"), choices=LEVELS)
    rule = django_filters.CharFilter(label=_("Rule"))

    class Meta:
        model = Finding
        fields: list[str] = []


@add
class FindingRegister(Register):
    name = "followup.findings"
    title = _("Findings")
    capability = "finding.view"
    table = FindingTable
    filters = FindingFilters
    sorts = {"raised_at": "raised_at", "level": "level"}
    leads = {"rule": "raised_at", **PLACE, "state": "", "level": ""}
    default_sort = "-raised_at"
    search_hint = _("Find in title and subject")
    export_fields = (
        ("level", _("Level")),
        ("title", _("Finding")),
        ("message", _("What is wrong")),
        ("subject_label", _("Subject")),
        ("organisation", _("Organisation")),
        ("rule", _("Rule")),
        ("clause", _("Clause")),
        ("get_state_display", _("State")),
        ("raised_at", _("Since")),
        ("note", _("Note")),
    )

    def rows(self) -> QuerySet[Finding]:
        return Finding.objects.select_related("organisation")


class HazardTable(tables.Table):
    number = tables.Column(verbose_name=_("Number"))
    title = tables.Column(verbose_name=_("Hidden hazard"))
    level = tables.Column(verbose_name=_("Level"))
    organisation = tables.Column(verbose_name=_("Organisation"))
    origin = tables.Column(verbose_name=_("Found through"))
    state = tables.Column(verbose_name=_("State"))
    post = tables.Column(verbose_name=_("Responsible post"))
    due_at = DueColumn(verbose_name=_("Due"))
    found_at = MomentColumn(verbose_name=_("Found"))

    def render_number(self, record: HiddenHazard) -> SafeString:
        return link_to("followup:hazard", record, record.number)

    def render_level(self, record: HiddenHazard) -> SafeString:
        return (
            cw.chip(record.get_level_display(), "red") if record.level == HazardLevel.MAJOR else grey(record.get_level_display())
        )

    def render_state(self, record: HiddenHazard) -> SafeString:
        is_late = record.is_open and record.due_at is not None and record.due_at < timezone.now()
        return cw.chip(record.get_state_display(), "yel" if is_late or record.state == HazardState.RETURNED else "")


class HazardFilters(ScopedFilters):
    state = OneOf(label=_("State"), choices=HazardState.choices)
    level = OneOf(label=_("Level"), choices=HazardLevel.choices)
    origin = OneOf(label=_("Found through"), choices=HazardSource.choices)
    found = django_filters.DateFromToRangeFilter(label=_("Found"), field_name="found_at")
    is_late = django_filters.BooleanFilter(label=_("Rectified late"))

    class Meta:
        model = HiddenHazard
        fields: list[str] = []


@add
class HazardRegister(Register):
    name = "followup.hazards"
    title = _("Hidden hazards")
    capability = "hazard.view"
    table = HazardTable
    filters = HazardFilters
    sorts = {"found_at": "found_at", "number": "number"}
    leads = {"is_late": "found_at", **PLACE, "found": "found_at", "state": "", "level": "found_at", "origin": "found_at"}
    default_sort = "-found_at"
    search_hint = _("Find in number, title, place")
    export_fields = (
        ("number", _("Number")),
        ("title", _("Hidden hazard")),
        ("description", _("Description")),
        ("get_level_display", _("Level")),
        ("organisation", _("Organisation")),
        ("get_origin_display", _("Found through")),
        ("place", _("Place")),
        ("get_state_display", _("State")),
        ("post", _("Responsible post")),
        ("measure", _("Measure")),
        ("found_at", _("Found")),
        ("due_at", _("Due")),
        ("closed_at", _("Closed")),
        ("is_late", _("Rectified late")),
    )

    def rows(self) -> QuerySet[HiddenHazard]:
        return HiddenHazard.objects.select_related("organisation", "post")


class DutyTable(tables.Table):
    title = tables.Column(verbose_name=_("Duty"))
    post = tables.Column(verbose_name=_("Owed by"))
    organisation = tables.Column(verbose_name=_("Organisation"))
    subject_label = tables.Column(verbose_name=_("Subject"))
    state = tables.Column(verbose_name=_("State"))
    due_at = DueColumn(verbose_name=_("Due"))
    escalated_to = tables.Column(verbose_name=_("Escalated to"))
    done_at = MomentColumn(verbose_name=_("Done at"))

    def render_title(self, record: Duty) -> SafeString:
        return link_to("followup:duty", record, record.title)

    def render_state(self, record: Duty) -> SafeString:
        if record.state == DutyState.OWED:
            return cw.chip(record.get_state_display(), "yel" if record.due_at < timezone.now() else "")
        return grey(_("Done late") if record.is_late else record.get_state_display())


class DutyFilters(ScopedFilters):
    state = OneOf(label=_("State"), choices=DutyState.choices)
    post = NamedFilter(Post, "name", field_name="post", label=_("Owed by"))
    kind = django_filters.CharFilter(label=_("Kind"))
    is_late = django_filters.BooleanFilter(label=_("Done late"))

    class Meta:
        model = Duty
        fields: list[str] = []


@add
class DutyRegister(Register):
    name = "followup.duties"
    title = _("Duties")
    capability = "duty.view"
    table = DutyTable
    filters = DutyFilters
    sorts = {"due_at": "due_at"}
    leads = {"post": "", "kind": "due_at", "is_late": "due_at", **PLACE, "state": "due_at"}
    default_sort = "-due_at"
    search_hint = _("Find in duty and subject")
    export_fields = (
        ("title", _("Duty")),
        ("post", _("Owed by")),
        ("organisation", _("Organisation")),
        ("subject_label", _("Subject")),
        ("get_state_display", _("State")),
        ("due_at", _("Due")),
        ("done_at", _("Done at")),
        ("is_late", _("Done late")),
        ("is_by_deputy", _("Done by a deputy")),
    )

    def rows(self) -> QuerySet[Duty]:
        return Duty.objects.select_related("organisation", "post", "escalated_to")


class RestrictionTable(tables.Table):
    title = tables.Column(verbose_name=_("Restriction"))
    organisation = tables.Column(verbose_name=_("Organisation"))
    subject_label = tables.Column(verbose_name=_("Subject"))
    verbs = tables.Column(verbose_name=_("May not"))
    imposed_by_name = tables.Column(verbose_name=_("Imposed by"))
    valid_from = MomentColumn(verbose_name=_("From"))
    valid_until = MomentColumn(verbose_name=_("Until"))
    state = tables.Column(verbose_name=_("State"), empty_values=(), orderable=False)

    def render_title(self, record: Restriction) -> SafeString:
        return link_to("followup:restriction", record, record.title)

    def render_verbs(self, value: list[str]) -> str:
        return in_words(value)

    def render_state(self, record: Restriction) -> SafeString:
        now = timezone.now()
        if record.lifted_at:
            return grey(_("Lifted"))
        if record.valid_until and record.valid_until <= now:
            return grey(_("Over"))
        return cw.chip(_("In force") if record.valid_from <= now else _("To come"), "org" if record.valid_from <= now else "")


class RestrictionFilters(ScopedFilters):
    is_lifted = django_filters.BooleanFilter(label=_("Lifted"), field_name="lifted_at", lookup_expr="isnull", exclude=True)

    class Meta:
        model = Restriction
        fields: list[str] = []


@add
class RestrictionRegister(Register):
    name = "followup.restrictions"
    title = _("Restrictions")
    capability = "restriction.view"
    table = RestrictionTable
    filters = RestrictionFilters
    sorts = {"valid_from": "valid_from", "id": "id"}
    default_sort = "-valid_from"
    export_fields = (
        ("title", _("Restriction")),
        ("organisation", _("Organisation")),
        ("subject_label", _("Subject")),
        ("reason", _("Reason")),
        ("clause", _("Clause")),
        ("imposed_by_name", _("Imposed by")),
        ("valid_from", _("From")),
        ("valid_until", _("Until")),
        ("lifted_at", _("Lifted")),
    )

    def rows(self) -> QuerySet[Restriction]:
        return Restriction.objects.filter(deleted_at=None).select_related("organisation")


class VerdictTable(tables.Table):
    label = tables.Column(verbose_name=_("Result"))
    value = tables.Column(verbose_name=_("Value"), attrs=NUM)
    subject_label = tables.Column(verbose_name=_("Subject"))
    organisation = tables.Column(verbose_name=_("Organisation"))
    rule = tables.Column(verbose_name=_("Rule"))
    clause = tables.Column(verbose_name=_("Clause"))
    valid_from = MomentColumn(verbose_name=_("Valid from"))
    why = tables.Column(verbose_name="", empty_values=(), orderable=False)

    COLOURS = {1: "red", 2: "org", 3: "yel", 4: "blu"}

    def render_label(self, record: Verdict) -> SafeString:
        return cw.chip(record.label, self.COLOURS.get(record.level or 0, ""))

    def render_value(self, record: Verdict) -> SafeString:
        return cw.number(record.value, record.unit)

    def render_why(self, record: Verdict) -> SafeString:
        return cw.why(reverse("followup:verdict", args=[record.uuid]))


class VerdictFilters(ScopedFilters):
    rule = django_filters.CharFilter(label=_("Rule"))
    level = OneOf(label=_("Level"), choices=LEVELS)
    is_past = django_filters.BooleanFilter(
        label=_("No longer in force"), field_name="valid_until", lookup_expr="isnull", exclude=True
    )

    class Meta:
        model = Verdict
        fields: list[str] = []


@add
class VerdictRegister(Register):
    name = "followup.verdicts"
    title = _("Verdicts")
    capability = "verdict.view"
    table = VerdictTable
    filters = VerdictFilters
    sorts = {"valid_from": "valid_from"}
    leads = {"rule": "", **PLACE, "level": "valid_from"}
    default_sort = "-valid_from"
    export_fields = (
        ("label", _("Result in words")),
        ("value", _("Value")),
        ("unit", _("Unit")),
        ("subject_label", _("Subject")),
        ("organisation", _("Organisation")),
        ("rule", _("Rule")),
        ("edition", _("Edition")),
        ("clause", _("Clause")),
        ("valid_from", _("Valid from")),
        ("valid_until", _("Valid until")),
    )

    def rows(self) -> QuerySet[Verdict]:
        return Verdict.objects.select_related("organisation")
