"""The house put together: one frozen object that the web, the worker and the command line share."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import asyncpg

from acuerdo.adapters.documents.drawing import draw
from acuerdo.adapters.documents.washing import wash
from acuerdo.adapters.files import grids_of_path, open_path
from acuerdo.adapters.store.ageing import StoredAgeing
from acuerdo.adapters.store.api_keys import StoredKeys
from acuerdo.adapters.store.campaigns import StoredPlans
from acuerdo.adapters.store.clock import stored_clock
from acuerdo.adapters.store.db import Pool
from acuerdo.adapters.store.desk import StoredDesk
from acuerdo.adapters.store.documents import StoredDocuments
from acuerdo.adapters.store.door import StoredDoors
from acuerdo.adapters.store.feeds import StoredFeeds
from acuerdo.adapters.store.flows import StoredFlows
from acuerdo.adapters.store.history import StoredHistories
from acuerdo.adapters.store.holds import StoredHolds
from acuerdo.adapters.store.imported import StoredFreshness, statuses
from acuerdo.adapters.store.inbox import StoredEvents, StoredInbox
from acuerdo.adapters.store.keys import Keyring
from acuerdo.adapters.store.kpis import StoredFigures
from acuerdo.adapters.store.ledger import StoredLedger
from acuerdo.adapters.store.links import StoredLinks
from acuerdo.adapters.store.migrate import upgrade
from acuerdo.adapters.store.outbox import StoredOutbound
from acuerdo.adapters.store.payments import StoredPayments
from acuerdo.adapters.store.people import StoredPeople
from acuerdo.adapters.store.portfolio import StoredCreditors, StoredPortfolio
from acuerdo.adapters.store.profiles import StoredProfiles
from acuerdo.adapters.store.promises import StoredPromises
from acuerdo.adapters.store.segments import StoredSegments
from acuerdo.adapters.store.server import database
from acuerdo.adapters.store.switch import StoredSwitch
from acuerdo.adapters.store.talks import StoredTalks
from acuerdo.core.compliance import Verdict
from acuerdo.core.words import AcuerdoError
from acuerdo.service import documents, reaching
from acuerdo.service.channels import Channel, Media, open_channels
from acuerdo.service.door import MOST_ROWS, Arrival, Imported, Inlet
from acuerdo.service.gateways import load as load_gateways
from acuerdo.service.inlets import Inlets, take_in
from acuerdo.service.law import load_rules
from acuerdo.service.paying import Paying
from acuerdo.service.places import Place
from acuerdo.service.ports import Clock, LinkRow
from acuerdo.service.publishing import at_start, first_edition
from acuerdo.service.receiving import Mail
from acuerdo.service.resources import language_model
from acuerdo.service.sending import Exit
from acuerdo.service.settings import Settings
from acuerdo.service.talking import House


@dataclass(frozen=True)
class App:
    """Everything that an entrance needs, opened once per process."""

    settings: Settings
    url: str
    pool: Pool
    keyring: Keyring
    clock: Clock
    talks: StoredTalks
    links: StoredLinks
    desk: StoredDesk
    creditors: StoredCreditors
    portfolio: StoredPortfolio
    house: House
    channels: Mapping[str, Channel]
    exit: Exit
    mail: Mail
    switch: StoredSwitch
    plans: StoredPlans
    sorter: StoredSegments
    paying: Paying
    figures: StoredFigures
    histories: StoredHistories
    promises: StoredPromises
    ageing: StoredAgeing
    doors: StoredDoors
    keys: StoredKeys
    freshness: StoredFreshness
    people: StoredPeople
    holds: StoredHolds
    ledger: StoredLedger
    documents: StoredDocuments

    async def renew(self, link: LinkRow, at: datetime) -> Verdict | None:
        """A new link in an expired one's place, to the address it went to."""
        return await reaching.renew(self.exit, link, at)


@asynccontextmanager
async def open_app(settings: Settings, *, clock: Clock | None = None, watch: bool = False) -> AsyncIterator[App]:
    """The house on the settings' database, migrated, for as long as the block lasts.

    `clock` replaces the installation's (tests, scenarios); `watch` starts our own server again if something kills it.
    Raises what `Database.open` and `migrate.upgrade` raise.
    """
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(database(settings, watch=watch))
        await upgrade(url)
        yield await stack.enter_async_context(app_on(settings, url, clock=clock))


