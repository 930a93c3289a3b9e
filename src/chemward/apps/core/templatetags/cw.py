"""Tags of the page furniture: `{% load cw %}`. Each returns finished, escaped HTML; the style guide page shows all of them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import template
from django.forms import BoundField, CheckboxInput, CheckboxSelectMultiple, RadioSelect
from django.http import QueryDict
from django.template.context import Context
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from chemward.apps.core import act_names
from chemward.apps.core.templatetags import formatting
from chemward.apps.core.templatetags.formatting import Freshness

register = template.Library()

# Names under which the platform itself acts: `clock`, `clock:duty.escalate`, the id of a rule.
PLATFORM_ITSELF = re.compile(r"clock|platform|[a-z_]+(?:[.:][a-z_]+)+")
COLOURS = ("", "red", "org", "yel", "blu")
# Shape and place of the digit of each priority mark, on an 18 × 18 field.
MARKS: Mapping[int, tuple[str, str]] = {
    1: ("M2.5 2.5h13v13h-13Z", "12.8"),
    2: ("M9 1.2 17.2 16H.8Z", "14"),
    3: ("M1.5 2.5h15L9 16.8Z", "10.4"),
    4: ("M9 1.5a7.5 7.5 0 1 0 .01 0Z", "12.8"),
}
GRADES: Mapping[str, str] = {"A": "red", "B": "org", "C": "yel", "D": ""}


def _classes(*names: str) -> str:
    return " ".join(name for name in names if name)


# -- marks ------------------------------------------------------------------------------------------------------------


@register.simple_tag
def icon(name: str, size: int = 16) -> SafeString:
    """One icon of the sprite (`icons.txt`); size 14, 16 or 20. Decorative: the word stands beside it."""
    css = "i" if size == 16 else f"i i{size}"
    return format_html('<svg class="{}" aria-hidden="true"><use href="{}#{}"/></svg>', css, static("vendor/icons.svg"), name)


@register.simple_tag
def priority(
    level: int | str, acked: bool = False, shelved: bool = False, small: bool = False, pulse: bool = False
) -> SafeString:
    """Mark of an alarm priority 1–4: filled = unacknowledged, outline = acknowledged, dashed = shelved."""
    if str(level) not in "1234" or int(level) not in MARKS:
        raise ValueError(f"priority: expected 1 to 4, got {level!r}")
    level = int(level)
    path, baseline = MARKS[level]
    css = _classes(
        "pm", f"k{level}", "shelved" if shelved else "acked" if acked else "", "small" if small else "", "pulse" if pulse else ""
    )
    state = _("shelved") if shelved else _("acknowledged") if acked else _("unacknowledged")
    return format_html(
        '<svg class="{}" viewBox="0 0 18 18" role="img" aria-label="{}"><path class="s" d="{}"/><text x="9" y="{}">{}</text></svg>',
        css,
        _("Priority %(level)s, %(state)s") % {"level": level, "state": state},
        path,
        baseline,
        level,
    )


def colour_of_day_words() -> tuple[str, ...]:
    return _("Red, major"), _("Orange, considerable"), _("Yellow, ordinary"), _("Blue, low")


@register.simple_tag
def risk(level: int | None) -> SafeString:
    """Risk colour of a day, 1 (red) to 4 (blue): a bar and its words. None: not judged."""
    if not level:
        return format_html('<span class="t3">{}</span>', formatting.NOTHING)
    return format_html('<span class="gd r{}"><i></i>{}</span>', level, colour_of_day_words()[level - 1])


@register.simple_tag
def grade(letter: str) -> SafeString:
    """Safety grade of a park or enterprise; D is best and stays grey."""
    words = {"A": _("A high"), "B": _("B rather high"), "C": _("C ordinary"), "D": _("D rather low")}
    return chip(words[letter], GRADES[letter])


@register.simple_tag
def chip(text: object, colour: str = "", icon_name: str = "") -> SafeString:
    """Status chip; colour "" for normal, else red, org, yel, blu."""
    if colour not in (*COLOURS, "line", "solid"):
        raise ValueError(f"chip: no such colour {colour!r}")
    return format_html('<span class="{}">{}{}</span>', _classes("chip", colour), icon(icon_name, 14) if icon_name else "", text)


@register.simple_tag
def bar(percent: float | None, colour: str = "") -> SafeString:
    """A share of 100 as a thin bar; None draws only the ground."""
    if percent is None:
        return format_html('<svg class="bar" aria-hidden="true"><rect class="g" width="100%" height="4"/></svg>')
    share = min(100.0, max(0.0, float(percent)))
    return format_html(
        '<svg class="{}" role="img" aria-label="{} %"><rect class="g" width="100%" height="4"/>'
        '<rect class="v" width="{}%" height="4"/></svg>',
        _classes("bar", colour),
        f"{share:g}",
        f"{share:g}",
    )


# -- readings ---------------------------------------------------------------------------------------------------------


@register.simple_tag
def age(at: Any, period: float | None = None, chip: bool = False, now: datetime | None = None) -> SafeString:
    """Age of a reading, counted on by the browser. at: datetime or [ms]; period: expected every so many [s]."""
    stamp = formatting.as_moment(at)
    period_s = float(period or formatting.DEFAULT_PERIOD_S)
    seconds = formatting.age_s(stamp, now or timezone.now())
    state = formatting.freshness(seconds, period_s)
    css = _classes("chip" if chip else "", "age", state.value)
    if stamp is None or seconds is None:
        return format_html('<span class="{}">{}</span>', css, _("no data yet"))
    return format_html(
        '<time class="{}" datetime="{}" data-at-ms="{}" data-period-s="{}">{}</time>',
        css,
        stamp.isoformat(timespec="seconds"),
        int(stamp.timestamp() * 1000),
        f"{period_s:g}",
        age_words(seconds, state),
    )


def age_words(seconds: float, state: Freshness) -> str:
    """`2 s 前`, or `中断 12:30` for a dead source."""
    if state is Freshness.DEAD:
        return _("No data for %(time)s") % {"time": formatting.span(seconds)}
    return _("%(time)s ago") % {"time": formatting.short_age(seconds)}


@register.simple_tag
def number(
    value: Any,
    unit: str = "",
    quality: int = 0,
    at: Any = None,
    period: float | None = None,
    decimals: int | None = None,
    colour: str = "",
    now: datetime | None = None,
) -> SafeString:
    """A value with its unit; `?` and the reason when its quality is not good; struck when its source is dead.

    With `at`, its age follows. colour: of the limit it has passed (red, org, yel, blu), else empty.
    """
    stamp = formatting.as_moment(at)
    seconds = formatting.age_s(stamp, now or timezone.now())
    is_dead = stamp is not None and formatting.freshness(seconds, period or formatting.DEFAULT_PERIOD_S) is Freshness.DEAD
    text = formatting.figure(value, decimals)
    reason = formatting.quality_reason(int(quality or 0)) if text != formatting.NOTHING else ""
    doubt = format_html('<span class="doubt" tabindex="0" title="{}" aria-label="{}">?</span>', reason, reason) if reason else ""
    unit_html = format_html('<span class="u">{}</span>', unit) if unit and text != formatting.NOTHING else ""
    css = _classes("val", "dead" if is_dead else colour, "b" if colour else "")
    value_html = format_html('<span class="{}">{}{}{}</span>', css, text, unit_html, doubt)
    return value_html if stamp is None else format_html("{} {}", value_html, age(at, period, now=now))


@register.filter
def figure(value: Any, decimals: int | None = None) -> str:
    """A number as pages write it: `1 286`, `−0.5`, `—` for nothing."""
    return formatting.figure(value, decimals)


@register.filter
def span(seconds: Any) -> str:
    """A duration in seconds: `00:48`, `3 h 38 min`, `5 天`."""
    return formatting.NOTHING if seconds is None else formatting.span(float(seconds))


@register.filter
def interval(seconds: Any) -> str:
    """A set time, exact and in words: `30 s`, `5 min`, `1 h 30 min`."""
    return formatting.NOTHING if seconds is None else formatting.interval(float(seconds))


@register.filter
def act_name(verb: str) -> str:
    """What an act of the audit is called."""
    return act_names.name(verb)


@register.filter
def changes_words(entry: Any) -> str:
    """The changes of an audit entry in one line."""
    return "；".join(f"{k}: {_short(v[0])} → {_short(v[1])}" for k, v in entry.change_list().items())


def _short(value: Any) -> str:
    return formatting.NOTHING if value is None or value == "" else str(value)


@register.filter
def actor_name(name: str) -> str:
    """Who acted: a clock job or a rule that acted by itself is the platform."""
    return _("Platform") if PLATFORM_ITSELF.fullmatch(name or "") else name


@register.simple_tag
def moment(at: Any, now: datetime | None = None) -> SafeString:
    """A time as short as its distance allows; the whole of it on hover."""
    stamp = formatting.as_moment(at)
    if stamp is None:
        return format_html('<span class="t3">{}</span>', formatting.NOTHING)
    return format_html(
        '<time class="nw" datetime="{}" title="{}">{}</time>',
        stamp.isoformat(timespec="seconds"),
        timezone.localtime(stamp).strftime("%Y-%m-%d %H:%M:%S"),
        formatting.moment(stamp, now or timezone.now()),
    )


@register.simple_tag
def rest(due: Any, now: datetime | None = None) -> SafeString:
    """What is left until a deadline; the browser counts on. Overdue is yellow."""
    stamp = formatting.as_moment(due)
    if stamp is None:
        return format_html('<span class="t3">{}</span>', formatting.NOTHING)
    left = (stamp - (now or timezone.now())).total_seconds()
    return format_html(
        '<time class="{}" datetime="{}" data-due-ms="{}">{}</time>',
        _classes("rest nw", "yel" if left < 0 else ""),
        stamp.isoformat(timespec="seconds"),
        int(stamp.timestamp() * 1000),
        formatting.rest(left),
    )


# -- rows and states --------------------------------------------------------------------------------------------------


@register.simple_tag
def why(url: str, label: str = "") -> SafeString:
    """The button that opens the grounds of what it stands behind, in the sheet."""
    return format_html('<a class="why" href="{}" data-sheet>{}</a>', url, label or _("Why"))


@register.inclusion_tag("core/parts/empty.html")
def empty(title: str, reason: str = "", act: str = "", url: str = "", icon_name: str = "list") -> dict[str, Any]:
    """What would stand here, why nothing does, one act."""
    return {"title": title, "reason": reason, "act": act, "url": url, "icon_name": icon_name}


@register.inclusion_tag("core/parts/fault.html")
def fault(happened: str, safe: str = "", remedy: str = "", url: str = "", act: str = "") -> dict[str, Any]:
    """What happened, what is safe, what to do."""
    return {"happened": happened, "safe": safe, "remedy": remedy, "url": url, "act": act}


@register.inclusion_tag("core/parts/finding.html")
def finding(
    level: int, message: str, clause: str = "", since: Any = None, why_url: str = "", is_cleared: bool = False
) -> dict[str, Any]:
    """One finding: mark · message · why; below it the clause and since when. level: priority 1–4."""
    return {
        "level": level,
        "message": message,
        "clause": clause,
        "since": formatting.as_moment(since),
        "why_url": why_url,
        "is_cleared": is_cleared,
    }


@register.inclusion_tag("core/parts/duty.html")
def duty(who: str, what: str, due: Any = None, subject: str = "", escalated_to: str = "", url: str = "") -> dict[str, Any]:
    """One duty: who · what | due; below it the subject | time left, yellow with whom it went up to when late."""
    return {
        "who": who,
        "what": what,
        "due": formatting.as_moment(due),
        "subject": subject,
        "escalated_to": escalated_to,
        "url": url,
    }


@register.inclusion_tag("core/parts/field.html")
def field(bound: BoundField, unit: str = "", label: str = "") -> dict[str, Any]:
    """One form field: label above, unit inside at the right, help and faults below."""
    widget = bound.field.widget
    kind = (
        "check"
        if isinstance(widget, CheckboxInput)
        else "choice"
        if isinstance(widget, RadioSelect | CheckboxSelectMultiple)
        else ""
    )
    return {"field": bound, "unit": unit, "label": label or bound.label, "kind": kind}


# -- frame ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Frame:
    """The navigation as the frame draws it."""

    rail: Sequence[Any]
    section: Sequence[Any]
    on_phone: frozenset[str]

    PHONE_ENTRIES = 4


@register.simple_tag
def frame(navigation: Iterable[Any] | None) -> Frame:
    """Rail entries, and the pages of the current section where it has more than one. Empty without navigation."""
    shown = list(navigation or ())
    rail = [s for s in shown if s.entry.is_rail]
    current = next((s.entry.section for s in shown if s.is_current), None)
    pages = {s.url: s for s in shown if s.entry.section == current} if current else {}
    # A rail entry often opens the first page of its section: of two with one address the page's own name stands.
    section = list(pages.values())
    on_phone = frozenset(s.entry.section for s in rail[: Frame.PHONE_ENTRIES])
    return Frame(rail, section if len(section) > 1 else (), on_phone)


@register.simple_tag(takes_context=True)
def query(context: Context, **changes: Any) -> str:
    """The address of this page with some parameters changed; None removes one. `page` goes unless it is set."""
    request = context.get("request")
    parameters = request.GET.copy() if request else QueryDict(mutable=True)
    parameters.pop("page", None)
    for name, value in changes.items():
        parameters.pop(name, None)
        if value is not None and value != "":
            parameters[name] = str(value)
    return "?" + parameters.urlencode(safe="/,") if parameters else "?"


@register.simple_tag
def now_ms() -> int:
    """The server's clock [ms]: the browser's may be wrong, and ages are counted against ours."""
    return int(timezone.now().timestamp() * 1000)


@register.simple_tag
def script_words() -> str:
    """The words that scripts write, for the `<meta>` the scripts read them from."""
    words = {
        "ago": _("%(time)s ago"),
        "dead": _("No data for %(time)s"),
        "one_day": ngettext("%(n)s day", "%(n)s days", 1),
        "days": ngettext("%(n)s day", "%(n)s days", 2),
        "left": _("%(time)s left"),
        "overdue": _("%(time)s overdue"),
        "live": _("Live"),
        "connecting": _("Connecting"),
        "broken": _("Data interrupted"),
        "undo": _("Undo"),
        "undone": _("Undone."),
        "not_done": _("Not done."),
        "cancel": _("Leave as it is"),
        "confirm": _("Do it"),
        "close": _("Close"),
        "loading": _("Loading"),
        "failed": _("This did not load. What you had is unchanged; try again."),
        "not_saved": _("Not saved. What you filled in is still here; try again."),
        "offline": _("No connection to the platform. What you fill in is kept as a draft."),
        "draft_kept": _("Draft kept"),
        "draft_found": _("A draft of yours from %(time)s was put back."),
        "draft_drop": _("Drop the draft"),
        "copied": _("Copied."),
        "selected": _("%(n)s selected"),
        "row_down": _("Next row"),
        "row_up": _("Row before"),
        "row_open": _("Open the row"),
        "row_choose": _("Choose the row"),
        "day": pgettext("theme", "Day"),
        "night": _("Night"),
        "auto": _("As the device"),
        "keys": _("All keys"),
        "log_in_again": _("The session is over. Log in again; drafts are kept."),
        "weekdays": [_("Sun"), _("Mon"), _("Tue"), _("Wed"), _("Thu"), _("Fri"), _("Sat")],
        "date": _("%(month)s/%(day)s %(weekday)s"),
        "now": _("now"),
    }
    return json.dumps(words, ensure_ascii=False)


@register.simple_tag
def count_words(total: int, is_capped: bool = False) -> str:
    """How many rows a register has; a capped count says so."""
    if is_capped:
        return _("more than %(n)s") % {"n": formatting.figure(total)}
    return ngettext("%(n)s row", "%(n)s rows", total) % {"n": formatting.figure(total)}


@register.simple_tag
def keys(*pairs: str) -> SafeString:
    """The line of key hints: `{% keys "J K" "Up and down" "A" "Acknowledge" %}`."""
    lines = zip(pairs[::2], pairs[1::2], strict=True)
    return format_html('<div class="keys no-print">{}</div>', format_html_join("", "<span><kbd>{}</kbd>{}</span>", lines))
