"""The devices' HTTP door: who may post, how much, what is answered. Answers "stored" only after the stream's acknowledgement."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import nats.errors
from nats.js.errors import APIError, NoStreamResponseError

from chemward.protocols.telemetry.alarm_payload import decode_alarms
from chemward.protocols.telemetry.faults import Faults
from chemward.protocols.telemetry.payload import HTTP_LIMITS, PayloadDecoder
from chemward.telemetry.bus import subjects
from chemward.telemetry.live.credentials import Credential, Credentials
from chemward.telemetry.live.directory import Directory

MAX_BYTES = HTTP_LIMITS.max_bytes - (64 << 10)  # the bus counts headers and subject too
CONTENT_TYPES = frozenset(
    {"", "application/json", "text/json", "text/plain", "application/octet-stream", "application/vnd.chemward.cwb1"}
)
SHOWN_FAULTS = 20
KINDS = (subjects.DATA, subjects.ALARM)

# (subject, body, message id or "") → (sequence, is a repeat); raises what the bus raises
Publish = Callable[[str, bytes, str], Awaitable[tuple[int, bool]]]


class Refused(Exception):
    """An answer other than 200: HTTP status, code, what is wrong, what to do; retry_after [s] when trying again helps."""

    def __init__(self, status: int, code: str, message: str, remedy: str, retry_after: int = 0, **more: Any) -> None:
        super().__init__(message)
        self.status = status
        self.retry_after = retry_after
        self.body = {"error": code, "message": message, "remedy": remedy, **more}


@dataclass(frozen=True)
class Request:
    """One POST. authorization, content_type, key: header texts, "" when absent; length: Content-Length, None when absent."""

    feed: str
    kind: str
    authorization: str = ""
    content_type: str = ""
    key: str = ""
    length: int | None = None


@dataclass
class Bucket:
    """Allowance that fills with time: `rate` a second up to `burst`."""

    rate: float
    burst: float
    level: float
    at_ms: int

    def take(self, amount: float, now_ms: int) -> bool:
        self.level = min(self.burst, self.level + (now_ms - self.at_ms) / 1000 * self.rate)
        self.at_ms = now_ms
        if self.level < amount:
            return False
        self.level -= amount
        return True


@dataclass(frozen=True)
class Rates:
    """Per feed: requests [1/s] and bytes [B/s], each with a burst."""

    requests: float = 500.0
    requests_burst: float = 1_000.0
    bytes: float = 16 << 20
    bytes_burst: float = 64 << 20


@dataclass
class Door:
    """Decides about posts and hands them to the bus. refusals: counts by feed and code since they were last taken."""

    credentials: Credentials
    directory: Directory
    publish: Publish
    rates: Rates = field(default_factory=Rates)
    refusals: dict[str, Counter[str]] = field(default_factory=dict)
    _buckets: dict[str, tuple[Bucket, Bucket]] = field(default_factory=dict)
    _decoder: PayloadDecoder = field(default_factory=PayloadDecoder)

    def admit(self, request: Request, now_ms: int) -> Credential:
        """The credential of a post that may be read; Refused otherwise. Called before the body is read."""
        credential = self._authenticated(request.authorization)
        if credential.feed != request.feed:
            raise Refused(403, "wrong_feed", "凭据不属于此接入点", "核对地址中的接入点编号，或使用该接入点的凭据")
        config = self.directory.feeds.get(request.feed)
        if config is None or not config.active:
            raise Refused(403, "feed_inactive", "接入点未启用", "在接入页启用该接入点")
        if request.kind not in KINDS:
            raise Refused(404, "unknown_kind", "地址应以 /data 或 /alarm 结尾", "数据发到 /data，报警发到 /alarm")
        if request.content_type.partition(";")[0].strip().lower() not in CONTENT_TYPES:
            raise Refused(
                415, "unsupported_type", "不支持的 Content-Type", "JSON 用 application/json，CWB1 用 application/octet-stream"
            )
        if request.length is not None and request.length > MAX_BYTES:
            raise too_large(request.length)
        requests, octets = self._allowance(request.feed, now_ms)
        if not requests.take(1, now_ms) or not octets.take(request.length or 0, now_ms):
            raise Refused(429, "too_many_requests", "请求过于频繁", "把样本合并成较大的批次，或稍后重试", retry_after=1)
        return credential

    def _authenticated(self, authorization: str) -> Credential:
        scheme, _, value = authorization.strip().partition(" ")
        found: Credential | None = None
        if scheme.lower() == "bearer":
            found = self.credentials.by_secret(value.strip(), "http")
        elif scheme.lower() == "basic":
            try:
                id_, _, secret = base64.b64decode(value.strip(), validate=True).decode().partition(":")
            except (binascii.Error, UnicodeDecodeError):
                id_ = secret = ""
            found = self.credentials.check(id_, secret, "http")
        if found is None:
            raise Refused(
                401,
                "unauthorized",
                "凭据缺失、错误或已吊销",
                "请求头写 Authorization: Bearer <密钥>，或 Basic <凭据编号>:<密钥>；密钥在接入页生成",
            )
        return found

    def _allowance(self, feed: str, now_ms: int) -> tuple[Bucket, Bucket]:
        known = self._buckets.get(feed)
        if known is None:
            r = self.rates
            known = self._buckets[feed] = (
                Bucket(r.requests, r.requests_burst, r.requests_burst, now_ms),
                Bucket(r.bytes, r.bytes_burst, r.bytes_burst, now_ms),
            )
        return known

    async def store(self, request: Request, data: bytes, now_ms: int) -> dict[str, Any]:
        """Hand an admitted post to the bus; the body of the answer 200. Refused when nothing of it can be read, or it was not stored.

        A message of which nothing can be read goes to the bus all the same, so that the feed's page shows it with its faults.
        """
        count, faults = self._look(request.kind, data, now_ms)
        subject = subjects.native_input(self.directory.feeds[request.feed].shard, request.feed, request.kind)
        # A repeated key is a repeated post: the stream keeps the first one.
        message_id = f"{request.feed}.{hashlib.sha256(request.key.encode()).hexdigest()[:32]}" if request.key else ""
        try:
            sequence, is_repeat = await self.publish(subject, data, message_id)
        except (TimeoutError, nats.errors.Error, APIError, NoStreamResponseError) as reason:
            raise Refused(503, "not_stored", "平台暂时不能保存数据，本报文未保存", "稍后原样重发", retry_after=2) from reason
        listed = [
            {"index": f.index, "field": f.field, "code": f.code, "message": f.message, "remedy": f.remedy} for f in faults.listed
        ]
        if not count:
            raise Refused(400, "no_readable_sample", "报文中没有可读的样本", "按 faults 逐条改正", faults=listed[:SHOWN_FAULTS])
        answer: dict[str, Any] = {"stored": count, "refused": len(faults.refused), "seq": sequence, "at_ms": now_ms}
        if is_repeat:
            answer["duplicate"] = True
        if listed:
            answer["faults"] = listed[:SHOWN_FAULTS]
        return answer

    def _look(self, kind: str, data: bytes, now_ms: int) -> tuple[int, Faults]:
        """How many samples or alarms can be read, and the faults of the others."""
        if kind == subjects.ALARM:
            alarms, faults = decode_alarms(data, now_ms, HTTP_LIMITS.max_bytes)
            return len(alarms), faults
        payload = self._decoder.decode(data, now_ms, HTTP_LIMITS)
        return len(payload) - len(payload.faults.refused), payload.faults

    def count_refusal(self, feed: str, code: str) -> None:
        """Note a refusal for the feed's health; only of feeds that exist, names from outside do not fill the memory."""
        if feed in self.directory.feeds:
            self.refusals.setdefault(feed, Counter())[code] += 1

    def take_refusals(self) -> dict[str, Counter[str]]:
        """Refusals since the last call."""
        taken, self.refusals = self.refusals, {}
        return taken


def too_large(length: int) -> Refused:
    return Refused(413, "too_large", f"报文 {length} 字节，超过上限 {MAX_BYTES} 字节", "拆成多条较小的报文发送")