@asynccontextmanager
async def app_on(settings: Settings, url: str, *, clock: Clock | None = None) -> AsyncIterator[App]:
    """The house on a database that is migrated already."""
    async with AsyncExitStack() as stack:
        keyring = Keyring.of(settings)
        pool = await stack.enter_async_context(open_pool(settings, url))
        if clock is None:
            stored = await stack.enter_async_context(stored_clock(url, pool, keyring))
            if settings.clock == "demo":
                await stored.make_movable()
            clock = stored
        talks = StoredTalks(pool, keyring)
        channels = await stack.enter_async_context(open_channels(settings, lambda name: channel_secret(keyring, name)))
        mails = documents.CHANNEL in channels and channels[documents.CHANNEL].traits.available
        flows, rules = StoredFlows(pool, keyring), load_rules(clock.now().date())
        edition = first_edition(settings, [one.traits for one in channels.values()], rules)
        await at_start(flows, edition, settings.flows is not None, clock.now())
        house = House(talks, edition.book, language_model(), load_rules, no_mail=not mails, flows=flows)
        gateways = load_gateways(settings, lambda name: channel_secret(keyring, name))
        outbound = StoredOutbound(pool, keyring, settings.allow_list)
        papers = StoredDocuments(pool, keyring, draw)
        exit_ = Exit(
            outbound, channels, clock, load_rules, settings.base_url, bool(settings.allow_list), papers.files,
            outbound.begun,
        )  # fmt: skip
        yield App(
            settings,
            url,
            pool,
            keyring,
            clock,
            talks,
            StoredLinks(pool, keyring),
            StoredDesk(pool, keyring),
            StoredCreditors(pool, keyring),
            StoredPortfolio(pool, keyring),
            house,
            channels,
            exit_,
            Mail(StoredInbox(pool, keyring), StoredEvents(pool, keyring), exit_, house, _filing(house, papers)),
            StoredSwitch(pool, keyring),
            StoredPlans(pool, keyring, {name: one.traits for name, one in channels.items()}, settings.allow_list),
            StoredSegments(pool),
            Paying(StoredPayments(pool, keyring), gateways, house, settings.base_url),
            StoredFigures(pool),
            StoredHistories(pool, keyring),
            StoredPromises(pool, keyring),
            StoredAgeing(pool),
            StoredDoors(pool, keyring, lambda lent: _inlet(lent, keyring)),
            StoredKeys(pool, keyring),
            StoredFreshness(pool),
            StoredPeople(pool, keyring),
            StoredHolds(pool, keyring),
            StoredLedger(pool, keyring),
            papers,
        )


def _inlet(pool: Pool, keyring: Keyring) -> Inlet:
    """The way in for files, over a pool or what is lent in its place."""
    inlets = Inlets(
        open_path, grids_of_path, StoredProfiles(pool).of, StoredPortfolio(pool, keyring), StoredFeeds(pool, keyring),
        lambda name: statuses(pool, name, MOST_ROWS),
    )  # fmt: skip

    async def take(arrival: Arrival, path: Path) -> Imported:
        return await take_in(inlets, arrival, path)

    return take


def _filing(house: House, papers: StoredDocuments) -> Callable[[str, str, Media, datetime, Place], Awaitable[bool]]:
    """The way into a conversation for files that came by a channel, from somebody who is known there."""

    async def take(conversation: str, key: str, file: Media, at: datetime, here: Place) -> bool:
        if not await papers.proved(conversation, here, at):
            return False
        try:
            await documents.take_in(house, papers, wash, conversation, key, file.data, file.name, at, here)
        except AcuerdoError:  # not taken, or the conversation is gone
            return False
        return True

    return take


@asynccontextmanager
async def open_pool(settings: Settings, url: str) -> AsyncIterator[Pool]:
    """Connections to the database. They are not reset between uses: nothing here leaves anything on a session."""
    pool = asyncpg.create_pool(
        url, min_size=1, max_size=settings.database_pool_max, reset=_as_is,
        statement_cache_size=settings.database_statement_cache,
    )  # fmt: skip
    async with pool:
        yield pool


async def _as_is(_: object) -> None:
    """In place of the driver's reset, which is a round trip at each use."""


def channel_secret(keyring: Keyring, name: str) -> str:
    """The secret a sandbox channel shares with its carrier: derived, so that both sides of this house know it."""
    return keyring.blind("channel secret", name).hex()
