# Each target sets up what it needs in .venv, once; after that nothing is fetched, so all of them
# work offline. Change the interpreter with PYTHON=python3.12, and how many processes run side by
# side (one a core, if nothing is said) with JOBS=4.
PYTHON ?= python3
JOBS ?=
VENV := .venv
BIN := $(VENV)/bin

# The stamps carry a checksum of what they depend on, not its time: a `git checkout` that touches a
# file without changing it installs nothing again. A virtual environment does not survive a move,
# so the place is part of the key.
KEY := $(shell { pwd; cat pyproject.toml constraints.txt; } | cksum | cut -d ' ' -f 1)
PLACE := $(shell pwd | cksum | cut -d ' ' -f 1)
MADE := $(VENV)/.made-$(PLACE)
BOOK := $(VENV)/.book-$(KEY)
TEST := $(VENV)/.test-$(KEY)
DEV := $(VENV)/.dev-$(KEY)

# One thread a process: two processes with a thread each beat one with two.
export OMP_NUM_THREADS ?= 1

SIDE = $(if $(JOBS),--jobs $(JOBS))
START = start=$$(date +%s)
TOOK = $$(( $$(date +%s) - start )) s

.PHONY: help book test fuzz lint run set-up clean
help:
	@echo 'make book   build the book: run every notebook twice (as is, and with its effect'
	@echo '            switched off), compare with the claims, render to build/html'
	@echo 'make test   run the tests that take a few seconds each or less'
	@echo 'make fuzz   try the readers on some 100,000 hostile inputs: minutes, for the night'
	@echo 'make lint   check style, types, the direction of imports, and the notebooks'
	@echo 'make run    run notebooks alone: make run NAME=03_fusion ARGS="--mode full"'
	@echo 'make set-up install all that these need, and stop: the one that wants a network'
	@echo 'make clean  remove what was built (not .venv, not data)'
	@echo
	@echo 'Each sets up .venv when it first needs it: PYTHON=$(PYTHON), 3.11 or later.'

book: $(BOOK)
	@$(START); echo '== book: running the notebooks, then rendering'; \
	$(BIN)/mmnotes build $(SIDE) $(ARGS) && \
	echo "== book: done in $(TOOK): file://$(CURDIR)/build/html/index.html"

test: $(TEST)
	@$(START); echo '== test: the fast tests'; \
	$(BIN)/python -m pytest -q -n $(or $(JOBS),logical) --maxprocesses 8 -m 'not slow and not pages' $(ARGS) && \
	echo "== test: passed in $(TOOK)"

# The statistics say how many inputs each test has tried.
fuzz: $(TEST)
	@$(START); echo '== fuzz: hostile input for the readers, 5,000 a test'; \
	$(BIN)/python -m pytest -q -n $(or $(JOBS),logical) --maxprocesses 8 -o timeout=1800 \
	  --hypothesis-profile=fuzz --hypothesis-show-statistics $(ARGS) tests/fuzz && \
	echo "== fuzz: passed in $(TOOK)"

lint: $(DEV)
	@$(START); echo '== lint: style'; $(BIN)/ruff check . && $(BIN)/ruff format --check . && \
	echo '== lint: types' && $(BIN)/mypy && \
	echo '== lint: direction of imports' && $(BIN)/lint-imports && \
	echo '== lint: notebooks' && $(BIN)/mmnotes lint && \
	echo "== lint: clean in $(TOOK)"

run: $(BOOK)
	@$(BIN)/mmnotes run $(NAME) $(SIDE) $(ARGS)

set-up: $(DEV)

clean:
	rm -rf build dist book/_generated book/notebooks
	rm -rf .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find src tests -name __pycache__ -type d -prune -exec rm -rf {} +

# `test` holds all that `book` holds, `dev` all that `test` holds: whoever has the larger one needs
# no network for the smaller.
$(BOOK): $(MADE)
	@$(call install,book)
	@touch $@

$(TEST): $(MADE)
	@$(call install,test)
	@touch $@ $(BOOK)

$(DEV): $(MADE)
	@$(call install,dev)
	@touch $@ $(TEST) $(BOOK)

install = $(START); echo '== set-up: installing mmnotes[$(1)] under constraints.txt into $(VENV)'; \
	echo '   (about 2 GB, most of it PyTorch; once)'; \
	$(BIN)/python -m pip install --disable-pip-version-check -c constraints.txt -e '.[$(1)]' && \
	echo "== set-up: done in $(TOOK)"

$(MADE):
	@command -v $(PYTHON) >/dev/null || { \
	  echo "There is no '$(PYTHON)' here. mmnotes needs Python 3.11 or later; say which to use," >&2; \
	  echo 'for example: make $(or $(MAKECMDGOALS),book) PYTHON=python3.12' >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "mmnotes needs Python 3.11 or later, but '$(PYTHON)' is: $$($(PYTHON) --version 2>&1)" >&2; \
	  echo 'Say which to use, for example: make $(or $(MAKECMDGOALS),book) PYTHON=python3.12' >&2; \
	  exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' || { \
	  echo "'$(PYTHON)' cannot make a virtual environment: its modules venv and ensurepip are missing." >&2; \
	  echo 'On Debian and Ubuntu: apt-get install python3-venv' >&2; \
	  exit 1; }
	@echo "== set-up: virtual environment $(VENV) with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv --clear $(VENV)
	@touch $@
