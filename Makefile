# 两条命令：make serve 打开大厅，make test 跑全部测试。其余见 CONTRIBUTING.md。
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
HOST ?= 127.0.0.1
PORT ?= 8000

.PHONY: serve test setup lint bench soak lock wheel-check bundle audit-lock clean

serve: setup
	$(BIN)/hall serve --demo --host $(HOST) --port $(PORT)

test: setup
	PYTHON=$(BIN)/python sh scripts/browser.sh
	PYTHON=$(BIN)/python sh scripts/litestream.sh || echo "没有装上 Litestream，用它恢复的测试将跳过。" >&2
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/hall check
	TZ=UTC $(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder -q

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
	sh scripts/bench_env.sh
	sh scripts/hugo.sh
	$(BIN)/python -m bench

# 长测试，一个多小时，最长的先跑：五万件的一年，反复断电，两万次请求，真的 nginx 和 Caddy，离线安装等。
soak: setup
	PYTHON=$(BIN)/python sh scripts/browser.sh
	sh scripts/servers.sh
	sh scripts/clamav.sh
	TZ=UTC $(BIN)/python -m pytest -m soak -n auto --dist loadfile --no-loadscope-reorder -q

# 离线安装包：全部依赖、部署文件、安装脚本和校验和，装的机器不用上网（见 deploy/README.md）。
bundle: setup
	$(BIN)/python scripts/bundle.py dist

# 依赖审计，不联网：锁定、哈希、与 pyproject 和装好的一致、许可证。
audit-lock: setup
	$(BIN)/python scripts/audit_lock.py

# 改了 pyproject.toml 的依赖之后重新锁定；锁文件只有版本和哈希，没有下载地址。
lock:
	$(BIN)/uv pip compile pyproject.toml --extra dev --generate-hashes --universal --no-header --no-emit-index-url --no-annotate -o requirements.lock

clean:
	rm -rf $(VENV) .hall site
