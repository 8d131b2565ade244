"""Every fact there is, frozen, in one closed union: what happened, never what is.

A fact's body is here; who it is about, when, by whom and because of what stand in the envelope (`Recorded`). The fields
named in `personal` are sealed with the person's own key when they are stored, so that shredding the key forgets them.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import ClassVar, Literal, Union

import msgspec

from acuerdo.core.messages import Content, Origin
from acuerdo.core.words import HandOverReason, HoldKind, Mode, Money, Purpose, Reason

Stage = Literal["planning", "sending"]


class Fact(msgspec.Struct, frozen=True, omit_defaults=True, tag_field="kind"):
    """What happened. `personal` names the fields that are sealed; `input` says that a conversation's step reads it."""

    personal: ClassVar[tuple[str, ...]] = ()
    input: ClassVar[bool] = False


class Recorded(msgspec.Struct, frozen=True):
    """A fact in its envelope: `who` is bot, debtor, agent:LOGIN, operator or system; `cause` is what led to it."""

    id: str
    at: datetime
    who: str
    fact: AnyFact
    creditor: str | None = None
    person: str | None = None
    account: str | None = None
    conversation: str | None = None
    campaign: str | None = None
    cause: str | None = None


class CreditorAdded(Fact, frozen=True, tag="creditor_added"):
    """A creditor was set up, with the particulars that law and texts need."""

    name: str
    legal_name: str
    ownership: str


class PortfolioImported(Fact, frozen=True, tag="portfolio_imported"):
    """A file went in: how many rows were new, changed, the same, or set aside; which accounts it closed."""

    file: str
    digest: str
    added: int
    updated: int
    unchanged: int
    set_aside: int
    closed: int = 0
    doubtful: int = 0
    import_id: str = ""


class ImportUndone(Fact, frozen=True, tag="import_undone"):
    """A file was taken out again, as nothing had been built on it: what it brought went, what it changed came back."""

    import_id: str
    file: str
    removed: int
    restored: int


class FeedImported(Fact, frozen=True, tag="feed_imported"):
    """A file of another feed than the portfolio went in; `unmatched` rows wait for their account or person."""

    feed: str
    file: str
    digest: str
    taken: int
    unchanged: int
    set_aside: int
    unmatched: int


class PersonSeen(Fact, frozen=True, tag="person_seen"):
    """A creditor's file named a person for the first time."""

    country: str
    name: str = ""
    personal: ClassVar = ("name",)


class PersonChanged(Fact, frozen=True, tag="person_changed"):
    """A newer file changed what is known of a person; the fields that changed."""

    fields: tuple[str, ...]


class PeopleMerged(Fact, frozen=True, tag="people_merged"):
    """Two people of a creditor are one human: `merged` is shown under `into` from here on. Told of both.

    `rule` is the matching rule that joined them; empty where somebody decided it, and `why` is theirs.
    """

    merged: str
    into: str
    rule: str = ""
    why: str = ""
    personal: ClassVar = ("why",)


class PeopleUnmerged(Fact, frozen=True, tag="people_unmerged"):
    """A merge was taken back: each has again what was theirs. Told of both."""

    merged: str
    into: str
    why: str = ""
    personal: ClassVar = ("why",)


class PeopleKeptApart(Fact, frozen=True, tag="people_kept_apart"):
    """Two people who look alike are two; no newer file asks again. Told of both."""

    one: str
    other: str
    why: str = ""
    personal: ClassVar = ("why",)


class AccountImported(Fact, frozen=True, tag="account_imported"):
    """A debt came in with its balance of record."""

    external_id: str
    product: str
    balance: Money
    days_past_due: int
    as_of: date | None = None
    due_date: date | None = None
    status: str = "open"


class AccountUpdated(Fact, frozen=True, tag="account_updated"):
    """A newer file changed a debt's balance of record, its days past due or its state."""

    balance: Money
    days_past_due: int
    was: Money
    as_of: date | None = None
    due_date: date | None = None
    status: str = "open"


