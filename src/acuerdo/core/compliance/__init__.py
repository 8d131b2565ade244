"""The guard: law packs as data, consent, hours, caps and wording give Cleared, NotYet or Refused."""

from acuerdo.core.compliance.compiling import compile_rules
from acuerdo.core.compliance.explain import Explained, explain
from acuerdo.core.compliance.guard import Cleared, Verdict, attempt_of, is_reply, judge
from acuerdo.core.compliance.packs import Pack, PackError, load_pack
from acuerdo.core.compliance.pages import describe
from acuerdo.core.compliance.record import REASONS, Attempt, Consent, Hold, Inbound, NotYet, OptOut, Record, Refused
from acuerdo.core.compliance.rules import CountryRules, Rules, consents_age, notices, retention_days

__all__ = [
    "REASONS",
    "Attempt",
    "Cleared",
    "Consent",
    "CountryRules",
    "Explained",
    "Hold",
    "Inbound",
    "NotYet",
    "OptOut",
    "Pack",
    "PackError",
    "Record",
    "Refused",
    "Rules",
    "Verdict",
    "attempt_of",
    "compile_rules",
    "consents_age",
    "describe",
    "explain",
    "is_reply",
    "judge",
    "load_pack",
    "notices",
    "retention_days",
]
