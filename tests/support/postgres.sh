# Runs PostgreSQL in a temporary folder until standard input ends, however its parent process ends.
# Prints the folder, which holds the socket, once connections are taken.
#
# If LISTEN and PORT are set, it also takes connections over TCP there.
#
# usage: sh postgres.sh BIN [SETTING]...
set -eu
bin=$1
shift
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
trap 'exit 1' HUP INT TERM
cd "$folder"
if ! "$bin/initdb" --pgdata=data --auth=trust --username=postgres --no-sync --encoding=UTF8 --locale=C.UTF-8 >log 2>&1; then
    cat log >&2
    exit 1
fi
for setting; do
    printf '%s\n' "$setting" >>data/postgresql.conf
done
"$bin/postgres" -D data -k "$folder" -c listen_addresses="${LISTEN:-}" -c port="${PORT:-5432}" >>log 2>&1 &
server=$!
until "$bin/pg_isready" --quiet --host="$folder" --port="${PORT:-5432}"; do
    if ! kill -0 "$server" 2>/dev/null; then
        cat log >&2
        exit 1
    fi
    sleep 0.05
done
echo "$folder"
cat >/dev/null
# Fast shutdown does not wait for remaining connections.
kill -INT "$server"
wait "$server" || true
