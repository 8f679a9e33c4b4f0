#!/bin/sh
# 部署的长测试要用 Debian 的 caddy、nginx、systemd-analyze；有权限就装上，没有就说明白（测试会跳过并写明）。
set -eu
missing=""
command -v caddy >/dev/null 2>&1 || missing="caddy"
[ -x /usr/sbin/nginx ] || command -v nginx >/dev/null 2>&1 || missing="$missing nginx-light"
command -v systemd-analyze >/dev/null 2>&1 || missing="$missing systemd"
command -v openssl >/dev/null 2>&1 || missing="$missing openssl"
[ -z "$missing" ] && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  echo "安装部署测试需要的软件包：$missing"
  # 只要程序，不要装完就在 80 端口跑起来。
  [ -e /usr/sbin/policy-rc.d ] || { printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d; chmod +x /usr/sbin/policy-rc.d; ours=1; }
  # shellcheck disable=SC2086
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
  [ -z "${ours:-}" ] || rm -f /usr/sbin/policy-rc.d
else
  echo "缺少 $missing，部署测试将跳过。请安装后再跑：sudo apt install $missing" >&2
fi
