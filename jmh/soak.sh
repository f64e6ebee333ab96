#!/usr/bin/env bash
# Lets a hundred thousand retries wait at once, and prints what each costs, how late they are, and what is left over.
# usage: soak.sh [short|full] [java-home]   full takes less than a minute, short some 20 s, without peers
# Without java-home JAVA_HOME chooses the JDK, without that the path does. Exit code 1: something did not hold that must.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd); jar=$here/target/benchmarks.jar
[ -f "$jar" ] || { echo "there is no $(basename "$jar") yet; build it first: mvn -B -ntp -pl jmh -am package -DskipTests" >&2; exit 2; }

mode=full
case ${1:-} in short | full) mode=$1; shift ;; esac
home=${JAVA_HOME:-}
if [ -n "${1:-}" ]; then
  [ -d "$1" ] || { echo "neither mode nor folder of a JDK: $1" >&2; exit 2; }
  home=$1
fi
java=${home:+$home/bin/}java
command -v "$java" > /dev/null || { echo "no JDK here: $home" >&2; exit 2; }
feature=$("$java" -XshowSettings:properties -version 2>&1 | sed -n 's/^ *java.specification.version = //p')

results=$here/results
if [ "$mode" = short ]; then results=$here/target/results; fi
out=$results/$(date -u +%F)-jdk$feature-soak
"$java" -Xmx512m -Djava.io.tmpdir="$here/target" -Djdk.attach.allowAttachSelf -cp "$jar" \
  io.aragora.resilience.jmh.RetrySoak "$mode" "$out" 2> >(grep -v '^SLF4J' >&2)
echo "written to ${out#"$here"/}"
