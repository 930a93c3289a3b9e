"""API of the follow-up room: to-dos, messages, findings, hidden hazards, duties, restrictions, verdicts and the rules behind them."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Query, Router, Schema

from chemward.apps.core.acts import Actor
from chemward.apps.core.errors import NotFound
from chemward.apps.core.models import Post
from chemward.apps.followup import queries, rulebook, todo
from chemward.apps.followup.actions import duties, findings, hazards, messages, restrictions
from chemward.apps.followup.models import (
    Duty,
    Finding,
    HazardLevel,
    HazardSource,
    HiddenHazard,
    Proof,
    Receipt,
    Restriction,
    Subject,
)
from chemward.apps.followup.registers import DutyRegister, FindingRegister, HazardRegister, RestrictionRegister, VerdictRegister

router = Router()


class SubjectIO(Schema):
    type: str
    id: str
    label: str


class PageOut(Schema):
    count: int
    is_capped: bool
    next: str
    previous: str


class AboutOut(Schema):
    uuid: UUID
    org_path: str
    subject_type: str
    subject_id: str
    subject_label: str


class TodoOut(Schema):
    kind: str
    id: str
    title: str
    subject: str
    url: str
    since: datetime
    due_at: datetime | None
    level: int | None


class MessageOut(AboutOut):
    message_class: str
    topic: str
    title: str
    text: str
    level: int | None
    state: str
    sent_at: datetime
    due_at: datetime | None
    handled_at: datetime | None


class ReceiptOut(Schema):
    message: MessageOut
    reason: str
    step: int
    received_at: datetime
    read_at: datetime | None
    handled_at: datetime | None


class MessageIn(Schema):
    message_class: str
    title: str
    text: str = ""
    org_path: str
    topic: str = "*"
    due_at: datetime | None = None
    key: str | None = None
    subject: SubjectIO | None = None


class FindingOut(AboutOut):
    rule: str
    edition: str
    clause: str
    key: str
    level: int
    title: str
    message: str
    remedy: str
    state: str
    raised_at: datetime
    note: str
    cleared_at: datetime | None


class HazardOut(AboutOut):
    number: str
    title: str
    description: str
    level: str
    origin: str
    category: str
    place: str
    state: str
    found_at: datetime
    measure: str
    due_at: datetime | None
    evidence: str
    submitted_at: datetime | None
    closed_at: datetime | None
    is_late: bool
    extension_count: int
    return_count: int


class HazardIn(Schema):
    org_path: str
    title: str
    description: str = ""
    level: HazardLevel = HazardLevel.GENERAL
    origin: HazardSource = HazardSource.PATROL
    category: str = ""
    place: str = ""
    clause: str = ""
    external_key: str = ""
    subject: SubjectIO | None = None


class AssignIn(Schema):
    post: UUID
    due_at: datetime
    measure: str
    precaution: str = ""
    funds_cny: Decimal | None = None
    level: HazardLevel | None = None
    is_supervised: bool | None = None


class EvidenceIn(Schema):
    evidence: str
    cause: str = ""


class OpinionIn(Schema):
    opinion: str


class ReturnIn(Schema):
    reason: str
    due_at: datetime | None = None


class ExtensionIn(Schema):
    due_at: datetime
    reason: str


class DecisionIn(Schema):
    is_granted: bool
    answer: str = ""


class ReasonIn(Schema):
    reason: str


class NoteIn(Schema):
    reason: str
    until: datetime | None = None


class HandleIn(Schema):
    note: str = ""


class DutyOut(AboutOut):
    title: str
    text: str
    kind: str
    clause: str
    state: str
    proof_needed: str
    assigned_at: datetime
    due_at: datetime
    done_at: datetime | None
    is_late: bool
    is_by_deputy: bool
    escalation: int


class DutyIn(Schema):
    post: UUID
    title: str
    due_at: datetime
    text: str = ""
    kind: str = ""
    clause: str = ""
    key: str | None = None
    proof: Proof = Proof.NONE
    subject: SubjectIO | None = None


class ProofIn(Schema):
    proof: str = ""


class HandOverIn(Schema):
    post: UUID
    reason: str


class RestrictionOut(AboutOut):
    title: str
    verbs: list[str]
    reason: str
    clause: str
    is_inherited: bool
    imposed_by_name: str
    valid_from: datetime
    valid_until: datetime | None
    lifted_at: datetime | None


class RestrictionIn(Schema):
    org_path: str
    verbs: list[str]
    title: str
    reason: str
    clause: str = ""
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    is_inherited: bool = True
    key: str | None = None
    subject: SubjectIO | None = None


class ExemptIn(Schema):
    org_path: str
    verbs: list[str]
    reason: str
    valid_until: datetime | None = None


class ExemptionOut(Schema):
    uuid: UUID
    org_path: str
    verbs: list[str]
    valid_until: datetime | None


class VerdictOut(AboutOut):
    rule: str
    edition: str
    clause: str
    code: str
    label: str
    level: int | None
    colour: str
    value: float | None
    unit: str
    computed_at: datetime
    checked_at: datetime
    valid_from: datetime
    valid_until: datetime | None


class RuleOut(Schema):
    id: str
    title: str
    edition: str
    clause: str
    source: str
    sure: str


class DistanceOut(Schema):
    code: str
    label: str
    amount: float


class WhyOut(Schema):
    verdict: VerdictOut
    rule: RuleOut | None
    inputs: list[dict[str, Any]]
    steps: list[dict[str, Any]]
    formula: str
    scale: list[dict[str, Any]]
    distances: list[DistanceOut]
    what_if: list[dict[str, Any]]
    findings: list[FindingOut]
    history: list[VerdictOut]


class FindingPage(PageOut):
    rows: list[FindingOut]


class HazardPage(PageOut):
    rows: list[HazardOut]


class DutyPage(PageOut):
    rows: list[DutyOut]


class RestrictionPage(PageOut):
    rows: list[RestrictionOut]


class VerdictPage(PageOut):
    rows: list[VerdictOut]


def _actor(request: HttpRequest) -> Actor:
    return request.actor  # type: ignore[attr-defined, no-any-return]


def _paged(request: HttpRequest, register: Any) -> dict[str, Any]:
    """A page of a register; `next` and `previous` go back in as `after` and `before`, filters as on the page."""
    found = register(_actor(request).scope, request.GET).page()
    return {
        "rows": found.rows,
        "count": found.count,
        "is_capped": found.is_capped,
        "next": found.next,
        "previous": found.previous,
    }


def _subject(given: SubjectIO | None) -> Subject | None:
    return Subject(given.type, given.id, given.label) if given else None


def _post(uuid: UUID) -> Post:
    found = Post.objects.select_related("organisation").filter(uuid=uuid).first()
    if found is None:
        raise NotFound(_("Not found."))
    return found


# -- to-dos and messages ----------------------------------------------------------------------------------------------


@router.get("/todos", response=list[TodoOut])
def list_todos(request: HttpRequest) -> list[todo.Todo]:
    """What waits for the caller: overdue first."""
    return todo.mine(_actor(request), timezone.now())


@router.get("/messages", response=list[ReceiptOut])
def list_messages(request: HttpRequest, limit: int = Query(100, ge=1, le=500)) -> list[Receipt]:
    """The caller's own messages, newest first."""
    return list(queries.inbox(_actor(request))[:limit])


