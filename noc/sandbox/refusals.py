"""How an act is refused: the partner's error as an exception inside the engine."""

from collections.abc import Sequence

from noc.sandbox.document import Document, failed
from noc.sandbox.wording import field_title, say


class Refusal(Exception):
    """The partner says no. `kind` and `about` become `$type` and `$object`; `key` names the words to say."""

    def __init__(
        self, kind: str, about: str, key: str, *, params: Sequence[tuple[str, str]] = (), **values: object
    ) -> None:
        super().__init__(f"{kind}/{about}: {say(key, 'en', **values)}")
        self.kind = kind
        self.about = about
        self.key = key
        self.params = params
        self.values = values

    def document(self, lang: str) -> Document:
        """The error answer in the language of the call."""
        values = dict(self.values)
        if "field" in values:
            values["field"] = field_title(self.about, lang)
        message = say(self.key, lang, **values)
        return failed(self.kind, self.about, message, params=self.params, lang=lang)


def empty(field: str) -> Refusal:
    """A required field is missing or empty."""
    return Refusal("value", field, "empty", params=[("value", "")], field=field)


def invalid(field: str, value: str = "") -> Refusal:
    """A field holds a value that cannot be accepted."""
    return Refusal("value", field, "invalid", params=[("value", value)], field=field)


def no_item() -> Refusal:
    """No such `elid`, or it is somebody else's."""
    return Refusal("missed", "item", "no_item")


def no_function(func: str) -> Refusal:
    """The partner has no such function."""
    return Refusal("missed", "func", "no_func", func=func)


def no_access(func: str) -> Refusal:
    """No right to call the function, or the session is gone."""
    return Refusal("access", func, "no_access", func=func)
