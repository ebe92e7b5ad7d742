"""The partner's functions by family. Each module offers a mapping of function name → handler."""
