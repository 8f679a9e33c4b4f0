# 两条命令：make serve 打开大厅，make test 跑全部测试。其余见 CONTRIBUTING.md。
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
HOST ?= 127.0.0.1
PORT ?= 8000

.PHONY: serve test setup lint bench soak lock wheel-check clean

serve: setup
	$(BIN)/hall serve --demo --host $(HOST) --port $(PORT)

test: setup
	PYTHON=$(BIN)/python sh scripts/browser.sh
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/hall check
	TZ=UTC $(BIN)/python -m pytest -n auto --dist loadfile -q

setup: $(STAMP)

$(STAMP): requirements.lock pyproject.toml scripts/venv.sh
	PYTHON=$(PYTHON) sh scripts/venv.sh $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	$(BIN)/python -m compileall -q rules catalog presentation search_index site_builder handlers hall
	touch $(STAMP)

# 把 wheel 连同锁定的依赖装进一个空环境，再用它建县、检查、生成、运行。
wheel-check: setup
	sh scripts/wheel_check.sh $(BIN)/python

lint: setup
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/mypy

bench: setup
	$(BIN)/python -m bench

# 长测试，几十分钟：五万件的一年。
soak: setup
	$(BIN)/python -m pytest -m soak -q

# 改了 pyproject.toml 的依赖之后重新锁定；锁文件只有版本和哈希，没有下载地址。
lock:
	$(BIN)/uv pip compile pyproject.toml --extra dev --generate-hashes --universal --no-header --no-emit-index-url --no-annotate -o requirements.lock

clean:
	rm -rf $(VENV) .hall site
