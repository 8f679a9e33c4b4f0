#!/bin/sh
# 在没有外网的机器上安装：核对校验和与平台，装进 PREFIX/版本号，current 指向它；是 root 就把 systemd 的文件也放好，不启动。
# 用法：sh install.sh [--prefix /opt/county-hall] [--python python3] [--no-system]
set -eu
prefix=/opt/county-hall
python=python3
system=yes
while [ $# -gt 0 ]; do
  case $1 in
    --prefix) prefix=$2; shift 2 ;;
    --python) python=$2; shift 2 ;;
    --no-system) system=no; shift ;;
    *) echo "不认识 $1。用法：sh install.sh [--prefix 目录] [--python 程序] [--no-system]" >&2; exit 2 ;;
  esac
done
cd "$(dirname "$0")"
sha256sum --check --quiet SHA256SUMS || { echo "校验和不符：包不完整或者被改过，没有安装。" >&2; exit 1; }
said() { sed -n "s/^$1=//p" PLATFORM; }
here=$("$python" -c 'import platform, sys; print(f"{platform.system().lower()}-{platform.machine()}-cp{sys.version_info[0]}{sys.version_info[1]}")')
[ "$here" = "$(said platform)" ] || {
  echo "这个包是给 $(said platform) 的，这台机器是 $here。请换一个包，或用 --python 指明 Python $(said python)。" >&2
  exit 1
}
version=$(said version)
target=$prefix/$version
[ ! -e "$target" ] || { echo "$target 已经在了，没有动它。要重装，先删掉它。" >&2; exit 1; }
mkdir -p "$prefix"
# 虚拟环境里写着自己的路径，所以就在它最后的位置建；没做成就整个拿走。
mkdir "$target"
trap 'rm -rf "$target"' EXIT
"$python" -m venv --without-pip "$target/env"
pip=$(ls "$PWD"/wheels/pip-*.whl)
"$target/env/bin/python" "$pip/pip" install --quiet --disable-pip-version-check --no-index --find-links wheels \
  --no-deps --require-hashes -r requirements.txt
# 运行时的系统是只读的，先编译好。
"$target/env/bin/python" -m compileall -q "$target/env/lib" >/dev/null 2>&1 || true
cp -R deploy "$target/deploy"
"$target/env/bin/hall" --version
trap - EXIT
previous=$(readlink "$prefix/current" 2>/dev/null || true)
ln -sfn "$target" "$prefix/current"
if [ "$system" = yes ] && [ "$(id -u)" = 0 ] && [ -d /etc/systemd/system ]; then
  cp deploy/systemd/*.service deploy/systemd/*.timer /etc/systemd/system/
  cp deploy/systemd/county-hall.sysusers /etc/sysusers.d/county-hall.conf 2>/dev/null || {
    mkdir -p /etc/sysusers.d && cp deploy/systemd/county-hall.sysusers /etc/sysusers.d/county-hall.conf; }
  mkdir -p /etc/tmpfiles.d && cp deploy/systemd/county-hall.tmpfiles /etc/tmpfiles.d/county-hall.conf
  systemd-sysusers county-hall.conf
  systemd-tmpfiles --create county-hall.conf
  cp deploy/nginx-proxy.conf deploy/nginx-headers.conf /etc/county-hall/
  [ ! -d /run/systemd/system ] || systemctl daemon-reload
  echo "systemd 的文件已放好，没有启动。"
fi
echo "已装好 $version：$target"
[ -z "$previous" ] || echo "原来的是 ${previous}；要退回：ln -sfn $previous $prefix/current，再重启服务（数据库升级过的，要恢复升级前的备份）。"
