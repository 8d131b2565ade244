"""Packs, a date and the operator's options made into rules."""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections.abc import Mapping
from datetime import date

from acuerdo.core.compliance.kinds import Value
from acuerdo.core.compliance.packs import OF_EVERY_PACK, Option, Pack, PackError
from acuerdo.core.compliance.profiles import check_open
from acuerdo.core.compliance.rules import COMMON, STRICT, InForce, Rules, compiled

DEFAULT_PACK = "default_pack"


def compile_rules(packs: Mapping[str, Pack], at: date, options: Mapping[str, object]) -> Rules:
    """The rules in force on `at` under the operator's `options`.

    An option is written `week` for every pack that has it, or `co.week` for one; `default_pack` names the pack for
    countries without one ("strict" or "ultra"). Raises PackError for a missing strict or common pack, an option or
    choice that no pack declares, and windows that leave no hour open.
    """
    for needed in (STRICT, COMMON):
        if needed not in packs:
            raise PackError(f"law pack {needed} is missing: without it nothing can be judged; add {needed}.toml")
    _check_options(packs, options)
    fallback = str(options.get(DEFAULT_PACK, STRICT))
    if fallback not in packs or not packs[fallback].default:
        raise PackError(f"option {DEFAULT_PACK} = {fallback!r} is not a default pack; write strict or ultra")
    for pack in packs.values():
        if pack.extends and pack.extends not in packs:
            raise PackError(f"law pack {pack.name} extends {pack.extends!r}, which is missing or broken; mend that one")
    made = Rules(
        at=at,
        version=_version(packs, options),
        packs={name: _in_force(pack, at, options) for name, pack in packs.items()},
        fallback=fallback,
    )
    for name in packs:
        check_open(compiled(made, (name,), packs[name].country, (packs[name].places or ("",))[0], False))
    return made


def turning_days(packs: Mapping[str, Pack]) -> tuple[date, ...]:
    """The days on which some rule of these packs begins or ends, in order."""
    days = {day for pack in packs.values() for rule in pack.rules for day in (rule.effective_from, rule.effective_to)}
    return tuple(sorted(day for day in days if day))


def last_turn(days: tuple[date, ...], at: date) -> date:
    """The last of `days` that is not after `at`: the rules of both are the same."""
    found = bisect_right(days, at)
    return days[found - 1] if found else date.min


def _version(packs: Mapping[str, Pack], options: Mapping[str, object]) -> str:
    said = [f"{name} {packs[name].digest}" for name in sorted(packs)]
    said += [f"{name}={options[name]!r}" for name in sorted(options)]
    return hashlib.blake2b("\n".join(said).encode(), digest_size=12).hexdigest()


def declared(pack: Pack) -> dict[str, Option]:
    """A pack's options by name, with those of every pack."""
    return {option.name: option for option in (*OF_EVERY_PACK, *pack.options)}


def _check_options(packs: Mapping[str, Pack], options: Mapping[str, object]) -> None:
    for key, value in options.items():
        where, _, name = key.rpartition(".")
        if key == DEFAULT_PACK:
            continue
        scope = [packs[where]] if where in packs else [] if where else list(packs.values())
        found = [declared(pack)[name] for pack in scope if name in declared(pack)]
        if not found:
            raise PackError(f"option {key!r} is declared by no law pack; see the page of each pack for its options")
        if not any(_offers(option, value) for option in found):
            choices = dict.fromkeys(repr(choice) for option in found for choice in option.choices)
            raise PackError(f"option {key} = {value!r}: choose one of {', '.join(choices)}")


def _offers(option: Option, value: object) -> bool:
    return any(value == one and isinstance(value, bool) == isinstance(one, bool) for one in option.choices)


def _choice(pack: Pack, option: Option, options: Mapping[str, object]) -> Value:
    """The operator's choice, where the pack offers it: one that another pack alone offers changes nothing here."""
    for key in (f"{pack.name}.{option.name}", option.name):
        if key in options and _offers(option, options[key]):
            return options[key]  # type: ignore[return-value] # it equals one of the choices
    return option.default


def _in_force(pack: Pack, at: date, options: Mapping[str, object]) -> InForce:
    chosen = {name: _choice(pack, option, options) for name, option in declared(pack).items()}
    rules = tuple(
        rule
        for rule in pack.enforced
        if (rule.effective_from is None or rule.effective_from <= at)
        and (rule.effective_to is None or at < rule.effective_to)
        and all(chosen[name] == value for name, value in rule.when.items())
    )
    return InForce(pack, rules, chosen)
