# Each target sets up what it needs in .venv by itself. A Python 3.11 or newer and git are enough.
PYTHON ?= python3
VENV   := .venv
TRAIN  := .venv-train
PY     := $(VENV)/bin/python

.PHONY: demo test lint models spine bench enclosure virtual-kernel virtual-test service-test deb packaging-test install uninstall clean

demo: $(VENV)/.run
	$(VENV)/bin/hingecue demo $(ARGS)

test: $(VENV)/.test
	$(PY) -m pytest --cov --cov-report=term --numprocesses auto --dist loadfile $(ARGS)

# The device against real kernel interfaces; the kernel is built once, into a cache (tests/virtual_device/README.md).
virtual-kernel:
	tests/virtual_device/kernel/build.sh

virtual-test: $(VENV)/.test virtual-kernel
	$(PY) -m pip install --quiet --target "$$($(PY) -c 'from tests.virtual_device.boot import libraries; print(libraries())')" --upgrade lgpio
	HINGECUE_VIRTUAL=1 $(PY) -m pytest tests/virtual_device $(ARGS)

# As root, minutes: faults befall the service under a real systemd, each once, or ARGS="--times 50".
service-test: $(VENV)/.test
	$(PY) -m pytest tests/service --times 1 $(ARGS)

lint: $(VENV)/.lint
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy

models: $(VENV)/.models
	$(PY) models/recipe/make_pose.py $(ARGS)
	$(PY) models/recipe/spine/quantise.py $(filter --check,$(ARGS))

spine: $(TRAIN)/.train
	$(TRAIN)/bin/python models/recipe/make_spine.py $(ARGS)

bench: $(VENV)/.run
	$(VENV)/bin/hingecue bench $(ARGS)

# The packages of both releases for the Pi, in dist/.
deb: $(VENV)/bin/python
	for release in bookworm trixie; do $(PY) packaging/build_deb.py --release $$release --arch arm64 $(ARGS) || exit 1; done

# As root, minutes: the packages in whole systems. ARGS="--debs dist" takes those of `make deb`.
packaging-test: $(VENV)/.test
	$(PY) -m pytest tests/packaging --trees --durations=5 $(ARGS)

# From a checkout on the Pi itself: sudo make install
install:
	packaging/install.sh

uninstall:
	packaging/install.sh --remove

enclosure:
	$(PYTHON) hardware/make_enclosure.py $(ARGS)

clean:
	rm -rf $(VENV) $(TRAIN) .pytest_cache .mypy_cache .ruff_cache .coverage .hypothesis

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: $(VENV)/bin/python pyproject.toml
	$(PY) -m pip install --quiet --editable .
	@touch $@

$(VENV)/.test: $(VENV)/.run
	$(PY) -m pip install --quiet "pytest>=8.2" "pytest-cov>=5" "hypothesis>=6.100" "pytest-xdist>=3.6" "flatbuffers>=25.2" "gpiozero>=2.0"
	@$(PY) -m pip install --quiet "vqf>=2.1" || echo "vqf needs a C++ compiler; the tilt filter is not compared with it"
	@touch $@

$(VENV)/.lint: $(VENV)/.test
	$(PY) -m pip install --quiet "ruff==0.14.*" "mypy==1.18.*"
	@touch $@

$(TRAIN)/.train: pyproject.toml
	$(PYTHON) -m venv $(TRAIN)
	$(TRAIN)/bin/python -m pip install --quiet --editable ".[models,train]"
	@touch $@

$(VENV)/.models: $(VENV)/.run
	$(PY) -m pip install --quiet --editable ".[models]"
	@touch $@
