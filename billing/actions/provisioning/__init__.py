"""Operations: queued with the fact that asks for them, claimed under a lease, settled in one transaction."""

from billing.actions.provisioning.pooling import drop_expired_pool
from billing.actions.provisioning.pooling_by_hand import (
    PooledLicenseKept,
    delete_instead,
    delete_pooled_license,
)
from billing.actions.provisioning.resolving import ResolveInvalid, resolve_operation
from billing.actions.provisioning.running import run_operation
from billing.actions.provisioning.settling import OperationNotOpen, cancel_operation, retry_operation
from billing.actions.provisioning.sweeping import free_expired_leases, release_ready, wake_due_operations
from billing.actions.queueing import (
    AlreadyProvisioned,
    cancel_waiting,
    queue_create,
    queue_operation,
    queue_renewal_if_due,
    release_held,
)

__all__ = [
    "AlreadyProvisioned",
    "OperationNotOpen",
    "PooledLicenseKept",
    "ResolveInvalid",
    "cancel_operation",
    "cancel_waiting",
    "delete_instead",
    "delete_pooled_license",
    "drop_expired_pool",
    "free_expired_leases",
    "queue_create",
    "queue_operation",
    "queue_renewal_if_due",
    "release_held",
    "release_ready",
    "resolve_operation",
    "retry_operation",
    "run_operation",
    "wake_due_operations",
]
