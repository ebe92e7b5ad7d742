"""A partner that runs here: a stand-in for the ispmanager partner API, in memory, for development, tests and demos.

Written from the protocol description alone; it shares no code with our client, so that a misreading on either
side shows. `server.start_sandbox()` starts it in a thread, `python -m noc.sandbox --port N` in a process of its own.
"""
