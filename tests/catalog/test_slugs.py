import pytest

from catalog.slugs import guess_slug


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("ispmanager lite", "ispmanager-lite"),
        ("Модули ispmanager", "moduli-ispmanager"),
        ("Щит и Ёж: защита", "shchit-i-ezh-zashchita"),
        ("€ / 日本", "product"),
        ("", "product"),
    ],
)
def test_writes_names_in_latin(name: str, slug: str) -> None:
    assert guess_slug(name, fallback="product") == slug


def test_numbers_a_slug_that_is_taken() -> None:
    assert guess_slug("Lite", fallback="product", taken={"lite", "lite-2"}) == "lite-3"


def test_keeps_to_the_length_of_an_address() -> None:
    long = guess_slug("щ" * 200, fallback="product")
    assert len(long) <= 100
    assert len(guess_slug("щ" * 200, fallback="product", taken={long})) <= 100