class AccountClosed(Fact, frozen=True, tag="account_closed"):
    """The creditor took a debt back: its file says so (recalled), or left it out and is told to close (missing)."""

    why: Literal["recalled", "missing"]


class PaymentMatched(Fact, frozen=True, tag="payment_matched"):
    """A newer file's balance holds a payment that was made to us; `missing` is what its balance should have had off."""

    payment: str
    missing: Money | None = None


class Segmented(Fact, frozen=True, tag="segmented"):
    """An account went from one segment to another, for these reasons; where it was put first stands beside it."""

    segment: str
    why: tuple[str, ...]


class CampaignPlanned(Fact, frozen=True, tag="campaign_planned"):
    """A plan was made for a segment: how many are in and out."""

    segment: str
    included: int
    left_out: int
    rules: str


class CampaignApproved(Fact, frozen=True, tag="campaign_approved"):
    """A person read the plan and let it run."""

    entries: int


class ContactRefused(Fact, frozen=True, tag="contact_refused"):
    """The guard, or the plan, said that this person is not contacted; why, and at which stage."""

    channel: str
    stage: Stage
    why: tuple[Reason, ...]
    rules: str = ""


class ContactDelayed(Fact, frozen=True, tag="contact_delayed"):
    """The guard said: not before `until`, and why."""

    channel: str
    stage: Stage
    until: datetime
    why: tuple[Reason, ...]
    rules: str = ""


class ContactReserved(Fact, frozen=True, tag="contact_reserved"):
    """A contact was reserved in the one ledger, in the same commit that queued the message."""

    channel: str
    mode: Mode
    purpose: Purpose
    deadline: datetime
    key: str
    rules: str = ""
    why: tuple[Reason, ...] = ()


class MessageSent(Fact, frozen=True, tag="message_sent"):
    """The provider took a message."""

    channel: str
    key: str
    provider_id: str


class MessageDelivered(Fact, frozen=True, tag="message_delivered"):
    """The provider, or the chat page itself, says that a message arrived."""

    channel: str
    key: str


class MessageRead(Fact, frozen=True, tag="message_read"):
    """The provider says that it was read."""

    channel: str
    key: str


class MessageFailed(Fact, frozen=True, tag="message_failed"):
    """The provider said no; nothing reached the person."""

    channel: str
    key: str
    error: str


class MessageUnknown(Fact, frozen=True, tag="message_unknown"):
    """Nobody can tell whether a message left; it counts as a contact and is not sent again."""

    channel: str
    key: str


class MessageDropped(Fact, frozen=True, tag="message_dropped"):
    """A queued message was not sent: a new owner, a deadline gone, or the guard changed its mind."""

    channel: str
    key: str
    why: tuple[Reason, ...]


class LinkIssued(Fact, frozen=True, tag="link_issued"):
    """A private link was made for one person; only its hash is kept."""

    token: str
    expires: datetime


class LinkOpened(Fact, frozen=True, tag="link_opened"):
    """A human gesture was made on the private page; a previewer's or a scanner's visit is not one."""

    token: str


class LinkRevoked(Fact, frozen=True, tag="link_revoked"):
    """A private link stopped being valid before its time."""

    token: str
    why: str


class LinkRenewed(Fact, frozen=True, tag="link_renewed"):
    """Somebody asked for a new link on an expired one; it goes to the address on file only."""

    token: str


class MessageReceived(Fact, frozen=True, tag="message_received"):
    """The person wrote where no conversation runs, such as an answer to an SMS."""

    channel: str
    key: str
    text: str
    personal: ClassVar = ("text",)


class OptedOut(Fact, frozen=True, tag="opted_out"):
    """The person asked for no more messages: on one channel and the address that invited, or on all (`*`)."""

    channel: str
    address_hash: str = ""
    words: str = ""
    personal: ClassVar = ("words",)


