import pytest
from hypothesis import given
from hypothesis import strategies as st

from noc.allocation import Candidate, FillType, choose_server

A = Candidate(1, "A", used=80, maximum=100)
B = Candidate(2, "B", used=10, maximum=20)
C = Candidate(3, "C", used=3, maximum=4)


def test_the_worked_example_of_least_full_takes_b() -> None:
    assert choose_server([A, B, C], FillType.LEAST_FULL, default_id=3) == 2


def test_the_worked_example_of_fill_active_takes_c_then_b() -> None:
    assert choose_server([A, B, C], FillType.FILL_ACTIVE, default_id=3) == 3
    full = Candidate(3, "C", used=4, maximum=4)
    assert choose_server([A, B, full], FillType.FILL_ACTIVE, default_id=3) == 2


def test_fill_active_prefers_the_first_by_name_without_a_default() -> None:
    assert choose_server([C, B, A], FillType.FILL_ACTIVE, default_id=None) == 1
    assert choose_server([C, B, A], FillType.FILL_ACTIVE, default_id=99) == 1


def test_the_star_counts_where_no_default_is_named() -> None:
    star = Candidate(2, "B", used=10, maximum=20, is_default=True)
    assert choose_server([A, star, C], FillType.FILL_ACTIVE) == 2


def test_disabled_servers_are_skipped() -> None:
    off = Candidate(2, "B", used=0, maximum=20, is_enabled=False)
    assert choose_server([A, off, C], FillType.LEAST_FULL) == 3
    assert choose_server([A, off, C], FillType.FILL_ACTIVE, default_id=2) == 1
    assert choose_server([off], FillType.LEAST_FULL) is None


@pytest.mark.parametrize("maximum", [0, None])
def test_a_server_without_a_figure_counts_as_empty_and_never_fills(maximum: int | None) -> None:
    endless = Candidate(4, "Z", used=1000, maximum=maximum)
    assert choose_server([A, B, endless], FillType.LEAST_FULL) == 4
    assert choose_server([A, B, endless], FillType.FILL_ACTIVE, default_id=4) == 4


def test_all_full_takes_the_lowest_ratio_also_the_active_one() -> None:
    over = [Candidate(1, "A", 150, 100), Candidate(2, "B", 22, 20), Candidate(3, "C", 4, 4)]
    assert choose_server(over, FillType.LEAST_FULL) == 3
    assert choose_server(over, FillType.FILL_ACTIVE, default_id=3) == 3
    assert choose_server(over, FillType.FILL_ACTIVE, default_id=1) == 3


def test_ties_go_by_name_then_id() -> None:
    twins = [Candidate(9, "a", 1, 2), Candidate(4, "B", 2, 4), Candidate(5, "b", 3, 6), Candidate(3, "a", 1, 2)]
    assert choose_server(twins, FillType.LEAST_FULL) == 3


class TestWithMoneyPreferred:
    EMPTY = Candidate(3, "C", used=0, maximum=4, is_default=True, has_money=False)

    def test_accounts_that_cannot_pay_are_passed_over(self) -> None:
        for fill_type in FillType:
            assert choose_server([A, B, self.EMPTY], fill_type, prefers_money=True) in (1, 2)
            assert choose_server([A, B, self.EMPTY], fill_type) == 3

    def test_where_none_can_pay_the_group_still_takes_the_service(self) -> None:
        empty = [Candidate(1, "A", 80, 100, has_money=False), self.EMPTY]
        assert choose_server(empty, FillType.LEAST_FULL, prefers_money=True) == 3

    def test_money_does_not_bring_a_disabled_server_back(self) -> None:
        rich = Candidate(1, "A", 0, 100, is_enabled=False)
        assert choose_server([rich, self.EMPTY], FillType.LEAST_FULL, prefers_money=True) == 3


def test_without_a_group_the_default_or_the_lone_server_is_taken() -> None:
    assert choose_server([A, B, C], None, default_id=2) == 2
    assert choose_server([A], None) == 1
    assert choose_server([Candidate(1, "A", 500, 1)], None) == 1
    assert choose_server([A, B], None) is None
    assert choose_server([], None) is None
    assert choose_server([Candidate(1, "A", 0, 0, is_enabled=False), B], None, default_id=1) is None


def test_an_unknown_fill_type_is_an_error() -> None:
    with pytest.raises(ValueError):
        choose_server([A], "RANDOM")


candidates = st.lists(
    st.builds(
        Candidate,
        id=st.integers(1, 50),
        name=st.text("abC", max_size=2),
        used=st.integers(0, 9),
        maximum=st.none() | st.integers(0, 5),
        is_enabled=st.booleans(),
        has_money=st.booleans(),
    ),
    max_size=6,
    unique_by=lambda server: server.id,
)


@given(candidates, st.sampled_from(FillType), st.none() | st.integers(1, 50), st.booleans())
def test_a_group_with_an_enabled_server_never_refuses(
    servers: list[Candidate], fill_type: FillType, default_id: int | None, prefers_money: bool
) -> None:
    chosen = choose_server(servers, fill_type, default_id, prefers_money=prefers_money)
    enabled = {server.id: server for server in servers if server.is_enabled}
    able = {server_id for server_id, server in enabled.items() if server.has_money}
    if prefers_money and able:
        assert chosen in able
        enabled = {server_id: enabled[server_id] for server_id in able}
    assert (chosen is None) == (not enabled)
    if chosen is not None and fill_type is FillType.LEAST_FULL:
        assert enabled[chosen].ratio == min(server.ratio for server in enabled.values())
    assert chosen == choose_server(servers[::-1], fill_type, default_id, prefers_money=prefers_money)
