"""What each word of the language of flows means, for its reference page and for editors."""

from __future__ import annotations

KINDS = {
    "say": "says a text and goes on (`go`)",
    "ask": "says a text and waits for the person; `ask: none` waits without a word",
    "choose": "asks which of its `options`, shown `as` buttons, a list or a carousel with pictures",
    "set": 'puts values in slots and goes on (`go`): a word, `"{other}"` to copy a slot, nothing to forget it',
    "call": "goes to a step of another flow, and on to `go` when that says `go: return`",
    "do": "runs one action of the closed table; its outcomes lead on (`then`, or `else` for the rest)",
    "branch": "goes where the first condition that holds leads, else to `else`",
    "wait": "waits so long (`30m`, `2h`, `1d`) and goes on (`go`); what is said meanwhile is heard",
    "hand_over": "passes the case to a person, with a reason of the closed list, and goes on (`go`)",
    "end": "ends the conversation; what is heard afterwards is still answered",
}

KEYS = {
    "again": "the text said on coming back to this step; of several, the next after each misunderstanding",
    "buttons": "quick replies, by name under `buttons`; the name is what is heard when one is pressed",
    "cards": "a carousel: `plans`, the offers now on the table",
    "input": "a typed answer that the screen helps with: date, money, number, document, document_tail, email, phone, "
    "text, file, rating",
    "link": "a page to open with the text: `pay`, the hosted payment page",
    "takes": "what counts as an answer: kinds of entities and commands; `answer` says where it leads",
    "answer": "where an answer that was taken leads",
    "into": "the slot that keeps the answer; what counts as one is what its type says",
    "as": "how options are shown: `buttons`, `list`, `carousel`",
    "options": "what can be chosen, by name under `buttons`, each with a step",
    "when": "the condition under which the step is taken; otherwise it is passed over, to `skip` or `go`",
    "skip": "where a step that is passed over leads",
    "remind": "texts said after a silence, each by its time: `{2h: text}`; the guard judges them like all that leaves",
    "hears": "intents, buttons and commands that this step itself listens for, each with a route",
    "then": "an action's outcomes, each with a step",
    "else": "where everything else leads; `repair` asks again in three steps and then hands over",
    "go": "the next step; `back` returns to where the conversation waited, said again, `stay` without a word, `return` "
    "to who called this flow",
    "resumes": "marks a step of the negotiation to which a digression comes back",
    "likely": "shows only those of its buttons, named after intents, that a message not understood is nearest to",
    "narrow": "hears nothing but its own ears and what is heard always",
}

ROUTES = {
    "`step`": "goes there",
    "`{aside: step}`": "goes there and comes back to the waiting step",
    "`open: true`": "also heard before identity is proved",
    "`always: true`": "heard even by a step that is narrow",
    "`when: condition`": "heard, and its button shown, only while the condition holds",
}