class OptOutUndone(Fact, frozen=True, tag="opt_out_undone"):
    """The person wants to be written to again: in so many words after identity, or by the button of their page."""

    words: str = ""
    personal: ClassVar = ("words",)


class ContactImported(Fact, frozen=True, tag="contact_imported"):
    """Somebody else tried to reach the person, as their file says; it counts in the ledger unless it never left."""

    channel: str
    mode: Mode
    result: str
    reached: bool
    on: datetime
    agent: str = ""
    inbound: bool = False


class ConsentGiven(Fact, frozen=True, tag="consent_given"):
    """The person agreed to be written to on a channel, or on all (`*`), as the creditor's evidence shows."""

    channel: str
    on: datetime
    source: str = ""
    evidence: str = ""
    personal: ClassVar = ("evidence",)


class ConsentWithdrawn(Fact, frozen=True, tag="consent_withdrawn"):
    """The person took back their consent to a channel, or to all (`*`)."""

    channel: str
    on: datetime
    source: str = ""
    evidence: str = ""
    personal: ClassVar = ("evidence",)


class RegisterEntered(Fact, frozen=True, tag="register_entered"):
    """A register that bars or changes contact names the person, an address of theirs or a debt."""

    register: str
    on: datetime
    source: str = ""


class RegisterLeft(Fact, frozen=True, tag="register_left"):
    """A register no longer names the person, an address of theirs or a debt."""

    register: str
    on: datetime
    source: str = ""


class OutboundStopped(Fact, frozen=True, tag="outbound_stopped"):
    """Somebody pressed stop-all: nothing outbound leaves until it is lifted."""

    why: str


class OutboundResumed(Fact, frozen=True, tag="outbound_resumed"):
    """Stop-all was lifted."""


class Started(Fact, frozen=True, tag="started"):
    """A conversation began: the artefacts it runs on, and what is known of the person (`view`)."""

    flows: str
    channel: str
    view: msgspec.Raw
    model: str = ""
    rules: str = ""
    personal: ClassVar = ("view",)
    input: ClassVar = True


class ChannelChosen(Fact, frozen=True, tag="channel_chosen"):
    """The person said on which channel they want to be written to; it comes before what a strategy says."""

    channel: str


class WentOn(Fact, frozen=True, tag="went_on"):
    """The conversation went on at another place: on a channel, at an address (its keyed hash). `identified`: whether a
    proof of identity counts there. `greets`: a page was opened on which nobody is known yet, and it is greeted."""

    channel: str
    address: str = ""
    identified: bool = False
    greets: bool = False
    input: ClassVar = True


class Refreshed(Fact, frozen=True, tag="refreshed"):
    """What is known of the person changed under the conversation."""

    view: msgspec.Raw
    personal: ClassVar = ("view",)
    input: ClassVar = True


class Heard(Fact, frozen=True, tag="heard"):
    """The person wrote, or pressed a button, and what it was read as; `masked` is shown where they gave a document."""

    key: str
    text: str
    reading: msgspec.Raw
    button: str = ""
    masked: str = ""
    personal: ClassVar = ("text", "reading", "masked")
    input: ClassVar = True


class FlowsMoved(Fact, frozen=True, tag="flows_moved"):
    """The conversation took up newer flows: which, and the steps and slots that stand there for those it had."""

    flows: str
    steps: dict[str, str] = {}
    slots: dict[str, str] = {}
    input: ClassVar = True


class TimerRang(Fact, frozen=True, tag="timer_rang"):
    """A timer of ours fell due."""

    timer: str
    key: str
    input: ClassVar = True


class PaymentArrived(Fact, frozen=True, tag="payment_arrived"):
    """A payment of this person's was booked; the conversation is told. `seen`: the creditor's file told us of it."""

    payment: str
    amount: Money
    remaining: Money
    agreement: str = ""
    completed: bool = False
    seen: bool = False
    input: ClassVar = True


