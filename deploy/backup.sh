#!/bin/sh
# 备份成 hall-年月日-时分.tar.gz，留最近 HALL_KEEP 个；设了 HALL_COPY_TO（rsync 的目的地）就再抄到另一台机器。
set -eu
here=$(cd "$(dirname "$0")/.." && pwd)
hall=${HALL:-$here/env/bin/hall}
root=${HALL_ROOT:-/var/lib/county-hall/county}
backups=${HALL_BACKUPS:-/var/backups/county-hall}
keep=${HALL_KEEP:-14}
case $keep in ''|*[!0-9]*|0) echo "HALL_KEEP 应是正整数，现在是“$keep”。" >&2; exit 2 ;; esac
file=$backups/hall-$(TZ=Asia/Shanghai date +%Y%m%d-%H%M%S).tar.gz
"$hall" backup "$file" --root "$root"
# 新的做成了，才删旧的；名字里有日期，排序就是先后。
# shellcheck disable=SC2012
ls -1 "$backups"/hall-*.tar.gz | sort -r | tail -n +"$((keep + 1))" | while read -r old; do
  rm -f "$old"
done
if [ -n "${HALL_COPY_TO:-}" ]; then
  rsync --archive --chmod=F600 "$file" "$HALL_COPY_TO"
  echo "已抄到 $HALL_COPY_TO。"
fi
