"""Portals under test must not meet: workers that share a number of Redis take each other's wake-ups."""

from collections import Counter

from tests.services import RedisNumbers


def test_nobody_shares_a_redis_number() -> None:
    users = Counter(number for group in RedisNumbers for number in group.value)
    assert max(users.values()) == 1
    # Redis has sixteen, from 0 on; CI begins at 4.
    assert max(users) < 16 - 4