class PaymentDeclined(Fact, frozen=True, tag="payment_declined"):
    """The gateway did not take a payment; the conversation is told."""

    payment: str
    input: ClassVar = True


class PaymentTakenBack(Fact, frozen=True, tag="payment_taken_back"):
    """Money of this person's that had counted went back; the conversation is told. `agreement` counts on it again."""

    payment: str
    amount: Money
    remaining: Money
    agreement: str = ""
    input: ClassVar = True


class TakenOver(Fact, frozen=True, tag="taken_over"):
    """A person took the conversation; from here the bot is silent. `name` is what the debtor is told of them."""

    agent: str
    name: str = ""
    input: ClassVar = True


class HandedBack(Fact, frozen=True, tag="handed_back"):
    """The person gave the conversation back to the bot."""

    agent: str
    input: ClassVar = True


class AgentWrote(Fact, frozen=True, tag="agent_wrote"):
    """An agent's message, after the guard cleared it."""

    agent: str
    key: str
    text: str
    personal: ClassVar = ("text",)
    input: ClassVar = True


class CallLogged(Fact, frozen=True, tag="call_logged"):
    """An agent called the person: what came of it (see policies/contact_results.toml), and whether they talked."""

    agent: str
    key: str
    result: str
    reached: bool
    note: str = ""
    personal: ClassVar = ("note",)


class AgentOffered(Fact, frozen=True, tag="agent_offered"):
    """An agent put a plan before the person: within authority, or `outside` the limit named, with their reason."""

    agent: str
    key: str
    plan: msgspec.Raw
    outside: str = ""
    reason: str = ""
    personal: ClassVar = ("plan", "reason")
    input: ClassVar = True


class Said(Fact, frozen=True, tag="said"):
    """A message was put on the person's screen or on its way."""

    key: str
    text_id: str
    content: Content
    origin: Origin = "bot"
    purpose: Purpose = "reply"
    topics: tuple[str, ...] = ()
    personal: ClassVar = ("content",)


class TextRefused(Fact, frozen=True, tag="text_refused"):
    """The guard would not let a reply out; a pre-cleared text went in its place and a case was opened."""

    key: str
    text_id: str
    why: tuple[Reason, ...]


class Identified(Fact, frozen=True, tag="identified"):
    """The person proved who they are: the link plus a document, whole or its asked part."""

    method: Literal["link_and_document", "link_and_document_tail"]


class IdentityFailed(Fact, frozen=True, tag="identity_failed"):
    """What was given did not match; how many tries are left on this link."""

    left: int


class IdentityLocked(Fact, frozen=True, tag="identity_locked"):
    """Too many failures: this link is locked, or for the day this person, or whoever writes from this address."""

    scope: Literal["link", "day", "address"]


class DocumentGiven(Fact, frozen=True, tag="document_given"):
    """The person typed a whole document, which is accepted and never asked for."""

    value: str
    personal: ClassVar = ("value",)


class BalanceTold(Fact, frozen=True, tag="balance_told"):
    """The amount owed was told."""

    total: Money


class NoticesTold(Fact, frozen=True, tag="notices_told"):
    """What the person's country wants told about a debt was told, in the message `key`; which rules ask for it."""

    key: str
    topics: tuple[str, ...]
    rules: tuple[str, ...]


class DueDateTold(Fact, frozen=True, tag="due_date_told"):
    """The due date or the days late were told."""

    days_past_due: int


class QuestionAnswered(Fact, frozen=True, tag="question_answered"):
    """A question was answered from a reviewed text."""

    topic: str


class NegotiationResumed(Fact, frozen=True, tag="negotiation_resumed"):
    """After a digression the negotiation went on where it stopped."""

    step: str


class OfferMade(Fact, frozen=True, tag="offer_made"):
    """Plans within authority were put before the person."""

    plans: tuple[str, ...]
    totals: tuple[Money, ...]


