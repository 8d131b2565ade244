"""Words by which people ask for no more messages, or for messages again: in Spanish, Portuguese and English."""

from __future__ import annotations

import re
import unicodedata
from typing import Literal

Stop = Literal["", "channel", "all"]

# Alone, or with a few words around, they close the channel on which they are said. The weak ones mean other things too
# ("quiero cancelar" is to pay in half of the countries), so around them only courtesy may stand.
STRONG = frozenset(
    [
        "baja",
        "bajas",
        "stop",
        "unsubscribe",
        "desuscribir",
        "desuscribirme",
        "desinscribir",
        "desinscribirme",
        "sair",
        "descadastrar",
        "descadastre",
        "optout",
    ]
)
WEAK = frozenset(
    [
        "alto",
        "parar",
        "pare",
        "paren",
        "salir",
        "cancelar",
        "cancela",
        "cancelem",
        "remover",
        "fin",
        "end",
        "quit",
        "cancel",
        "chega",
        "basta",
    ]
)
COURTESY = frozenset(
    [
        "por",
        "favor",
        "favor",
        "gracias",
        "porfa",
        "please",
        "thanks",
        "obrigado",
        "obrigada",
        "sms",
        "mensajes",
        "mensaje",
        "hola",
        "ya",
    ]
)
AROUND = COURTESY | frozenset(
    [
        "quiero",
        "deseo",
        "solicito",
        "la",
        "de",
        "dar",
        "darme",
        "darse",
        "deme",
        "denme",
        "dame",
        "me",
        "doy",
        "quero",
        "pedir",
    ]
)
WHOLE = frozenset({
    "no mas", "no mas mensajes", "no mas sms", "no mas mensajes por favor", "basta de mensajes", "cancelar suscripcion",
    "cancelar mensajes", "opt out", "nao mais", "nao quero mais", "parar mensajes", "parar mensagens", "stop sms",
})  # fmt: skip
MOST_WORDS = 6

