"""Ways out of the platform through Apprise, behind an allow-list: an address written by an administrator must not become a way into the network.

Services with a fixed address (robots of DingTalk, WeCom, Feishu, Lark) are allowed as they are. Addresses that name a host of their own (mail,
web hooks) are allowed only for hosts that whoever runs the machine has listed in `CHEMWARD_NOTIFY_HOSTS` (names separated by commas, `host` or
`host:port`). Nothing follows redirects, nothing is read from files or from other configuration addresses.
"""

from __future__ import annotations

import os
from typing import Any
from urllib.parse import parse_qs, urlsplit

import apprise
from django.utils.translation import gettext as _

from chemward.apps.core.errors import Fault, Invalid

# Plugins of Apprise that send to one address of their own.
FIXED = frozenset({"dingtalk", "wecombot", "feishu", "lark"})
# Plugins that send to a host named in the address.
NAMED = frozenset({"mailto", "mailtos", "json", "jsons"})
# Parameters that would send the message elsewhere, read files or drop the check of the certificate.
FORBIDDEN = frozenset({"smtp", "redirect", "verify", "attach-as", "pgp", "pgpkey", "reply", "bcc", "cc", "user-agent"})
TIMEOUT_S = 10


def allowed_hosts() -> frozenset[str]:
    return frozenset(h.strip().lower() for h in os.environ.get("CHEMWARD_NOTIFY_HOSTS", "").split(",") if h.strip())


def check(url: str) -> None:
    """Invalid when the address may not be used, saying why."""
    parts = urlsplit(url.strip())
    scheme = parts.scheme.lower()
    if scheme not in FIXED | NAMED:
        raise _refusal(
            _("Channels of this kind are not allowed: %(scheme)s") % {"scheme": scheme or "—"}, " ".join(sorted(FIXED | NAMED))
        )
    if bad := {k.lower().lstrip("+-:") for k in parse_qs(parts.query, keep_blank_values=True)} & FORBIDDEN:
        raise _refusal(_("Not allowed in the address: %(names)s") % {"names": ", ".join(sorted(bad))})
    made = _instance(url)
    if made is None:
        raise _refusal(_("This address cannot be read."), "dingtalk://… wecombot://… feishu://… mailtos://…")
    if scheme in NAMED:
        _check_hosts(made)


def send(url: str, title: str, text: str) -> str:
    """Send; the fault in words, empty when it was taken. The address is checked again: the allow-list may have changed since it was kept."""
    try:
        check(url)
    except Invalid as refused:
        return str(refused)
    made = _instance(url)
    if made is None:
        return _("This address cannot be read.")
    try:
        sent = made.notify(body=text or title, title=title, body_format=apprise.NotifyFormat.TEXT)
    except Exception as fault:  # a plugin's fault is an outcome of the try, to be kept and tried again
        return f"{type(fault).__name__}: {fault}"[:200]
    return "" if sent else _("The service did not take it.")


def shown(url: str) -> str:
    """The address with its secrets hidden."""
    made = _instance(url)
    return made.url(privacy=True)[:200] if made is not None else ""


def _instance(url: str) -> Any:
    asset = apprise.AppriseAsset(
        http_redirects=False, secure_logging=True, plugin_paths=[], app_id="Chemward", app_desc="Chemward", app_url=""
    )
    made = apprise.Apprise.instantiate(url.strip(), asset=asset, suppress_exceptions=True)
    if made is not None:
        made.redirects = False
        made.socket_connect_timeout, made.socket_read_timeout = TIMEOUT_S, TIMEOUT_S
    return made


def _check_hosts(made: Any) -> None:
    hosts = {str(h).lower() for h in (getattr(made, "host", ""), getattr(made, "smtp_host", "")) if h}
    port = getattr(made, "port", None)
    allowed = allowed_hosts()
    # Of a mail address only the server that is spoken to counts, the domain after the @ does not.
    target = str(getattr(made, "smtp_host", "") or made.host).lower()
    if target not in allowed and f"{target}:{port}" not in allowed:
        raise _refusal(
            _("The host %(host)s is not on the list of this installation.") % {"host": target or ", ".join(sorted(hosts))},
            _("Whoever runs the machine lists it in CHEMWARD_NOTIFY_HOSTS."),
        )


def _refusal(message: str, remedy: str = "") -> Invalid:
    return Invalid(Fault("url", message, remedy))
