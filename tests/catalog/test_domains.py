import pytest

from catalog.domains import DomainInvalid, clean_domain, domain_words


@pytest.mark.parametrize(
    ("typed", "kept", "shown"),
    [
        (" Example.COM. ", "example.com", "example.com"),
        ("shop.example.co.uk", "shop.example.co.uk", "shop.example.co.uk"),
        ("Пример.РФ", "xn--e1afmkfd.xn--p1ai", "пример.рф"),
        ("xn--e1afmkfd.xn--p1ai", "xn--e1afmkfd.xn--p1ai", "пример.рф"),
    ],
)
def test_one_way_of_writing_is_kept_and_another_one_shown(typed: str, kept: str, shown: str) -> None:
    assert clean_domain(typed) == kept
    assert domain_words(kept) == shown


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("", "such as example.com"),
        ("localhost", "such as example.com"),
        ("192.0.2.1", "such as example.com"),
        ("*.example.com", "such as example.com"),
        ("exa mple.com", "such as example.com"),
        ("-a.example.com", "such as example.com"),
        ("a..example.com", "such as example.com"),
        ("xn--zz-a.com", "such as example.com"),
        ("example.com\x00", "such as example.com"),
        ("\ud800.com", "such as example.com"),
        ("a" * 64 + ".com", "such as example.com"),
        ("я." * 5000 + "рф", "such as example.com"),
        ("https://example.com", "without https://"),
        ("example.com/shop", "without https://"),
    ],
)
def test_what_is_no_domain_name_is_refused_in_words(typed: str, words: str) -> None:
    with pytest.raises(DomainInvalid, match=words):
        clean_domain(typed)


def test_what_cannot_be_read_is_shown_as_it_is() -> None:
    assert domain_words("xn--zz-a.com") == "xn--zz-a.com"
    assert domain_words("") == ""
