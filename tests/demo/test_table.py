import pytest

from demo.scene import compare
from demo.table import NARROWEST, WIDEST, Line, Table

LINE = Line("A worker buys it at the partner", "service 1 ACTIVE until 2026-12-21", "700001\nsecond row", ())


def test_a_line_is_wrong_as_soon_as_one_expectation_fails() -> None:
    line = compare("Totals", "1", "2", ("purchases", 1, 1), ("charges", 1, 2))
    assert not line.is_right
    assert line.faults == ("charges: 1, should be 2",)


def test_a_wrong_line_is_marked_and_explained() -> None:
    text = Table(100).line(compare("Totals", "", "", ("charges", 1, 2)))
    assert text.startswith(" NO │ Totals")
    assert "→ charges: 1, should be 2" in text


def test_an_extended_line_keeps_the_faults_of_both() -> None:
    line = compare("Totals", "a", "b", ("one", 1, 2)).extended(compare("", "c", "d", ("two", 1, 2)))
    assert (line.ours, line.partners, len(line.faults)) == ("a\nc", "b\nd", 2)


@pytest.mark.parametrize("columns", [20, 80, 100, 150, 400])
def test_columns_stand_below_each_other_at_any_width(columns: int) -> None:
    rows = Table(columns).line(LINE).splitlines()
    assert {row.index("│") for row in rows[:-1]} == {4}
    assert rows[-1].startswith("────┼")
    assert len(rows[-1]) <= min(max(columns, NARROWEST), WIDEST)
