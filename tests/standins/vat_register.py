"""The EU register of VAT numbers, as a stand-in over HTTP."""

from contextlib import AbstractContextManager

from tests.standins.receiver import Receiver, running_receiver

PATH = "/check-vat-number"


def running_register() -> AbstractContextManager[Receiver]:
    """A register that knows every number, until the block is left."""
    return running_receiver({"valid": True, "requestIdentifier": "WAPIAAAAX", "name": "ACME SARL", "address": "PARIS"})
