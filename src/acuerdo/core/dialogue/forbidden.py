"""What no text of a flow may say: figures of its own, a question for a secret, and what a law pack forbids."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from acuerdo.core.compliance.rules import CountryRules, Rules
from acuerdo.core.compliance.wording import plain, says, sentences
from acuerdo.core.dialogue.schema import COUNTRIES, Text
from acuerdo.core.dialogue.slots import treated
from acuerdo.core.dialogue.variants import wordings_for

# Amounts, shares and numbers of payments: offers come from the authority, never from a text.
FIGURES = re.compile(
    r"(?:[$€]|\bS/)\s?\d[\d.,]*|\b\d{1,3}(?:[.,]\d{3})+\b|\b\d+(?:[.,]\d+)?\s?(?:%|por ciento\b)"
    r"|\b\d+ (?:mil|mill[oó]n(?:es)?|pesos|soles|euros|cuotas|pagos|plazos|quincenas)\b"
    r"|\b(?:dos|tres|cuatro|cinco|seis|diez|doce) (?:cuotas|pagos|plazos|quincenas)\b"
    r"|\b(?:mitad|tercio|cuarto) de (?:descuento|rebaja)\b|\bdescuento de (?:la mitad|un tercio)\b",
    re.IGNORECASE,
)
# Secrets of the bank's that nobody may be asked for; the words are plain (no accents), as the packs' are.
ASKS = (
    r"(?:escrib|digan|diga|dime|decime|decinos|indi[qc]|envi|mand|ingres|compart|confirm|cual es|necesit|facilit"
    r"|pas[ea]|deme|denos)"
)
SECRETS = (
    r"(?:contrasena|clave|pin|cvv|cvc|codigo de seguridad|token|otp"
    r"|numero (?:completo )?de (?:su |tu |la )?(?:tarjeta|cuenta)"
    r"|codigo que (?:le|te) (?:envio|llego|mando) (?:su|tu|el) banco)"
)
SECRET = re.compile(rf"(?<!nunca )(?<!no )\b(?:le |te )?{ASKS}\w*\b[^.?!]*?\b{SECRETS}\b")
DENIED = re.compile(
    r"\b(?:nunca|jamas|no) (?:le |te |lo |la |se )?(?:pedimos|pediremos|vamos a pedir|compart\w+|escrib\w+)"
)


def wordings_by_country(text: Text) -> Mapping[str, tuple[str, ...]]:
    """All that a person of each country may read of a text, whatever their tone and however they are treated."""
    found: dict[str, dict[str, None]] = {}
    for country in COUNTRIES:
        said = found.setdefault(country, {})
        for tone in ("", "soft", "firm"):
            for one in wordings_for(text.variants, country, tone):
                for treatment in ("usted", "tu", "vos"):
                    said[treated(one, treatment)] = None
        said.update(dict.fromkeys(text.lines))
    return {country: tuple(said) for country, said in found.items()}


def own_figures(text: Text) -> str:
    """The figure that a text states by itself; empty where it states none."""
    wordings = [*(w for ws in text.variants.values() for w in ws), *text.lines]
    return next((found[0] for one in wordings if (found := FIGURES.search(one))), "")


def asked_secret(text: Text) -> str:
    """The words by which a text asks for a secret of the bank's; empty where it asks for none."""
    for wordings in text.variants.values():
        for one in wordings:
            for sentence in sentences(one):
                bare = " ".join(plain(treated(sentence, "usted")).split())
                found = SECRET.search(bare)
                if found and not DENIED.search(bare):
                    return found[0]
    return ""


def forbidden(text: Text, rules: Rules) -> Iterator[tuple[str, str, str]]:
    """What the law packs forbid of a text: the country, the rule and the sentence."""
    for country, wordings in wordings_by_country(text).items():
        code = rules.for_country(country)
        for one in wordings:
            yield from ((country, rule, sentence.strip()) for rule, sentence in _offences(code, one))


def _offences(code: CountryRules, wording: str) -> Iterator[tuple[str, str]]:
    for sentence in sentences(wording):
        bare = plain(sentence)
        for one in code.wordings:
            of_bot = not one.origins or "bot" in one.origins
            if of_bot and not one.channels and not one.time_barred and says(bare, one.stems, one.patterns):
                yield one.rule, sentence