@router.post("/messages", response={201: MessageOut})
def send_message(request: HttpRequest, body: MessageIn) -> Any:
    """Send a message to whom the rules name. With a key it is sent once."""
    fields = body.dict(exclude={"subject", "message_class", "title", "text"})
    return 201, messages.send(
        _actor(request), body.message_class, body.title, body.text, subject=_subject(body.subject), now=timezone.now(), **fields
    )


@router.post("/messages/{uuid}/read", response=int)
def read_message(request: HttpRequest, uuid: UUID) -> int:
    """Mark a message of the caller as read; how many were new."""
    return messages.mark_read(_actor(request), [uuid], now=timezone.now())


@router.post("/messages/{uuid}/handle", response=MessageOut)
def handle_message(request: HttpRequest, uuid: UUID, body: HandleIn) -> Any:
    """Say that it is dealt with."""
    return messages.handle(_actor(request), uuid, body.note, now=timezone.now())


@router.post("/messages/{uuid}/withdraw", response=MessageOut)
def withdraw_message(request: HttpRequest, uuid: UUID, body: ReasonIn) -> Any:
    """Take a message back."""
    return messages.withdraw(_actor(request), uuid, body.reason, now=timezone.now())


# -- findings ---------------------------------------------------------------------------------------------------------


@router.get("/findings", response=FindingPage)
def list_findings(request: HttpRequest) -> dict[str, Any]:
    """Findings in scope."""
    return _paged(request, FindingRegister)


@router.get("/findings/{uuid}", response=FindingOut)
def get_finding(request: HttpRequest, uuid: UUID) -> Any:
    """One finding."""
    return queries.one(_actor(request).scope, Finding.objects.all(), "finding.view", uuid)


