# make demo and make test need nothing but Python 3.12 or newer, make and git. Run `make help` for the rest.
PYTHON = .venv/bin/python
SHELL = /bin/sh
.DEFAULT_GOAL = help
.PHONY: help setup demo serve test everything check bench messages translations lock clean

help: ## what there is
	@grep -E '^[a-z]+:.*##' Makefile | sed -E 's/:[^#]*## /\t/' | expand -t 16

setup: .venv/installed translations ## the virtual environment, from the lock files; compiled translations

.venv/installed: requirements-dev.lock requirements.lock scripts/setup scripts/find-python
	@sh scripts/setup

translations: .venv/installed
	@sh scripts/compile-translations || echo "Texts without a translation stay English."

demo: setup ## the whole way of the data with real processes, as a table of both sides
	@$(PYTHON) -m demo

serve: setup ## the portal with demo data, left running until Ctrl-C
	@$(PYTHON) -m demo serve

# Where the environment forbids bytecode files, each process would compile every module and test anew.
test: setup ## the default suite: SQLite; no service, browser or process of its own needed
	@PYTHONDONTWRITEBYTECODE= $(PYTHON) -m pytest -n 2 --dist worksteal -m "not browser and not processes and not thorough" $(ARGS)

everything: setup ## all tests: browser, real processes, long series; DATABASE_URL and REDIS_URL choose the services
	@$(PYTHON) -m pytest -n 2 $(ARGS)

check: setup ## linters, types, import contracts, migrations, API schema
	@sh scripts/check

bench: setup ## operations, renewals and pages a second, beside their ceilings
	@$(PYTHON) -m bench $(ARGS)

messages: .venv/installed ## collects the texts to translate (needs gettext)
	@$(PYTHON) manage.py makemessages --all --no-location --ignore '.venv/*' --ignore 'var/*'

lock: .venv/installed ## writes the lock files anew from pyproject.toml
	@sh scripts/lock

clean: ## removes what make made, .venv included
	rm -rf .venv var staticfiles .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
