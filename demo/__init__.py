"""The whole way of the data with real processes: sandbox partner, web server, worker. `make demo` runs it."""
