# Every target makes its own environment first. `make demo` and `make test` are all a newcomer needs.
.PHONY: demo test setup check fix lock bench
BIN := .venv/bin
# Where this is set, every start compiles every package anew: seconds each time.
unexport PYTHONDONTWRITEBYTECODE

demo: setup            ## simulate, train, promote, score, list and serve (ARGS=--no-serve stops before serving)
	@$(BIN)/graduasi demo $(ARGS)

test: setup            ## every test
	@tools/browser
	@tools/postgres
	@$(BIN)/pytest $(ARGS)

setup:                 ## .venv and nothing else
	@tools/bootstrap

check: setup           ## format, ruff, mypy, layers, house rules, locks: changes nothing
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python tools/house_rules.py
	@tools/locks --check
	@$(BIN)/python tools/reference.py --check

fix: setup             ## format and repair what can be repaired
	@$(BIN)/ruff check --quiet --fix .
	@$(BIN)/ruff format --quiet .

lock: setup            ## pin what pyproject.toml allows, with hashes and no host
	@tools/locks

bench: setup           ## the figures of docs/performance.md
	@$(BIN)/python tools/bench.py $(ARGS)
