import pytest
from django.utils import translation

from catalog.models import Cycle, Price


@pytest.mark.parametrize("cycle", Cycle)
@pytest.mark.parametrize("language", ["en", "ru"])
def test_a_cycle_is_named_in_the_readers_language(cycle: Cycle, language: str) -> None:
    with translation.override(language):
        assert Price(cycle=cycle.value).get_cycle_display() == str(cycle.label)


def test_a_cycle_that_nobody_knows_goes_by_its_own_name() -> None:
    assert Price(cycle="WEEKLY").get_cycle_display() == "WEEKLY"
