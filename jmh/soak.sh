#!/usr/bin/env bash
# A hundred thousand retries that wait at once: heap, lateness, and an idle timer. Half a minute; fails where a rule is broken.
# usage: soak.sh [java-home]; without it JAVA_HOME chooses the JDK, without that the path does
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd); jar=$here/target/benchmarks.jar
home=${1:-${JAVA_HOME:-}}
[ -f "$jar" ] || { echo "build first: mvn -B -ntp -pl jmh -am package -DskipTests" >&2; exit 2; }
exec "${home:+$home/bin/}java" -Xmx512m -cp "$jar" io.aragora.resilience.jmh.RetrySoak
