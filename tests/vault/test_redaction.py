import json
from urllib.parse import quote_plus, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault.redaction import MASK, redact_params, redact_text

SECRET = "s3cr3t-value"
PEM = "-----BEGIN RSA PRIVATE KEY-----\nMIIE\nabc\n-----END RSA PRIVATE KEY-----"


def test_secret_parameters_are_masked_and_the_rest_stays() -> None:
    params = {
        "authinfo": "a:b",
        "password": "b",
        "key": "k",
        "licname": "shop",
        "bitninja_password": "",
    }
    assert redact_params(params) == {
        "authinfo": MASK,
        "password": MASK,
        "key": MASK,
        "licname": "shop",
        "bitninja_password": "",
    }


@pytest.mark.parametrize(
    "text",
    [
        f"func=soft&authinfo=me%3A{SECRET}&out=json",
        f"https://h/billmgr?func=auth&key={SECRET}",
        f'{{"doc":{{"lickey":{{"$":"{SECRET}"}},"id":{{"$":"7"}}}}}}',
        f'{{"model":{{"lickey":"{SECRET}","id":"7"}}}}',
        f'{{"doc":{{"auth":{{"$id":"{SECRET}","$":"{SECRET}"}}}}}}',
        f'{{"doc":{{"lickey":[{{"$":"{SECRET}"}},{{"$":"{SECRET}"}}]}}}}',
        f'{{"password" : "a\\"{SECRET}"}}',
        f'{{"lickey":{{"$":"{SECRET}',
        f"<doc><lickey>{SECRET}</lickey><id>7</id></doc>",
        f'<doc><auth id="{SECRET}" level="16">{SECRET}</auth></doc>',
        f"<doc><lickey>{SECRET}",
        f'<param name="password">{SECRET}</param>',
        f'<server password="{SECRET}"/>',
        f'{{"param":[{{"$name":"authinfo","$":"me:{SECRET}"}}]}}',
        f"{{'bitninjakey': '{SECRET}'}}",
        f'{{"bitninja_key":"{SECRET}","bitninjapassword":"{SECRET}","key":"{SECRET}"}}',
        PEM.replace("abc", SECRET),
        PEM.replace("abc", SECRET)[:50],
        json.dumps({"model": {"csr": "x", "text": PEM.replace("abc", SECRET)}}),
    ],
)
def test_values_of_secret_names_are_masked(text: str) -> None:
    redacted = redact_text(text)
    assert SECRET not in redacted
    assert MASK in redacted


@pytest.mark.parametrize(
    "text",
    [
        '{"doc":{"slist":[{"$name":"period","val":[{"$key":"1","$":"Month"}]}],"licname":{"$":"key"}}}',
        '<doc><slist name="period"><val key="1">Month</val></slist><real_keychange>2026-01-01</real_keychange></doc>',
        '{"error":{"$type":"auth","$object":"badpassword","msg":{"$":"Invalid username or password"}}}',
        "func=soft.edit&elid=7&licname=monkey=1&period=1",
        "",
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert redact_text(text) == text


@given(st.text(min_size=3, max_size=20).filter(lambda text: text.strip() == text and set(text) - set("*")))
def test_a_given_secret_is_masked_in_every_spelling(secret: str) -> None:
    texts = (f"said {secret} aloud", urlencode({"x": secret}), quote_plus(secret), json.dumps({"x": secret}))
    for text in texts:
        redacted = redact_text(text, secrets=(secret,))
        assert MASK in redacted


@given(st.text(max_size=200))
def test_any_text_can_be_redacted(text: str) -> None:
    redact_text(text, secrets=("abc", ""))


def test_a_long_text_is_redacted_quickly() -> None:
    rows = ",".join(f'{{"id":"{number}","lickey":"{SECRET}"}}' for number in range(5000))
    assert SECRET not in redact_text(f'{{"elem":[{rows}]}}')
