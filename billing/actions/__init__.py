# Loaded first: lifecycle and provisioning use each other, and only this way round do both come up.
import billing.actions.provisioning  # noqa: F401