@router.post("/findings/{uuid}/note", response=FindingOut)
def note_finding(request: HttpRequest, uuid: UUID, body: NoteIn) -> Any:
    """Take note with a reason."""
    return findings.note(_actor(request), uuid, body.reason, until=body.until, now=timezone.now())


@router.post("/findings/{uuid}/reopen", response=FindingOut)
def reopen_finding(request: HttpRequest, uuid: UUID, body: ReasonIn) -> Any:
    """Open a noted finding again."""
    return findings.reopen(_actor(request), uuid, body.reason, now=timezone.now())


# -- hidden hazards ---------------------------------------------------------------------------------------------------


@router.get("/hazards", response=HazardPage)
def list_hazards(request: HttpRequest) -> dict[str, Any]:
    """Hidden hazards in scope."""
    return _paged(request, HazardRegister)


@router.post("/hazards", response={201: HazardOut})
def report_hazard(request: HttpRequest, body: HazardIn) -> Any:
    """Report a hidden hazard. With an external key it is idempotent."""
    fields = body.dict(exclude={"subject", "org_path", "title"})
    return 201, hazards.report(
        _actor(request), body.org_path, body.title, subject=_subject(body.subject), now=timezone.now(), **fields
    )


@router.get("/hazards/{uuid}", response=HazardOut)
def get_hazard(request: HttpRequest, uuid: UUID) -> Any:
    """One hidden hazard."""
    return queries.one(_actor(request).scope, HiddenHazard.objects.all(), "hazard.view", uuid)


@router.post("/hazards/{uuid}/assign", response=HazardOut)
def assign_hazard(request: HttpRequest, uuid: UUID, body: AssignIn) -> Any:
    """Lay down who rectifies what until when."""
    return hazards.assign(_actor(request), uuid, post=_post(body.post), now=timezone.now(), **body.dict(exclude={"post"}))


@router.post("/hazards/{uuid}/submit", response=HazardOut)
def submit_hazard(request: HttpRequest, uuid: UUID, body: EvidenceIn) -> Any:
    """Give evidence that it is rectified."""
    return hazards.submit(_actor(request), uuid, evidence=body.evidence, cause=body.cause, now=timezone.now())


@router.post("/hazards/{uuid}/accept", response=HazardOut)
def accept_hazard(request: HttpRequest, uuid: UUID, body: OpinionIn) -> Any:
    """Accept the rectification."""
    return hazards.accept(_actor(request), uuid, opinion=body.opinion, now=timezone.now())


@router.post("/hazards/{uuid}/return", response=HazardOut)
def return_hazard(request: HttpRequest, uuid: UUID, body: ReturnIn) -> Any:
    """Send it back."""
    return hazards.return_(_actor(request), uuid, reason=body.reason, due_at=body.due_at, now=timezone.now())


@router.post("/hazards/{uuid}/dismiss", response=HazardOut)
def dismiss_hazard(request: HttpRequest, uuid: UUID, body: ReasonIn) -> Any:
    """It is no hidden hazard."""
    return hazards.dismiss(_actor(request), uuid, reason=body.reason, now=timezone.now())


@router.post("/hazards/{uuid}/extension", response={204: None})
def ask_extension(request: HttpRequest, uuid: UUID, body: ExtensionIn) -> Any:
    """Ask for more time."""
    hazards.ask_extension(_actor(request), uuid, due_at=body.due_at, reason=body.reason, now=timezone.now())
    return 204, None


@router.post("/hazards/{uuid}/decision", response=HazardOut)
def decide_extension(request: HttpRequest, uuid: UUID, body: DecisionIn) -> Any:
    """Grant or refuse more time."""
    return hazards.decide_extension(_actor(request), uuid, is_granted=body.is_granted, answer=body.answer, now=timezone.now())


# -- duties -----------------------------------------------------------------------------------------------------------


@router.get("/duties", response=DutyPage)
def list_duties(request: HttpRequest) -> dict[str, Any]:
    """Duties in scope."""
    return _paged(request, DutyRegister)


@router.post("/duties", response={201: DutyOut})
def assign_duty(request: HttpRequest, body: DutyIn) -> Any:
    """Let a post owe something. With a key it is idempotent."""
    fields = body.dict(exclude={"subject", "post", "title"})
    return 201, duties.assign(
        _actor(request), _post(body.post), body.title, subject=_subject(body.subject), now=timezone.now(), **fields
    )


@router.get("/duties/{uuid}", response=DutyOut)
def get_duty(request: HttpRequest, uuid: UUID) -> Any:
    """One duty."""
    return queries.one(_actor(request).scope, Duty.objects.all(), "duty.view", uuid)


