"""What flow authors write that the code names without a sentence of its own; a test holds it complete."""

from acuerdo.core.dialogue.meanings import KEYS, KINDS, ROUTES

__all__ = ["CONDITIONS", "KEYS", "KINDS", "ROUTES"]

CONDITIONS = {
    "identified": "the person has proved who they are",
    "over_60_days": "the oldest debt is past day 60, so the bot negotiates nothing",
    "for_person": "a debt's segment says that only a person negotiates it",
    "owes_nothing": "nothing is owed any more",
    "agreement_in_force": "an agreement has payments left",
    "has_wish": "something was asked before identity and waits",
    "has_proposal": "a full written summary awaits its yes",
    "has_offers": "offers are on the table",
    "silenced": "the person asked for peace, or care comes first: nothing is asked of them",
    "locked": "identity is locked, on this link or for the day",
    "is_correction": "the message corrects the one before",
    "minor": "whoever writes says they are under age",
    "crisis": "the message speaks of suicide or self-harm",
    "too_much": "the message says that what is on the table is too much",
    "asks_why": "the message asks why, rather than saying no",
    "thinks": "the message says that they will think about it, or ask somebody",
    "has_receipt": "the message says that the receipt is there or was sent",
    "paused": "something recorded in this conversation pauses collection",
    "has_agreement": "an agreement was signed in this conversation",
    "seen_elsewhere": "the payment was seen before its gateway told of it",
    "represents": "a company is sought, and the message says to write for it, not as its lawyer",
    "stands_surety": "whoever writes says to be surety or co-debtor",
    "several_debts": "more than one debt is owed",
    "names_a_debt": "several debts are owed, and the message or the card says which is meant",
    "due_soon": "nothing is late, and something falls due within five days",
    "early_alert": "nothing is late, something falls due within ten days, and they were late in the last year",
    "agreed_soon": "a payment of the agreement falls due within five days",
    "agreed_late": "a payment of the agreement is past its day",
    "promise_open": "what was promised in an earlier conversation is still to come",
    "promise_broken": "what was promised in an earlier conversation did not come by its day",
    "has_promise": "a promise stands, made here or before",
    "agreement_word": "an agreement is in force and the message gives a day, or asks for time, and nothing more",
    "off_topic": "the message is surely about something else",
    "has_nothing": "the message says that there is nothing to show",
    "gave_up": "the conversation was passed to a person because we did not understand each other",
    "rated_low": "the score just given is one or two",
}
