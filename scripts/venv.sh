#!/bin/sh
# 建虚拟环境；Debian 的 Python 没有 venv 时，有权限就装上，没有就说明白。
set -eu
target=$1
python=${PYTHON:-python3}
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
  echo "需要 Python 3.11 或更高版本，现在是 $("$python" --version)。" >&2
  exit 1
}
[ -x "$target/bin/python" ] && "$target/bin/python" -m pip --version >/dev/null 2>&1 && exit 0
if ! "$python" -c 'import venv, ensurepip' 2>/dev/null; then
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    apt-get update -qq && apt-get install -y -qq python3-venv
  else
    echo "Python 缺少 venv 模块。请先安装（Debian/Ubuntu:sudo apt install python3-venv），再运行 make。" >&2
    exit 1
  fi
fi
rm -rf "$target"
"$python" -m venv "$target"
