PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin

.PHONY: setup demo test coverage lint docs format bench validate clean

# What the page is built from; see hatch_build.py.
WEB := $(wildcard web/*.json web/*.ts) $(shell find web/src -type f ! -name manifest.ts) \
       src/phylolm/page/bundle.schema.json hatch_build.py

setup: .venv/.ready .venv/.web .venv/.browser

.venv/.ready: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[hf,dev]'
	@touch .venv/.web $@

.venv/.web: $(WEB) | .venv/.ready
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps -e .
	@touch $@

# The page's tests want a browser; without one they say so and skip.
.venv/.browser: | .venv/.ready
	@command -v chromium chromium-browser google-chrome > /dev/null || \
	  { [ "$$(id -u)" = 0 ] && command -v apt-get > /dev/null && apt-get -qq update && \
	    apt-get -qq install --yes --no-install-recommends chromium > /dev/null; } || \
	  echo "no Chromium here and it can't be installed: tests of the page in a browser will skip"
	@touch $@

demo: setup
	$(BIN)/phylolm demo

# Two processes, a file to each: files share what is dear to make, such as a grown zoo.
test: setup
	$(BIN)/python scripts/web.py test
	$(BIN)/pytest -n 2 --dist loadfile

# Apart from `make test`, which it would slow by 60 % (Python 3.11); the workflow prints it on 3.14.
coverage: setup
	$(BIN)/python scripts/web.py test
	$(BIN)/pytest --cov=phylolm --cov-report=term:skip-covered

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python scripts/web.py lint

# The documentation site, in docs/_build/html; its notebooks run. Warnings are errors.
docs: setup
	$(BIN)/sphinx-build -W --keep-going -q -b html docs docs/_build/html -d docs/_build/doctrees
	@echo "open docs/_build/html/index.html"

format: setup
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/python scripts/web.py format

bench: setup
	$(BIN)/python -m benchmarks

validate: setup
	$(BIN)/python -m validation

clean:
	rm -rf .venv phylolm-demo