class OfferBelowFloor(Fact, frozen=True, tag="offer_below_floor"):
    """The person's offer was below what may be accepted; it was kept, and countered or passed on."""

    offered: Money | None = None


class AgreementProposed(Fact, frozen=True, tag="agreement_proposed"):
    """A full written summary was shown and awaits a yes."""

    agreement: str
    total: Money
    parts: tuple[tuple[date, Money], ...]


class AgreementAccepted(Fact, frozen=True, tag="agreement_accepted"):
    """The person said yes to the full written summary; the evidence is what was shown and how they were identified.

    `accounts` are the debts it is about, where the person chose them; empty: all that were owed.
    """

    agreement: str
    balance: Money
    total: Money
    parts: tuple[tuple[date, Money], ...]
    summary_key: str
    method: str
    origin: Literal["bot", "debtor", "agent"] = "bot"
    accounts: tuple[str, ...] = ()
    words: str = ""
    personal: ClassVar = ("words",)


class AgreementSuperseded(Fact, frozen=True, tag="agreement_superseded"):
    """A newer agreement took an agreement's place."""

    agreement: str
    by: str


class AgreementCompleted(Fact, frozen=True, tag="agreement_completed"):
    """Everything agreed was paid."""

    agreement: str


class AgreementReopened(Fact, frozen=True, tag="agreement_reopened"):
    """An agreement that was kept or broken runs again: money was taken back, or is now known to have come in time."""

    agreement: str


class AgreementBroken(Fact, frozen=True, tag="agreement_broken"):
    """An installment's days of grace ended without the money; paying everything still completes the agreement."""

    agreement: str
    due: date


class AgreementRescheduled(Fact, frozen=True, tag="agreement_rescheduled"):
    """What is still to pay of an agreement got new days, by whom the envelope says; what was paid of it stays paid."""

    agreement: str
    parts: tuple[tuple[date, Money], ...]
    why: str = ""
    personal: ClassVar = ("why",)


class AgreementCancelled(Fact, frozen=True, tag="agreement_cancelled"):
    """An agreement ended by somebody's hand before its time; what was paid stays paid, and the rest is owed."""

    agreement: str
    why: str = ""
    personal: ClassVar = ("why",)


class PromiseMade(Fact, frozen=True, tag="promise_made"):
    """The person will pay on a day; the promise in force is the last one made."""

    promise: str
    due: date
    amount: Money | None = None
    corrects: str = ""


class PromiseKept(Fact, frozen=True, tag="promise_kept"):
    """What was promised came in by its day, days of grace included."""

    promise: str


class PromiseBroken(Fact, frozen=True, tag="promise_broken"):
    """The days of grace after the promised day ended without the money."""

    promise: str
    due: date


class PromiseReopened(Fact, frozen=True, tag="promise_reopened"):
    """A promise that was kept or broken is open again: money was taken back, or is now known to have come in time."""

    promise: str


class PaymentLinkSent(Fact, frozen=True, tag="payment_link_sent"):
    """A way to pay now was given; `accounts` are the debts it is for, where the person chose them."""

    payment: str
    amount: Money
    accounts: tuple[str, ...] = ()


class PaymentClaimed(Fact, frozen=True, tag="payment_claimed"):
    """The person says it is already paid; recorded for review and answered by a day, the receipt asked for."""

    words: str = ""
    answer_by: date | None = None
    personal: ClassVar = ("words",)


class StatementRequested(Fact, frozen=True, tag="statement_requested"):
    """The statement is wanted at an address; it goes there alone, once the address is on file or proved by a code."""

    email: str = ""
    personal: ClassVar = ("email",)


class ClearanceRequested(Fact, frozen=True, tag="clearance_requested"):
    """A letter that nothing is owed is wanted; `document` where it was made at once, as nothing is."""

    document: str = ""


class DocumentMade(Fact, frozen=True, tag="document_made"):
    """A document was made for the person, of what is known at this moment; it is kept sealed. `of`: which agreement."""

    document: str
    papers: str
    of: str = ""