_DO = (
    "(?:escrib(?:a|an|as|ais)|llam(?:e|en|es|eis)|mand(?:e|en|es|eis)|contact(?:e|en|es|eis)|envi(?:e|en|es|eis)|"
    "marqu(?:e|en|es)|molest(?:e|en|es|eis)|jod(?:a|an|as)|busqu(?:e|en|es)|habl(?:e|en|es)|fastidi(?:e|en|es)|"
    "insist(?:a|an|as)|acos(?:e|en|es)|hostigu(?:e|en)|mensaje(?:e|en|es))"
)
_TO_DO = "(?:escribir|llamar|mandar|contactar|enviar|marcar|molestar|joder|buscar|hablar|fastidiar|hostigar|acosar)"
_FAZER = "(?:escrev(?:a|am)|lig(?:ue|uem)|mand(?:e|em)|contat(?:e|em)|envi(?:e|em)|incomod(?:e|em)|perturb(?:e|em))"
_NEWS = "(?:mensajes?|llamadas?|comunicacion|comunicaciones|sms|correos?|notificaciones|avisos|whatsapp|mensajitos)"
_END = "(?: por favor| gracias| porfa| porfavor| nada| mensajes?| sms| mas| nunca| jamas)*$"
# Any of these closes every channel, whatever else is said.
ALL = (
    rf"\bno (?:me|nos)(?: \w+)? {_DO}(?: \w+){{0,3}} (?:mas|jamas|nunca|otra vez|de nuevo)\b",
    rf"\bno (?:me |nos )?(?:vuelv(?:a|an|as)|volvais|quiero que me vuelvan) a {_TO_DO}",
    rf"\b(?:no|nunca mas|ni) (?:me|nos) {_DO}(?: a (?:mi|nosotros))?{_END}",
    r"\bno (?:me|nos) (?:est(?:e|en|es|eis)|and(?:e|en|es|eis)|sig(?:a|an|as|ais)) (?:\w+ )?"
    r"(?:escribi|mand|llam|molest|marc|contact|envi|jodi|ching|freg|fastidi|acos)[ae]ndo\b(?! (?:a|al|en|tan|tarde)\b)",
    rf"\bnunca mas (?:me|nos) {_DO}",
    rf"\bno (?:me|nos) {_DO}(?: mas)? "
    r"(?:por sms|a este (?:numero|celular|telefono|movil)|por este (?:medio|numero|canal))",
    rf"\bno (?:quiero|deseo|acepto|autorizo) (?:a )?que me (?:sigan |vuelvan a )?"
    rf"(?:{_DO}|{_TO_DO}|escribiendo|llamando){_END}",
    rf"\bno (?:quiero|deseo|acepto|autorizo)(?: \w+)? (?:recibir(?: \w+)?|mas) {_NEWS}\b",
    r"\bno (?:quiero|deseo) saber (?:nada )?mas de (?:ustedes|vosotros|usted)\b",
    rf"(?<!no )\b(?:dej(?:e|en|a|ad|es)|par(?:e|en|a|ad|es)|basta|cort(?:e|en|enla)|termin(?:e|en)) (?:ya )?(?:de|con) "
    rf"(?:{_TO_DO}(?:me|nos)|(?:mandar|enviar)(?:me)? {_NEWS}|(?:los |las |tantos |tantas )?{_NEWS}|molestar|joder|"
    rf"hostigar|acosar|fastidiar|escribir|llamar)\b",
    r"\b(?:dejenme|dejeme|dejame|dejadme|dejennos|me dej(?:e|en|es|a|as)) (?:ya )?(?:en paz|tranquil[oa]|quiet[oa])\b",
    r"\b(?:sa(?:qu|c)(?:enme|eme|ame|adme)|quit(?:enme|eme|ame|adme)|borr(?:enme|eme|ame|adme)|"
    r"elimin(?:enme|eme|ame|adme)|retir(?:enme|eme|ame)) (?:ya )?de (?:su|sus|la|las|esta|esa|tu)\b",
    r"\b(?:borr(?:en|e|a|ad)|elimin(?:en|e|a|ad)|quit(?:en|e|a)|saquen|saque) mi (?:numero|telefono|contacto|correo)\b",
    r"\b(?:prohibo|no autorizo)\b(?: \w+){0,4} (?:contact|escrib|llam|mensaj)\w*",
    rf"\bnao (?:me|nos) {_FAZER}(?: \w+){{0,3}} mais\b",
    rf"\bnao (?:me|nos) {_FAZER}{_END}",
    r"\bnao quero (?:mais )?(?:receber|mais)(?: \w+){0,3} (?:mensage\w*|ligac\w*|sms|contatos?)\b",
    r"(?<!nao )\bpar(?:e|em|a) de (?:me )?(?:escrever|ligar|mandar|enviar|incomodar|perturbar)\b",
    r"\b(?:me deix(?:e|em|a)|deix(?:e|em|a) me|me deje) em paz\b",
    r"\b(?:tir(?:e|em)|remov(?:a|am)|apagu?(?:e|em)) (?:o )?meu (?:numero|nome|contato|telefone)\b",
    r"\bstop ?all\b",
    r"\bstop (?:texting|calling|messaging|contacting|writing|emailing|bothering|harassing)\b",
    r"\b(?:do not|don t|dont|never) (?:text|call|message|contact|write|email|bother)(?: to)? (?:me|us)"
    r"(?: again| anymore| any more| ever again| please)*$",
    r"\b(?:do not|don t|dont|never) (?:text|call|message|contact|write|email|bother)(?: to)? (?:me|us) "
    r"(?:again|anymore|any more|ever)\b",
    r"\bleave (?:me|us) alone\b",
    r"\b(?:remove|take) (?:me|my number|us) (?:off|from) (?:your|the|this)\b",
    r"\b(?:unsubscribe|remove) me\b",
    r"\bopt me out\b",
)
# Who names the way closes that way alone.
THIS_WAY = re.compile(
    r"\bpor (?:sms|este (?:medio|canal|numero)|mensajes? de texto)\b|\ba este (?:numero|celular|telefono|movil)\b"
    r"|\b(?:on|to) this number\b|\bby (?:sms|text)\b|\bneste numero\b"
)
AGAIN = (
    r"\bme (?:vuelvan?|vuelvas|volvais) a (?:escribir|contactar|mandar|enviar)\b",
    r"\b(?:vuelvan?|vuelvas|volver|volved) a (?:escribirme|contactarme|mandarme|enviarme|recibir (?:sus |los |tus )?"
    r"(?:mensajes|avisos|sms))\b",
    r"\bme (?:escriban?|contacten?|manden) (?:otra vez|de nuevo|nuevamente)\b",
    r"\breactiv(?:en|ar|e) (?:mis|los|sus) (?:mensajes|avisos)\b",
    r"\bvolt(?:ar|em) a (?:receber (?:as |suas )?mensagens|me escrever)\b",
    r"\b(?:write|text|message|contact)(?: to)? me again\b",
    r"\b(?:resubscribe|opt (?:me )?back in)\b",
)
# Like a stop, and none: about something else, told of what was, or about the hour and the place.
OTHERWISE = (
    r"\bno (?:quiero|quise|deseo|voy a|necesito|pedi|he pedido) (?:que (?:me|lo|la) )?(?:dar|darme|darse|den|pedir la) "
    r"(?:de )?baja\b",
    r"\bde baja (?:a |de )?(?:mi|la|el|un|una|su|esa|ese|esta) (?:tarjeta|cuenta|servicio|linea|plan|seguro|producto|"
    r"contrato|credito|prestamo|suscripcion)\b",
    r"\b(?:no|nunca) (?:dej|par)(?:e|en|es) de\b",
    r"\bno me (?:llam|contact|mand|envi|busc)(?:aron|o|aste|ado)\b",
    r"\bno me (?:escrib|respond)(?:ieron|io|iste)\b",
    r"\bno me (?:llam|escrib|contact|busqu)(?:e|en|a|an|es|as) (?:a |al |en |antes|despues|hoy|manana"
    r"|tan |tarde|temprano|los |el |por la )",
    r"\bno (?:le|les) (?:llam|escrib|contact|mand|envi)(?:e|en|a|an)\b.* a (?:mi|su) ",
)
_otherwise = re.compile("|".join(OTHERWISE))
_all = re.compile("|".join(ALL))
_again = re.compile("|".join(AGAIN))
_not = re.compile(r"\b(?:no|ni|nunca|jamas|nao|never|not|dont|don t)\b(?: \w+){0,5} ?$")
_MOST = 2000  # characters that are looked at


def bare(text: str) -> str:
    """The words of a text, without accents, marks or letter case."""
    plain = unicodedata.normalize("NFKD", text[:_MOST]).encode("ascii", "ignore").decode().casefold()
    return " ".join(re.findall(r"[a-z]+", plain))


def stop_said(text: str) -> Stop:
    """Whether a message asks for no more: on the channel it came by, or on any."""
    said = bare(text)
    words = said.split()
    if said in WHOLE or _is_stop_word(words):
        return "channel"
    if not _all.search(said):
        return ""
    return "channel" if THIS_WAY.search(said) else "all"


def _is_stop_word(words: list[str]) -> bool:
    if not words or len(words) > MOST_WORDS:
        return False
    asked = set(words)
    strong = bool(asked & STRONG) and asked <= STRONG | WEAK | AROUND
    return strong or (bool(asked & WEAK) and asked <= WEAK | COURTESY)


def no_stop(text: str) -> bool:
    """Whether a message only looks like a wish for no more messages."""
    return not stop_said(text) and bool(_otherwise.search(bare(text)))


def asks_again(text: str) -> bool:
    """Whether who had asked for no more wants to be written to again, in so many words."""
    said = bare(text)
    return any(not _not.search(said[: found.start()]) for found in _again.finditer(said))
