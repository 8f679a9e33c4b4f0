#!/bin/sh
# 生成速度的对照要用 Debian 的 Hugo；有权限就装上，没有就说明白（对照会跳过并写明）。
set -eu
command -v hugo >/dev/null 2>&1 && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  echo "安装生成速度对照需要的软件包：hugo"
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq hugo >/dev/null
else
  echo "缺少 hugo，和 Hugo 的对照将跳过。请安装后再跑：sudo apt install hugo" >&2
fi