class DocumentMailed(Fact, frozen=True, tag="document_mailed"):
    """A document is to go to an address that is on file, or that the person proved to be theirs."""

    document: str
    email: str = ""
    personal: ClassVar = ("email",)


class CodeWanted(Fact, frozen=True, tag="code_wanted"):
    """The person named an address that nobody knows: a code goes there, and what comes back is the proof."""

    code: str
    email: str = ""
    personal: ClassVar = ("email",)


class CodeTried(Fact, frozen=True, tag="code_tried"):
    """The person typed figures while a code was waited for, and what they were worth."""

    code: str
    result: Literal["right", "wrong", "expired", "spent"]
    input: ClassVar = True


class MailFailed(Fact, frozen=True, tag="mail_failed"):
    """A code or a document that the person asked for did not leave for their address; the conversation is told."""

    document: str = ""
    code: str = ""
    why: str = ""
    input: ClassVar = True


class FileReceived(Fact, frozen=True, tag="file_received"):
    """The person sent a file; it was looked at, cleaned and sealed, and is kept under `document`."""

    key: str
    document: str
    mime: str
    name: str = ""
    personal: ClassVar = ("name",)
    input: ClassVar = True


class CallbackScheduled(Fact, frozen=True, tag="callback_scheduled"):
    """The person chose another moment."""

    day: date
    hour: str


class SlotBooked(Fact, frozen=True, tag="slot_booked"):
    """A person of ours writes at this moment: it was told, and a slot of the desk is kept for it."""

    slot: datetime


class DisputeOpened(Fact, frozen=True, tag="dispute_opened"):
    """The debt or its amount is denied; collection pauses until it is answered."""

    words: str = ""
    personal: ClassVar = ("words",)


class CaseDetailed(Fact, frozen=True, tag="case_detailed"):
    """What the person added to a case of theirs: what exactly is denied, or what would show it."""

    case: Literal["dispute", "fraud", "complaint"]
    words: str
    personal: ClassVar = ("words",)


class FraudCaseOpened(Fact, frozen=True, tag="fraud_case_opened"):
    """The person says that somebody used their identity; collection pauses."""

    words: str = ""
    personal: ClassVar = ("words",)


class ContactBlocked(Fact, frozen=True, tag="contact_blocked"):
    """This address is no longer used for this debtor."""

    why: Literal["wrong_person", "deceased"]


class ComplaintLogged(Fact, frozen=True, tag="complaint_logged"):
    """A complaint, with what it is about."""

    about: str
    personal: ClassVar = ("about",)


class HardshipRecorded(Fact, frozen=True, tag="hardship_recorded"):
    """The person cannot pay as things are, and said why."""

    cause: str
    personal: ClassVar = ("cause",)


class VulnerabilityProtected(Fact, frozen=True, tag="vulnerability_protected"):
    """The case is flagged and collection paused; the kind is sealed, for it may speak of health."""

    about: str = ""
    personal: ClassVar = ("about",)


class CrisisHelpGiven(Fact, frozen=True, tag="crisis_help_given"):
    """A crisis line or emergency number of the country was named."""

    line: str


class ContactUpdated(Fact, frozen=True, tag="contact_updated"):
    """A new phone, address or e-mail is on record."""

    field: str
    value: str
    personal: ClassVar = ("value",)


class DataRightsRequested(Fact, frozen=True, tag="data_rights_requested"):
    """The person asks to see, correct or erase their data."""

    words: str = ""
    personal: ClassVar = ("words",)


class HandedOver(Fact, frozen=True, tag="handed_over"):
    """A person was offered, or the case passed on, for this reason; a work item waits on the desk."""

    reason: HandOverReason
    summary: str = ""
    personal: ClassVar = ("summary",)


