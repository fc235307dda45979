#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# monitoring.sh SERVER: what is in examples/monitoring, against /metrics of a
# running server, as TAP: Prometheus accepts all of it, and every metric that
# the dashboard and the alerts use exists. Without promtool only the latter;
# without redis-server not the metrics of Redis.
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../support/tap.sh"
server=$1
files=$here/../../examples/monitoring
work=$(mktemp -d)
pids=()
clean_up () {
  kill -9 "${pids[@]}" 2>/dev/null
  wait 2>/dev/null
  rm -rf "$work"
}
trap clean_up EXIT

redis=()
PATH=$PATH:/usr/sbin
if command -v redis-server >/dev/null && ldd "$server" | grep -q hiredis; then
  redis-server --port 0 --unixsocket "$work/redis" --save '' --dir "$work" \
    >"$work/redis.log" 2>&1 &
  pids+=($!)
  redis=(--redis-uri "unix://$work/redis")
fi

# The server prints its address when it listens. Redis may come after it.
mkfifo "$work/out"
"$server" --host 127.0.0.1 --port 0 --web-root '' "${redis[@]}" \
  >"$work/out" 2>"$work/log" &
pids+=($!)
read -r -t 10 line <"$work/out"
port=${line##*:}

get_metrics () {
  exec 3<>"/dev/tcp/127.0.0.1/$port" || return 1
  printf 'GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n' >&3
  sed '1,/^\r*$/d' <&3 | tr -d '\r' >"$work/metrics"
  exec 3>&-
}
get_metrics && grep -q '^resilient_signalling_connections ' "$work/metrics"
tap_result $? "a server is running" "$line $(cat "$work/log")"

# Series as Prometheus names them.
sed -n 's/^\([a-z_]*\)[{ ].*/\1/p' "$work/metrics" | sort -u >"$work/there"
for file in dashboard.json alerts.yml; do
  missing=$(grep -oE 'resilient_signalling_[a-z_]+' "$files/$file" | sort -u |
    comm -23 - "$work/there")
  [ ${#redis[@]} -gt 0 ] || missing=$(grep -v _store_ <<<"$missing")
  tap_empty "$missing" "every metric of $file exists"
done
unused=$(sed 's/_\(bucket\|sum\|count\)$//' "$work/there" | sort -u |
  grep -vxFf <(grep -ohE 'resilient_signalling_[a-z_]+' "$files"/* |
    sed 's/_\(bucket\|sum\|count\)$//'))
tap_empty "$unused" "every metric is in the dashboard"

python3 -m json.tool "$files/dashboard.json" >/dev/null
tap_result $? "the dashboard is JSON"

command -v promtool >/dev/null || {
  tap_missing "promtool accepts the files" \
    "promtool is not installed: bash tests/deps.sh server"
  tap_done
}

promtool check metrics <"$work/metrics" >"$work/check" 2>&1
tap_result $? "promtool accepts /metrics" "$(cat "$work/check")"
promtool check rules "$files/alerts.yml" >"$work/check" 2>&1
tap_result $? "promtool accepts the alerts" "$(cat "$work/check")"
promtool check config "$files/prometheus.yml" >"$work/check" 2>&1
tap_result $? "promtool accepts the configuration" "$(cat "$work/check")"

cp "$files/alerts.yml" "$here/alerts-test.yml" "$work"
promtool test rules "$work/alerts-test.yml" >"$work/check" 2>&1
tap_result $? "alerts fire when they should" "$(cat "$work/check")"

# The dashboard's expressions, with Grafana's variables filled in, as rules.
python3 - "$files/dashboard.json" >"$work/dashboard.yml" <<'PYTHON'
import json, sys
panels = json.load(open(sys.argv[1]))['panels']
targets = [t['expr'] for p in panels for t in p.get('targets', [])]
rules = [{'record': f'panel:{i}', 'expr': e.replace('$__rate_interval', '1m')
          .replace('$instance', '.*')} for i, e in enumerate(targets)]
print(json.dumps({'groups': [{'name': 'dashboard', 'rules': rules}]}))
PYTHON
promtool check rules "$work/dashboard.yml" >"$work/check" 2>&1
tap_result $? "promtool accepts the dashboard's expressions" \
  "$(cat "$work/check")"
tap_done
