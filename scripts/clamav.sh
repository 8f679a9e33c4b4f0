#!/bin/sh
# 查毒的长测试要用 Debian 的 clamd；有权限就装上（不装病毒库，测试自带一条特征），没有就说明白，测试会跳过。
set -eu
command -v clamd >/dev/null 2>&1 && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  echo "安装查毒测试需要的软件包：clamav-daemon"
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends clamav-daemon >/dev/null
else
  echo "缺少 clamd，真实查毒服务的测试将跳过。请安装后再跑：sudo apt install clamav-daemon" >&2
fi