class HoldPlaced(Fact, frozen=True, tag="hold_placed"):
    """A stop on contact, its kind and, where known, its end or day of review; what was queued is cancelled.

    `why` is what whoever placed it says of it.
    """

    hold: HoldKind
    until: datetime | None = None
    review: datetime | None = None
    why: str = ""
    personal: ClassVar = ("why",)


class HoldLifted(Fact, frozen=True, tag="hold_lifted"):
    """A stop on contact ended before its time, and why whoever lifted it did so."""

    hold: HoldKind
    why: str = ""
    personal: ClassVar = ("why",)


class ContactPointBad(Fact, frozen=True, tag="contact_point_bad"):
    """A phone or e-mail does not reach this person, and is not used for them again."""

    field: str
    value: str = ""
    why: Literal["bad", "wrong"] = "bad"
    personal: ClassVar = ("value",)


class SilenceNoticed(Fact, frozen=True, tag="silence_noticed"):
    """The person has left our question open for a while; they are reminded once more, if the guard lets it."""

    step: str
    times: int


class SatisfactionGiven(Fact, frozen=True, tag="satisfaction_given"):
    """The person's answer to the satisfaction question, 1 to 5."""

    score: int


class CommentGiven(Fact, frozen=True, tag="comment_given"):
    """What the person added to their score."""

    comment: str
    personal: ClassVar = ("comment",)


class RefusalUpheld(Fact, frozen=True, tag="refusal_upheld"):
    """A person of ours looked at what the assistant had refused, and refuses it too; they say why, and the debtor is
    told who looked. What they grant instead is an offer of theirs beyond the authority."""

    agent: str
    key: str
    reason: str
    personal: ClassVar = ("reason",)
    input: ClassVar = True


class ConversationEnded(Fact, frozen=True, tag="conversation_ended"):
    """A conversation came to its end."""

    step: str


class PaymentRequested(Fact, frozen=True, tag="payment_requested"):
    """A payment intent was made with the gateway."""

    payment: str
    amount: Money
    gateway: str


class PaymentReceived(Fact, frozen=True, tag="payment_received"):
    """The gateway's signed notice says that money arrived; booked once."""

    payment: str
    amount: Money
    gateway_ref: str


class PaymentReported(Fact, frozen=True, tag="payment_reported"):
    """The creditor's own file says that money arrived, on a local day; booked once, by its reference."""

    payment: str
    amount: Money
    paid_on: date
    reference: str = ""
    method: str = ""
    personal: ClassVar = ("reference",)


class PaymentReversed(Fact, frozen=True, tag="payment_reversed"):
    """Money that had counted was taken back: what it paid is owed again."""

    payment: str
    amount: Money
    why: Literal["reversal", "chargeback"]
    on: datetime


class PaymentRestored(Fact, frozen=True, tag="payment_restored"):
    """Money that had been taken back counts again: a chargeback was won."""

    payment: str
    amount: Money


class PaidTooMuch(Fact, frozen=True, tag="paid_too_much"):
    """So much of a payment is for nothing that is owed: it is held for the person, and somebody has to give it back."""

    payment: str
    amount: Money


class PaymentRefused(Fact, frozen=True, tag="payment_refused"):
    """The gateway did not take the payment."""

    payment: str
    gateway_ref: str


class ResultsExported(Fact, frozen=True, tag="results_exported"):
    """A file of results was written for the creditor: by which profile, its batch, its lines and what it holds."""

    profile: str
    batch: int
    file: str
    digest: str
    lines: int
    kinds: tuple[str, ...] = ()


class CaseClosed(Fact, frozen=True, tag="case_closed"):
    """A work item was finished by an agent."""

    case: str
    outcome: str


class ClockMoved(Fact, frozen=True, tag="clock_moved"):
    """The demo's clock was moved."""

    to: datetime


