"""How easily a Spanish text is read: the Fernández Huerta index, from its syllables, words and sentences.

Index = 206.84 - 60 x syllables per word - 1.02 x words per sentence (J. Fernández Huerta, "Medidas sencillas de
lecturabilidad", Consigna 214, 1959, pp. 29-32; the second term is in words per sentence, as in Flesch's formula that it
adapts: G. Law, LINGUIST List 22.2332, 2011). 90 and over is very easy, 70 to 80 fairly easy, 60 to 70 plain, under 50
for who has studied.
"""

from __future__ import annotations

import re
from itertools import pairwise

WORD = re.compile(r"[a-záéíóúüñ]+", re.IGNORECASE)
SENTENCE = re.compile(r"[.!?;:…\n]+")
# A vowel group is one syllable, but for two strong vowels side by side and for a weak one that bears the stress.
SILENT_U = re.compile(r"(?<=[gq])u(?=[eiéí])")
VOWELS = re.compile(r"[aeiouáéíóúü]+")
STRONG = frozenset("aeoáéó")
STRESSED_WEAK = frozenset("íú")
# A text of fewer words than this says nothing about how plain it is.
LEAST_WORDS = 8
VARIABLE = re.compile(r"\{[a-z_0-9]+\}")
CHOICE = re.compile(r"\(([^()|]*)\|[^()]*\)")
STAND_IN = "dato"  # in place of a variable: a plain word of two syllables


def syllables(word: str) -> int:
    """How many syllables a Spanish word has, at least one."""
    said = SILENT_U.sub("", re.sub(r"y(?![aeiouáéíóú])", "i", word.lower())).replace("h", "")
    return max(1, sum(map(_nuclei, VOWELS.findall(said))))


def _nuclei(group: str) -> int:
    """How many syllables a run of vowels holds: "ue" one, "ae" two, "ía" two, "uéi" one."""
    count = 1
    for before, here in pairwise(group):
        both = before in STRONG and here in STRONG
        stressed = (before in STRESSED_WEAK and here in STRONG) or (here in STRESSED_WEAK and before in STRONG)
        count += both or stressed
    return count


def ease(text: str) -> float | None:
    """The index of a text with its variables stood in for; None for one too short to tell."""
    bare = VARIABLE.sub(STAND_IN, CHOICE.sub(r"\1", text))
    words = WORD.findall(bare)
    if len(words) < LEAST_WORDS:
        return None
    sentences = sum(1 for part in SENTENCE.split(bare) if WORD.search(part))
    per_word = sum(map(syllables, words)) / len(words)
    return 206.84 - 60 * per_word - 1.02 * len(words) / sentences
