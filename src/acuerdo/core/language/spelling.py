"""Chat spelling made comparable: folded text with its offsets kept, words, clauses, and how a word sounds."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

MOST = 2000  # characters that are read of one message; more is noise, and time must be bounded


def _plain(char: str) -> str:
    base = unicodedata.normalize("NFKD", char.lower())[0]
    return base if base.isascii() and base.isprintable() else char.lower()[0]


_FOLD = {code: _plain(chr(code)) for code in (*range(0xA0, 0x250), *range(0xFF01, 0xFF5F), *range(65, 91))}
_FOLD |= {ord("‘"): "'", ord("’"): "'", ord("´"): "'", ord("º"): "o", ord("ª"): "a", ord("–"): "-", ord("—"): "-"}
_FOLD |= {ord("€"): "€", ord("¿"): " ", ord("¡"): " ", 0xA0: " ", 0x202F: " ", 0x2009: " ", 0xAD: " "}
_HIDDEN = re.compile("[\u0300-\u036f\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufe0e\ufe0f\ufeff]")


class Folded:
    """A message in lower case without accents, as long as `source`, the message without its invisible characters."""

    __slots__ = ("offsets", "source", "text")

    def __init__(self, text: str) -> None:
        text = text[:MOST]
        self.offsets: list[int] | None = None
        if _HIDDEN.search(text):
            self.offsets = [place for place, char in enumerate(text) if not _HIDDEN.match(char)]
            text = "".join(text[place] for place in self.offsets)
            self.offsets.append(self.offsets[-1] + 1 if self.offsets else 0)
        self.source = text
        self.text = text.translate(_FOLD)

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where that stretch of the folded text stands in the message as it was written."""
        if self.offsets is None:
            return start, end
        return self.offsets[start], self.offsets[end - 1] + 1


# How people write in a hurry -> the words they mean. Only whole words; sounds and repeats are handled by rule.
CHAT: dict[str, str] = {
    "q": "que", "k": "que", "ke": "que", "qe": "que", "x": "por", "xq": "por que", "pq": "por que",
    "porq": "por que", "porke": "por que", "xk": "por que", "xke": "por que", "porque": "por que", "d": "de",
    "dl": "del", "tb": "tambien", "tmb": "tambien", "tbn": "tambien", "bn": "bien", "dnd": "donde", "cdo": "cuando",
    "cto": "cuanto", "kuanto": "cuanto", "qnto": "cuanto", "pa": "para", "pal": "para el",
    "toy": "estoy", "toi": "estoy", "tamos": "estamos", "tas": "estas", "porfa": "por favor", "porfis": "por favor",
    "pf": "por favor", "pls": "por favor", "plis": "por favor", "xfa": "por favor", "xfavor": "por favor",
    "porfavor": "por favor", "grax": "gracias", "grcs": "gracias", "grs": "gracias", "msj": "mensaje",
    "msjs": "mensajes", "sms": "mensajes", "tel": "telefono", "cel": "celular", "nro": "numero", "num": "numero",
    "n": "en", "s": "es", "t": "te", "m": "me", "l": "le", "c": "se", "ns": "no se", "nose": "no se",
    "ntp": "no te preocupes", "bns": "buenas", "bnas": "buenas", "wenas": "buenas", "wena": "buena", "nd": "nada",
    "nda": "nada", "hno": "hermano", "hrs": "horas", "min": "minutos", "sr": "senor", "sra": "senora",
    "srta": "senorita",
    "uds": "ustedes", "ud": "usted", "deskuento": "descuento", "dto": "descuento", "desc": "descuento",
    "info": "informacion", "wsp": "whatsapp", "wasap": "whatsapp", "wpp": "whatsapp", "guasap": "whatsapp",
    "whats": "whatsapp", "oc": "ok", "okey": "ok", "okay": "ok", "oki": "ok", "okis": "ok", "vdd": "verdad",
    "fdx": "fin de semana", "finde": "fin de semana", "ai": "ahi", "aki": "aqui", "stoy": "estoy",
    "sta": "esta", "ta": "esta", "tan": "estan", "tava": "estaba", "aora": "ahora", "ara": "ahora",
    "haora": "ahora", "agan": "hagan", "aser": "hacer", "acer": "hacer", "ase": "hace", "ago": "hago", "hize": "hice",
    "ise": "hice", "ice": "hice", "e": "he", "an": "han", "as": "has", "asta": "hasta", "uvo": "hubo", "ay": "hay",
    "alli": "ahi", "gral": "general", "dpto": "departamento", "depto": "departamento",
    "fact": "factura", "edo": "estado", "cta": "cuenta", "ctas": "cuentas",
    "cts": "centavos", "transf": "transferencia",
    "tarj": "tarjeta", "trab": "trabajo", "chamba": "trabajo", "pega": "trabajo",
    "laburo": "trabajo", "curro": "trabajo", "camello": "trabajo", "chambita": "trabajo", "guita": "plata",
    "lana": "plata", "pasta": "plata", "feria": "plata", "biyuya": "plata", "varo": "plata",
}  # fmt: skip

