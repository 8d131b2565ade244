"""Made-up people are imported like anybody's file."""

from collections import Counter
from datetime import date

import pytest

from acuerdo.core.portfolio.reading import Fault, Record, read_file
from acuerdo.testing.synthetic import COUNTRIES, SPOILERS, portfolio

TODAY = date(2026, 11, 23)


def read(data: bytes) -> tuple[list[Record], list[Fault]]:
    found = list(read_file(data, None, "CO", TODAY))
    return [one for one in found if isinstance(one, Record)], [one for one in found if isinstance(one, Fault)]


def test_the_same_seed_gives_the_same_people() -> None:
    assert portfolio(7, 50, at=TODAY) == portfolio(7, 50, at=TODAY)
    assert portfolio(7, 50, at=TODAY) != portfolio(8, 50, at=TODAY)


@pytest.mark.parametrize("seed", [1, 7, 2026])
def test_every_row_goes_in_without_a_word(seed: int) -> None:
    records, faults = read(portfolio(seed, 2000, at=TODAY))
    assert faults == []
    people = {record.person.document: record.person for record in records}
    assert len(people) == 2000
    assert set(Counter(person.country for person in people.values()).values()) <= {333, 334}
    debts = Counter(record.person.document for record in records)
    assert 300 < sum(1 for count in debts.values() if count > 1) < 500
    late = sum(record.account.days_past_due > 60 for record in records) / len(records)
    assert 0.15 < late < 0.35
    assert 0 < sum(not person.emails for person in people.values()) < 500
    assert 80 < sum(person.customer_type == "business" for person in people.values()) < 240
    numbers = [number for person in people.values() for number in person.phones]
    assert len(set(numbers)) == len(numbers)
    assert all("555" in number for number in numbers)


def test_a_file_can_be_of_one_country() -> None:
    for country in COUNTRIES:
        records, faults = read(portfolio(3, 120, at=TODAY, countries=(country,)))
        assert faults == []
        assert {record.person.country for record in records} == {country}


def test_a_spoiled_file_has_each_bad_row_set_aside_and_the_rest_goes_in() -> None:
    whole, _ = read(portfolio(7, 60, at=TODAY))
    records, faults = read(portfolio(7, 60, at=TODAY, spoiled=True))
    assert [record.account for record in records] == [record.account for record in whole]
    assert [fault.code for fault in faults] == [code for code, _ in SPOILERS]
