"""A small book to try flows in: it proves who one is, knows a person and an opt-out, and goes on to `prueba.start`."""

from __future__ import annotations

from acuerdo.core.dialogue.verify import NEEDED

SMALL = f"""\
flow: base
start: hello
anywhere:
  request_human: {{go: person, open: true, always: true}}
  opt_out: {{go: stop, open: true, always: true}}
  ask_balance: prueba.start
{"".join(f'  "{name}": {{go: hello, open: true}}' + chr(10) for name in NEEDED if name != "identity:given")}\
  "identity:given": {{go: prove, open: true}}
texts:
  hello: Hola. Le escribe {{creditor}}.
  stopped: Listo, no le escribo más.
  with_you: Ya le paso con una persona.
steps:
  hello: {{ask: hello, else: repair}}
  prove:
    do: check_identity
    then: {{ok: wish}}
    else: hello
  wish:
    do: take_wish
    else: prueba.start
  person: {{hand_over: asked, go: with_you}}
  with_you: {{ask: with_you, again: none, else: repair}}
  stop:
    do: opt_out
    else: stopped
  stopped: {{ask: stopped, again: none, else: repair}}
"""
# The least that can be tried in it.
GOOD = "flow: prueba\ntexts: {one: Uno.}\nsteps:\n  start: {ask: one, else: repair}\n"
