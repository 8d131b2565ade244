"""The guard: law packs as data, consent, hours, caps and wording give Cleared, NotYet or Refused."""

from acuerdo.core.compliance.guard import Cleared, Verdict, attempt_of, is_reply, judge
from acuerdo.core.compliance.packs import Pack, PackError, load_pack
from acuerdo.core.compliance.pages import describe
from acuerdo.core.compliance.record import REASONS, Attempt, Hold, NotYet, OptOut, Record, Refused
from acuerdo.core.compliance.rules import CountryRules, Rules, compile_rules

__all__ = [
    "REASONS",
    "Attempt",
    "Cleared",
    "CountryRules",
    "Hold",
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
    "describe",
    "is_reply",
    "judge",
    "load_pack",
]
