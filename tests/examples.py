"""How many examples Hypothesis tries: a fourth of them in the default suite, all where everything runs."""

import pytest
from hypothesis import settings

ALL = 100


def choose_profile(config: pytest.Config) -> None:
    """Before the tests are loaded: their own numbers of examples are shares of what is chosen here."""
    settings.register_profile("few", max_examples=ALL // 4)
    if "not thorough" in config.option.markexpr:
        settings.load_profile("few")


def examples(most: int) -> int:
    """So many where everything runs."""
    most_now: int = most * settings.default.max_examples // ALL
    return max(most_now, 1)