AnyFact = Union[  # noqa: UP007 - msgspec resolves the union's members at run time from this one list
    CreditorAdded, PortfolioImported, FeedImported, PersonSeen, PersonChanged, PeopleMerged, PeopleUnmerged,
    PeopleKeptApart, AccountImported, AccountUpdated, AccountClosed, PaymentMatched, ImportUndone, Segmented,
    CampaignPlanned, CampaignApproved, ContactRefused, ContactDelayed, ContactReserved, MessageSent,
    MessageDelivered, MessageRead, MessageFailed, MessageUnknown, MessageDropped, LinkIssued, LinkOpened, LinkRevoked,
    LinkRenewed, MessageReceived, OptedOut, OptOutUndone, ContactImported, CallLogged, ConsentGiven,
    ConsentWithdrawn, RegisterEntered, RegisterLeft, OutboundStopped, OutboundResumed, Started, WentOn, Refreshed,
    Heard, ChannelChosen,
    TimerRang, PaymentArrived, PaymentDeclined, PaymentTakenBack, TakenOver, HandedBack, AgentWrote, AgentOffered,
    Said, TextRefused, FlowsMoved,
    Identified, IdentityFailed, IdentityLocked, DocumentGiven, BalanceTold, NoticesTold, DueDateTold,
    QuestionAnswered, NegotiationResumed, OfferMade, OfferBelowFloor, AgreementProposed, AgreementAccepted,
    AgreementSuperseded, AgreementCompleted, AgreementReopened, AgreementBroken, AgreementRescheduled,
    AgreementCancelled, PromiseMade, PromiseKept,
    PromiseBroken, PromiseReopened, PaymentLinkSent, PaymentClaimed, StatementRequested, ClearanceRequested,
    DocumentMade, DocumentMailed, CodeWanted, CodeTried, MailFailed, FileReceived,
    CallbackScheduled, SlotBooked, DisputeOpened, CaseDetailed, FraudCaseOpened, ContactBlocked, ComplaintLogged,
    HardshipRecorded,
    VulnerabilityProtected, CrisisHelpGiven, ContactUpdated, DataRightsRequested, HandedOver, HoldPlaced,
    HoldLifted, ContactPointBad, SilenceNoticed, SatisfactionGiven, CommentGiven, ConversationEnded, PaymentRequested,
    PaymentReceived, PaidTooMuch, PaymentReported, PaymentReversed, PaymentRestored, PaymentRefused,
    RefusalUpheld, ResultsExported, CaseClosed, ClockMoved,
]  # fmt: skip

KINDS: dict[str, type[Fact]] = {str(k.__struct_config__.tag): k for k in AnyFact.__args__}  # type: ignore[attr-defined]
INPUTS: frozenset[str] = frozenset(tag for tag, kind in KINDS.items() if kind.input)

_encoder = msgspec.json.Encoder()
_whole: msgspec.json.Decoder[AnyFact] = msgspec.json.Decoder(AnyFact)


def kind_of(fact: Fact) -> str:
    """The fact's name in the ledger, such as `promise_made`."""
    return str(type(fact).__struct_config__.tag)


def pack(fact: Fact) -> tuple[bytes, bytes | None]:
    """The fact as two JSON objects: what anyone may read, and what is sealed (None when nothing is personal)."""
    if not fact.personal:
        return _encoder.encode(fact), None
    names = set(fact.personal)
    values = {f: getattr(fact, f) for f in fact.__struct_fields__}
    shown = {"kind": kind_of(fact), **{f: v for f, v in values.items() if f not in names}}
    return _encoder.encode(shown), _encoder.encode({f: v for f, v in values.items() if f in names})


def unpack(shown: bytes | str, sealed: bytes | None) -> AnyFact:
    """The fact from its two parts; raises msgspec.ValidationError when they are not one."""
    if sealed is None:
        return _whole.decode(shown)
    raw = shown.encode() if isinstance(shown, str) else shown
    # Two JSON objects joined into one: "{a}" + "{b}" -> "{a,b}".
    return _whole.decode(raw.rstrip()[:-1] + b"," + sealed.lstrip()[1:])
