#!/usr/bin/env bash
# Measures every benchmark with one thread and with two, writes the results down, and prints what is claimed beside it.
# usage: run.sh [smoke|quick|full] [java-home] [class]   quick takes some 8 minutes, full 40; smoke only sees that all run
#        run.sh readme results-folder...                 puts the tables of those runs into README.md
# Without java-home JAVA_HOME chooses the JDK, without that the path does. With class, say Rejection, only what begins so runs.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd); jar=$here/target/benchmarks.jar
[ -f "$jar" ] || { echo "there is no $(basename "$jar") yet; build it first: mvn -B -ntp -pl jmh -am package -DskipTests" >&2; exit 2; }

if [ "${1:-}" = readme ]; then
  shift
  [ $# -gt 0 ] || { echo "which results? usage: run.sh readme results-folder..." >&2; exit 2; }
  java=${JAVA_HOME:+$JAVA_HOME/bin/}java
  exec "$java" -cp "$jar" io.aragora.resilience.jmh.ReadmeTable "$here/../README.md" "${@/%//table.md}"
fi

mode=quick
case ${1:-} in smoke | quick | full) mode=$1; shift ;; esac
home=${JAVA_HOME:-}
if [ -n "${1:-}" ] && [ -d "$1" ]; then home=$1; shift; fi
class=${1:-}
case $class in *[!A-Za-z]*) echo "neither mode, nor folder of a JDK, nor class: $class" >&2; exit 2 ;; esac
java=${home:+$home/bin/}java
command -v "$java" > /dev/null || { echo "no JDK here: $home" >&2; exit 2; }
feature=$("$java" -XshowSettings:properties -version 2>&1 | sed -n 's/^ *java.specification.version = //p')

# Only whole runs whose figures mean something are kept.
results=$here/results
if [ "$mode" = smoke ] || [ -n "$class" ]; then results=$here/target/results; fi
out=$results/$(date -u +%F)-jdk$feature-$mode
"$java" -Djava.io.tmpdir="$here/target" -cp "$jar" io.aragora.resilience.jmh.Ratios "$mode" "$out" "$here/target/logs" "$class" \
  2> >(grep -v '^SLF4J' >&2)  # a peer looks for a logger in every fork
echo "written to ${out#"$here"/}"
