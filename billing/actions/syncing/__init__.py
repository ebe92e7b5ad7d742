"""Whole accounts: read in pages at night and compared as a set, not service by service."""

from billing.actions.syncing.accounts import SyncReport, sync_account, sync_with
from billing.actions.syncing.lease import AccountBusy, AccountLease, LeaseLost, lease_account

__all__ = [
    "AccountBusy",
    "AccountLease",
    "LeaseLost",
    "SyncReport",
    "lease_account",
    "sync_account",
    "sync_with",
]
