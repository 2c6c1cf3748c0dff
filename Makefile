# Two commands lead from a clone to a read session and to a full test: `make app`, `make test`.
.POSIX:
.PHONY: help app test lint bench chromium clean

PYTHON = python3
BIN = .venv/bin
INSTALLED = .venv/installed
INSTALLED_FOR_TESTS = .venv/installed-for-tests
PIP_INSTALL = $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt

help:
	@echo "make app     the app on http://localhost:8501, with a demo to read (more: make app ARGS='--port 8600')"
	@echo "make test    all tests, those in a real browser too (some: make test ARGS='tests/imaging -x')"
	@echo "make lint    format, lint and types"
	@echo "make bench   speed, as ratios measured in one run"
	@echo "make clean   removes .venv and caches, never a workspace"

app: $(INSTALLED)
	@workspace="$${MRTURING_WORKSPACE:-data/workspace}"; unfinished="$$workspace/.demo-unfinished"; \
	if test -e "$$unfinished" || ! test -e "$$workspace/mrturing.db"; then \
	  mkdir -p "$$workspace" && touch "$$unfinished" && $(BIN)/mrturing demo && rm "$$unfinished"; fi
	@exec $(BIN)/mrturing app $(ARGS)

test: $(INSTALLED_FOR_TESTS) chromium
	@exec $(BIN)/python -m pytest $(ARGS)

lint: $(INSTALLED_FOR_TESTS)
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy

bench: $(INSTALLED_FOR_TESTS) chromium
	@exec $(BIN)/python -m tests.benchmarks $(ARGS)

$(INSTALLED): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "MR Turing needs Python 3.11 or newer. Name one: make PYTHON=python3.12" >&2; exit 1; }
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear .venv || { \
	  echo "This Python cannot make a virtual environment. On Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	@echo "Installing MR Turing into .venv (a few minutes and 5 GB the first time)"
	@$(PIP_INSTALL) -e .
	@touch $@

$(INSTALLED_FOR_TESTS): $(INSTALLED)
	@$(PIP_INSTALL) -e '.[test]'
	@touch $@

# The system's Chromium, else Debian's package, else Playwright's own.
chromium: $(INSTALLED_FOR_TESTS)
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || { \
	  test "$$(id -u)" = 0 || as_root="sudo -n"; \
	  command -v apt-get >/dev/null && $$as_root apt-get update -qq && \
	  DEBIAN_FRONTEND=noninteractive $$as_root apt-get install -y -qq chromium; \
	} </dev/null || $(BIN)/python -m playwright install chromium || { \
	  echo "No Chromium could be installed. Put one on the PATH as chromium and run this again." >&2; exit 1; }

clean:
	rm -rf .venv build *.egg-info .mypy_cache .ruff_cache .pytest_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
