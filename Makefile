# Every target makes its own environment first. `make demo` and `make test` are all a newcomer needs.
.PHONY: demo test explore setup check fix lock bench
BIN := .venv/bin
# Where this is set, every start compiles every package anew: seconds each time.
unexport PYTHONDONTWRITEBYTECODE

demo: setup            ## simulate, train, promote, score, list and serve (ARGS=--no-serve stops before serving)
	@$(BIN)/graduasi demo $(ARGS)

# A file's tests stay with one worker, so that no fixture of a module is made twice. The files keep their order: the one
# that takes a minute stands first (tests/conftest.py).
test: setup            ## every test, on two cores (ARGS='tests/serving -x' runs some, ARGS='-n 0 --pdb' debugs)
	@tools/browser
	@tools/postgres
	@$(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder $(ARGS)

explore: setup         ## what must hold for all values, tried on thousands that nobody chose (ARGS='tests/models' for some)
	@$(BIN)/pytest -n 2 --dist worksteal -m hypothesis --hypothesis-profile=explore --timeout=1800 $(ARGS) || { \
	  echo "Each failure shows its example, and a line @reproduce_failure(...) that repeats it in any run of that test." >&2; \
	  echo "Until it passes, make explore ARGS=<its file> tries that example first. Then keep it in the test: @example(...)." >&2; \
	  exit 1; }

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
	@$(BIN)/python tools/architecture.py --check

fix: setup             ## format and repair what can be repaired
	@$(BIN)/ruff check --quiet --fix .
	@$(BIN)/ruff format --quiet .

lock: setup            ## pin what pyproject.toml allows, with hashes and no host
	@tools/locks

bench: setup           ## the figures of docs/performance.md
	@$(BIN)/python -m tools.bench $(ARGS)
