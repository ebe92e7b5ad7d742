"""Letters that operators edit: the syntax of WHMCS, read into a tree and filled in with plain values (ADR 0018)."""
