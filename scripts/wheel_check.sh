#!/bin/sh
# 在一个空环境里装 wheel 和它的依赖，建县、检查、生成、运行，全程不碰源码目录。
set -eu
python=$1
checkout=$(pwd)
folder=$(mktemp -d)
server=""
trap '[ -z "$server" ] || kill "$server"; rm -rf "$folder"' EXIT
"$checkout/$python" -m build --wheel --no-isolation --outdir "$folder" "$checkout" >/dev/null
cd "$folder"
"$checkout/$python" -m venv env
env/bin/python -m pip install --quiet --disable-pip-version-check ./county_hall-*.whl
env/bin/hall new county --name 白水县 --division-code 990122 --enquiry 0000-5551001 --supervision 0000-5551002 --yes
cd county
../env/bin/hall check
../env/bin/hall build
../env/bin/hall serve --port 8765 >../serve.log 2>&1 &
server=$!
tries=0
until ../env/bin/python -c "import httpx,sys; sys.exit(httpx.get('http://127.0.0.1:8765/readyz').status_code != 200)" 2>/dev/null; do
  tries=$((tries + 1))
  [ "$tries" -lt 60 ] || { cat ../serve.log; exit 1; }
  sleep 1
done
../env/bin/python -c "import httpx; assert '白水县' in httpx.get('http://127.0.0.1:8765/').text"
echo "wheel 在空环境里能用。"
