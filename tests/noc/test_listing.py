"""Lists are whole, sorted and without doubles, or not there at all."""

from collections.abc import Iterator

import pytest

from noc.errors import Unavailable
from noc.kinds import get_kind
from tests.noc.partner import PagedPartner, Partner

LICENSE = get_kind("license")
IDS = [str(number) for number in range(1, 2501)]


def read_ids(partner: PagedPartner) -> list[str]:
    return [service.id for service in LICENSE.list_all(partner.client)]


def page(rows: list[str], number: int, size: int) -> list[str]:
    return rows[(number - 1) * size : number * size]


def test_one_page_is_asked_for_with_a_large_size_sorted_by_id() -> None:
    partner = Partner("soft_list.json")
    assert [service.id for service in LICENSE.list_all(partner.client)] == ["1234567", "1234568"]
    (form,) = partner.forms
    assert (form["func"], form["p_num"], form["p_cnt"], form["p_col"]) == ("soft", "1", "1000", "+id")


def test_all_pages_are_read_and_sorted_as_numbers() -> None:
    partner = PagedPartner(lambda number, size: (page(IDS[::-1], number, size), len(IDS)))
    assert read_ids(partner) == IDS
    assert partner.calls == 3


def test_a_server_with_its_own_page_size_is_read_whole() -> None:
    partner = PagedPartner(lambda number, _: (page(IDS[:120], number, 50), 120))
    assert read_ids(partner) == IDS[:120]


@pytest.mark.parametrize("total", [120, None])
def test_a_server_that_ignores_paging_is_read_once(total: int | None) -> None:
    partner = PagedPartner(lambda number, size: (IDS[:120], total))
    assert read_ids(partner) == IDS[:120]
    assert partner.calls == (1 if total else 2)


def test_pages_without_a_total_are_read_to_the_end() -> None:
    partner = PagedPartner(lambda number, _: (page(IDS[:120], number, 50), None))
    assert read_ids(partner) == IDS[:120]


def test_an_empty_list_is_a_list() -> None:
    assert read_ids(PagedPartner(lambda number, size: ([], 0))) == []
    assert read_ids(PagedPartner(lambda number, size: ([], None))) == []


def test_a_list_that_moved_meanwhile_is_read_again() -> None:
    totals: Iterator[int] = iter([120, 121, 121, 121, 121])
    partner = PagedPartner(lambda number, _: (page(IDS[: (total := next(totals))], number, 100), total))
    assert read_ids(partner) == IDS[:121]


def test_a_row_that_slipped_between_pages_is_not_missed() -> None:
    calls: list[int] = []

    def cut(number: int, _: int) -> tuple[list[str], int]:
        calls.append(number)
        if len(calls) == 2:  # a row was added before this page and another one deleted: same total, one double
            return page(["0", *IDS[:119]], number, 100), 120
        return page(IDS[:120], number, 100), 120

    assert read_ids(PagedPartner(cut)) == IDS[:120]
    assert calls == [1, 2, 3, 1, 2]


def test_a_double_inside_one_page_does_not_count_as_movement() -> None:
    assert read_ids(PagedPartner(lambda number, size: (["1", "2", "2"], 3))) == ["1", "2"]


@pytest.mark.parametrize("shown", [50, 0])
def test_a_list_that_is_never_given_whole_is_unavailable(shown: int) -> None:
    with pytest.raises(Unavailable):
        read_ids(PagedPartner(lambda number, size: (IDS[:shown], 120)))


def test_a_list_that_never_rests_is_unavailable() -> None:
    calls: list[int] = []

    def cut(number: int, _: int) -> tuple[list[str], int]:
        calls.append(number)
        total = 120 + len(calls)
        return page(IDS[:total], number, 100), total

    with pytest.raises(Unavailable):
        read_ids(PagedPartner(cut))
    assert len(calls) < 20


def test_deleted_rows_stay_in_the_list_with_their_status() -> None:
    reply = b'{"doc":{"elem":{"id":{"$":"1"},"item_status":{"$orig":"4","$":"Deleted"}}}}'
    empty = b'{"doc":{}}'
    (service,) = LICENSE.list_all(Partner(reply, empty).client)
    assert service.status == 4