@router.post("/duties/{uuid}/do", response=DutyOut)
def do_duty(request: HttpRequest, uuid: UUID, body: ProofIn) -> Any:
    """Do what is owed."""
    return duties.do(_actor(request), uuid, proof=body.proof, now=timezone.now())


@router.post("/duties/{uuid}/hand-over", response=DutyOut)
def hand_over_duty(request: HttpRequest, uuid: UUID, body: HandOverIn) -> Any:
    """Give it to another post of the organisation."""
    return duties.hand_over(_actor(request), uuid, _post(body.post), body.reason, now=timezone.now())


@router.post("/duties/{uuid}/cancel", response=DutyOut)
def cancel_duty(request: HttpRequest, uuid: UUID, body: ReasonIn) -> Any:
    """Nothing is owed any more."""
    return duties.cancel(_actor(request), uuid, body.reason, now=timezone.now())


# -- restrictions -----------------------------------------------------------------------------------------------------


@router.get("/restrictions", response=RestrictionPage)
def list_restrictions(request: HttpRequest) -> dict[str, Any]:
    """Restrictions in scope."""
    return _paged(request, RestrictionRegister)


@router.get("/restrictions/holding", response=list[RestrictionOut])
def holding_restrictions(request: HttpRequest, org_path: str) -> Any:
    """What an organisation may not do now: its own restrictions and those it inherits."""
    return queries.restrictions_in_force(_actor(request).scope, org_path, now=timezone.now())


@router.post("/restrictions", response={201: RestrictionOut})
def impose_restriction(request: HttpRequest, body: RestrictionIn) -> Any:
    """Forbid acts to an organisation or to one thing of it."""
    fields = body.dict(exclude={"subject", "org_path", "verbs"})
    return 201, restrictions.impose(
        _actor(request), body.org_path, body.verbs, subject=_subject(body.subject), now=timezone.now(), **fields
    )


@router.get("/restrictions/{uuid}", response=RestrictionOut)
def get_restriction(request: HttpRequest, uuid: UUID) -> Any:
    """One restriction."""
    return queries.one(_actor(request).scope, Restriction.objects.all(), "restriction.view", uuid)


@router.post("/restrictions/{uuid}/lift", response=RestrictionOut)
def lift_restriction(request: HttpRequest, uuid: UUID, body: ReasonIn) -> Any:
    """End a restriction."""
    return restrictions.lift(_actor(request), uuid, body.reason, now=timezone.now())


@router.post("/restrictions/{uuid}/exempt", response={201: ExemptionOut})
def exempt_from_restriction(request: HttpRequest, uuid: UUID, body: ExemptIn) -> Any:
    """Let one organisation do some of the verbs all the same."""
    return 201, restrictions.exempt(
        _actor(request), uuid, body.org_path, body.verbs, body.reason, valid_until=body.valid_until, now=timezone.now()
    )


@router.post("/exemptions/{uuid}/revoke", response=ExemptionOut)
def revoke_exemption(request: HttpRequest, uuid: UUID, body: ReasonIn) -> Any:
    """End an exemption."""
    return restrictions.revoke(_actor(request), uuid, body.reason, now=timezone.now())


# -- verdicts and rules -----------------------------------------------------------------------------------------------


@router.get("/verdicts", response=VerdictPage)
def list_verdicts(request: HttpRequest) -> dict[str, Any]:
    """Verdicts in scope, also those that are no longer in force."""
    return _paged(request, VerdictRegister)


@router.get("/verdicts/{uuid}/why", response=WhyOut)
def why(request: HttpRequest, uuid: UUID) -> dict[str, Any]:
    """A verdict opened to every factor."""
    found = queries.why(_actor(request).scope, uuid)
    v = found.verdict
    return {
        "verdict": v,
        "rule": _rule(found.rule) if found.rule else None,
        "inputs": v.inputs,
        "steps": v.steps,
        "formula": v.formula,
        "scale": v.scale,
        "distances": [{"code": d.to.code, "label": d.to.label, "amount": d.amount} for d in found.distances],
        "what_if": v.what_if,
        "findings": found.findings,
        "history": found.history,
    }


@router.get("/rules", response=list[RuleOut])
def list_rules(request: HttpRequest) -> list[dict[str, str]]:
    """The rules that state verdicts, each with edition, clause, source and how sure its reading is."""
    return [_rule(card) for card in rulebook.cards().values()]


def _rule(card: rulebook.RuleCard) -> dict[str, str]:
    return {
        "id": card.id,
        "title": str(card.title),
        "edition": card.edition,
        "clause": card.clause,
        "source": card.source,
        "sure": card.sure,
    }
