import pytest
from hypothesis import given
from hypothesis import strategies as st

from noc.hosts import Endpoint, HostInvalid, normalize_host


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("my.ispmanager.ru", "https://my.ispmanager.ru/billmgr"),
        (" EU.ispmanager.com. ", "https://eu.ispmanager.com/billmgr"),
        ("http://eu.ispmanager.com", "https://eu.ispmanager.com/billmgr"),
        ("http://eu.ispmanager.com:80/", "https://eu.ispmanager.com/billmgr"),
        ("https://my.ispmanager.ru:443", "https://my.ispmanager.ru/billmgr"),
        ("my.ispmanager.ru:1500", "https://my.ispmanager.ru:1500/billmgr"),
        ("https://my.ispmanager.ru/billmgr?func=logon#top", "https://my.ispmanager.ru/billmgr"),
        ("https://h.example/manager/billmgr?func=logon", "https://h.example/manager/billmgr"),
        ("h.example/manager/billmgr/", "https://h.example/manager/billmgr"),
        ("http://127.0.0.1:8099", "http://127.0.0.1:8099/billmgr"),
        ("http://127.8.8.8", "http://127.8.8.8/billmgr"),
        ("http://localhost:8099/billmgr", "http://localhost:8099/billmgr"),
        ("http://[::1]:8099", "http://[::1]:8099/billmgr"),
        ("http://10.0.0.1", "https://10.0.0.1/billmgr"),
        ("http://[2001:db8::1]", "https://[2001:db8::1]/billmgr"),
        ("http://127.0.0.1.example.com", "https://127.0.0.1.example.com/billmgr"),
        ("http://sandbox:8099", "http://sandbox:8099/billmgr"),
        ("https://sandbox:8099", "https://sandbox:8099/billmgr"),
        ("панель.рф", "https://xn--80aksgi6f.xn--p1ai/billmgr"),
    ],
)
def test_what_people_paste_becomes_an_address(text: str, url: str) -> None:
    assert normalize_host(text, plain_http_hosts=["Sandbox"]).url == url


def test_origin_and_path_are_apart() -> None:
    endpoint = normalize_host("https://h.example/manager/billmgr?func=logon")
    assert endpoint == Endpoint("https://h.example", "/manager/billmgr")
    assert str(endpoint) == endpoint.url


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "https://",
        "ftp://h.example",
        "javascript:alert",
        "a b.example",
        "h.example:99999",
        "h.example:0",
        "h.example:x",
        "https://user:pass@h.example",
        "https://h.example@evil.example",
        "-h.example",
        "h..example",
        "h\\.example",
        "a" * 64 + ".example",
        "127.1",
        "0x7f.1",
        "http://[::1",
        "h.example/../x",
        "h.example/%2e%2e/x",
    ],
)
def test_what_is_no_address_is_refused_in_words(text: str) -> None:
    with pytest.raises(HostInvalid) as caught:
        normalize_host(text)
    assert caught.value.message


@given(st.text(max_size=40))
def test_any_text_is_https_or_refused_or_loopback(text: str) -> None:
    try:
        endpoint = normalize_host(text)
    except HostInvalid:
        return
    assert endpoint.origin.startswith("https://") or any(
        endpoint.origin.startswith(f"http://{host}") for host in ("127.", "[::1]", "localhost")
    )
    assert normalize_host(endpoint.url) == endpoint
