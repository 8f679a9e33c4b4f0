#!/bin/sh
# 建对比测试用的环境 .bench-venv：别家的服务器，版本和哈希由 bench/peers.lock 固定；和大厅自己的环境分开。
set -eu
cd "$(dirname "$0")/.."
target=.bench-venv
stamp=$target/.locked
[ -f "$stamp" ] && cmp -s bench/peers.lock "$stamp" && exit 0
rm -rf "$target"
sh scripts/venv.sh "$target"
"$target/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r bench/peers.lock
cp bench/peers.lock "$stamp"