_TOKEN = re.compile(r"[a-z]+|\d+(?:[.,':/-]\d+)*|[?]+|[\U0001f300-\U0001faff\u2600-\u27bf]")
_REPEATED = re.compile(r"([a-z])\1{2,}")
_DOUBLED = re.compile(r"([aiou])\1|([bdfghjkmpqstvwxyz])\2")
_CLAUSE = re.compile(r"[.!;\n]+|\?+|(?:,\s*|\s)(?:pero|pero es que|aunque|solo que)\s", re.ASCII)
_SOUNDS = (
    (re.compile(r"qu(?=[ei])|q|k"), "k"),
    (re.compile(r"c(?=[ei])|z"), "s"),
    (re.compile(r"ch"), "C"),
    (re.compile(r"c"), "k"),
    (re.compile(r"C"), "ch"),
    (re.compile(r"g(?=[ei])"), "j"),
    (re.compile(r"gu(?=[ei])"), "g"),
    (re.compile(r"(?<![cs])h"), ""),
    (re.compile(r"ll"), "y"),
    (re.compile(r"v|w(?=[aeiou])"), "b"),
    (re.compile(r"n(?=[bp])"), "m"),
    (re.compile(r"y$"), "i"),
    (re.compile(r"(?<=.)x"), "s"),
    (re.compile(r"(.)\1+"), r"\1"),
)


@lru_cache(maxsize=65536)
def sound(word: str) -> str:
    """How a word sounds to those who write it: quiebra and kiebra, vence and vense, ayuda and alluda are one."""
    for pattern, heard in _SOUNDS:
        word = pattern.sub(heard, word)
    return word


@lru_cache(maxsize=65536)
def _heard(token: str) -> tuple[str, ...]:
    token = _REPEATED.sub(r"\1", token)
    meant = CHAT.get(token)
    if meant is None:
        token = _DOUBLED.sub(lambda found: found[1] or found[2], token)
        meant = CHAT.get(token, token)
    return tuple(sound(word) for word in meant.split())


def words(folded: str) -> list[str]:
    """The words of a folded text as they sound; numbers as they are, a question mark as `?`, pictures as themselves."""
    heard: list[str] = []
    for token in _TOKEN.findall(folded):
        if token[0].isascii() and token[0].isalpha():
            heard.extend(_heard(token))
        else:
            heard.append("?" if token[0] == "?" else token)
    return heard


def clauses(folded: str) -> list[str]:
    """The sentences and counter-clauses of a folded text; a question keeps its mark."""
    parts: list[str] = []
    begin = 0
    for cut in _CLAUSE.finditer(folded):
        end = cut.end() if "?" in cut[0] else cut.start()
        parts.append(folded[begin:end])
        begin = cut.end()
    parts.append(folded[begin:])
    return [part for part in parts if any(char.isalnum() for char in part)]
