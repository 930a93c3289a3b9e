"""Words that the scripts of the map write, and names of deeds."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy


def deeds() -> Mapping[str, str | Promise]:
    """Verbs of the audit that the map tells as last deeds."""
    return {
        "alarm.acknowledge": gettext_lazy("acknowledged"),
        "alarm.undo_acknowledge": gettext_lazy("took back the acknowledgement"),
        "alarm.respond": gettext_lazy("answered"),
        "alarm.urge": gettext_lazy("urged"),
        "alarm.reset": gettext_lazy("reset"),
        "alarm.shelve": gettext_lazy("shelved"),
        "alarm.unshelve": gettext_lazy("ended the shelving"),
        "alarm.out_of_service": gettext_lazy("took out of service"),
        "alarm.return_to_service": gettext_lazy("returned to service"),
        "alarm.suppress_approve": gettext_lazy("agreed to the silence"),
        "alarm.suppress_reject": gettext_lazy("refused the silence"),
        "limit.propose": gettext_lazy("proposed a limit"),
        "limit.approve": gettext_lazy("approved a limit"),
    }


def script_words() -> dict[str, object]:
    """By name, for `map-config`; `%(name)s` is filled in by the script."""
    return {
        "acknowledge": _("Acknowledge"),
        "value_raised": _("when raised %(value)s"),
        "acknowledged": _("%(n)s acknowledged."),
        "changed": _("%(n)s changed since you saw them and were left."),
        "handle": _("Handle"),
        "trend": _("Trend"),
        "details": _("Details"),
        "close": _("Close"),
        "ago": _("%(time)s ago"),
        "quality_good": _("good"),
        "quality": _("Quality"),
        "quality_bits": [_("late"), _("calibration"), _("maintenance"), _("substituted"), _("out of range")],
        "quality_classes": ["", _("uncertain"), _("bad"), _("bad")],
        "no_data": _("no data"),
        "last_10min": _("last 10 min"),
        "limit": _("limit"),
        "more": _("%(n)s more"),
        "more_tags": _("%(n)s tags in all"),
        "none_owed": _("No alarm waits for acknowledgement."),
        "none_then": _("No alarm stood at this moment."),
        "alarms_now": _("Unacknowledged alarms"),
        "alarms_then": _("Alarms at %(time)s"),
        "late_mark": _("told late"),
        "returned": _("back to normal"),
        "not_connected": _("Not installed"),
        "away": _("The historian does not answer."),
        "no_deeds": _("Nothing was done yet."),
        "replay": _("Replay"),
        "live": _("Live"),
        "replay_banner": _("Replay: %(time)s. This is not the present."),
        "back_to_live": _("Back to live"),
        "pause": _("Pause"),
        "play": _("Play"),
        "bars": _("24 h, 10 min each"),
        "no_wind": _("no wind data"),
        "force": _("force %(n)s"),
        "calm": _("calm"),
        "wind_from": _("%(from)s wind"),
        "humidity": _("humidity"),
        "stability": _("stability"),
        "directions": [
            _("north"),
            _("northeast"),
            _("east"),
            _("southeast"),
            _("south"),
            _("southwest"),
            _("west"),
            _("northwest"),
        ],
        "found_none": _("Nothing found."),
        "two_characters": _("At least two characters."),
        "gate_main": _("G"),
        "gate_hazardous": _("H"),
        "gate_emergency": _("E"),
        "layer_failed": _("Layers that did not load: %(names)s"),
        "ground_of_now": _("The register does not reach back so far: the ground is that of now."),
        "truncated": _("Not everything is drawn at this zoom."),
        "sound_off": _("Sound off"),
        "sound_1": _("Sound: priority 1"),
        "sound_12": _("Sound: priorities 1 and 2"),
        "sound_blocked": _("Press to let the sound through"),
        "sound_playing": _("Sounding"),
        "key_acknowledge": _("Acknowledge the top alarm"),
        "key_down": _("Next alarm"),
        "key_up": _("Alarm before"),
        "key_layers": _("Show everything"),
        "key_live": _("Back to live"),
        "cluster": _("%(n)s alarms here, worst priority %(p)s"),
        "alarm_at": _("Priority %(p)s: %(title)s"),
        "north_letter": _("N"),
    }
