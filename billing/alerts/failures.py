"""Why an alert did not arrive."""

from datetime import timedelta


class AlertNotTaken(Exception):
    """The other side did not take it: not now, not before `after`, or (`is_final`) not at all."""

    def __init__(self, words: str, *, is_final: bool = False, after: timedelta = timedelta(0)) -> None:
        super().__init__(words)
        self.is_final = is_final
        self.after = after
