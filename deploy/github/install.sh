#!/usr/bin/env bash
# Puts plimsoll on the PATH of the job:
#
#   install.sh key   prints the key under which the program is cached
#   install.sh       takes a release by its checksum, or builds the action's own source
set -euo pipefail

source_dir="${GITHUB_ACTION_PATH:?}"
version="${VERSION:-}"
bin="${RUNNER_TEMP:?}/plimsoll-bin"

if [ "${1:-}" = key ]; then
  if [ -n "$version" ]; then
    echo "key=plimsoll-${RUNNER_OS:-}-${RUNNER_ARCH:-}-$version" >>"$GITHUB_OUTPUT"
  else
    # All but tests: the program has tables, pages and a policy in it.
    sum=$(cd "$source_dir" && find . -type f ! -path './.git/*' ! -path '*/testdata/*' ! -name '*_test.go' -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -c1-32)
    echo "key=plimsoll-${RUNNER_OS:-}-${RUNNER_ARCH:-}-$sum" >>"$GITHUB_OUTPUT"
  fi
  echo "bin=$bin" >>"$GITHUB_OUTPUT"
  exit 0
fi

mkdir -p "$bin"
echo "$bin" >>"$GITHUB_PATH"
[ ! -x "$bin/plimsoll" ] || exit 0 # from the cache

# A release has its binary and a file of checksums beside it.
release() {
  local os arch name from dir
  os=$(uname -s | tr '[:upper:]' '[:lower:]')
  case "$(uname -m)" in x86_64) arch=amd64 ;; aarch64 | arm64) arch=arm64 ;; *) return 1 ;; esac
  name="plimsoll_${os}_${arch}.tar.gz"
  from="${RELEASES:-https://github.com/plimsoll-k8s/plimsoll/releases/download}/$version"
  dir=$(mktemp -d)
  curl -fsSL --retry 3 -o "$dir/$name" "$from/$name" && curl -fsSL --retry 3 -o "$dir/checksums.txt" "$from/checksums.txt" || return 1
  if ! (cd "$dir" && grep -E "^[0-9a-f]{64}  ?\*?$name\$" checksums.txt | sha256sum -c --status -); then
    echo "::error title=plimsoll::$name does not have the checksum of its release"
    exit 2
  fi
  tar -xzf "$dir/$name" -C "$bin" plimsoll
}

case "$version" in
  "") go build -C "$source_dir" -trimpath -ldflags "-s -w -X main.version=${ACTION_REF:-dev}" -o "$bin/plimsoll" ./cmd/plimsoll ;;
  latest)
    echo "::error title=plimsoll::version latest is no version: give one, or none for that of the action"
    exit 2
    ;;
  *) release || GOBIN="$bin" go install "github.com/plimsoll-k8s/plimsoll/cmd/plimsoll@$version" ;;
esac
