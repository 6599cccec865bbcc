#!/usr/bin/env bash
# Runs the gate for action.yml. Every input comes through the environment, so
# that no text of a pull request is ever read as a command.
set -euo pipefail
shopt -s globstar nullglob

# Paths: one a line where there are several lines, else separated by spaces;
# each may be a pattern.
lines=()
if [[ "${PATHS:-.}" == *$'\n'* ]]; then
  while IFS= read -r line; do
    line="${line#"${line%%[![:space:]]*}"}"
    line="${line%"${line##*[![:space:]]}"}"
    [ -z "$line" ] || lines+=("$line")
  done <<<"$PATHS"
else
  read -ra lines <<<"${PATHS:-.}"
fi
paths=()
found=()
match() { # sets found to what there is of a path or pattern
  local IFS= # patterns may hold spaces
  found=("$1")
  if [ ! -e "$1" ]; then
    # shellcheck disable=SC2206 # a pattern
    found=($1)
    for i in ${found[@]+"${!found[@]}"}; do
      [ -e "${found[$i]}" ] || unset "found[$i]"
    done
  fi
}
# A line of several words that is no path itself is a path a word.
parts=()
for line in ${lines[@]+"${lines[@]}"}; do
  match "$line"
  if [ ${#found[@]} -gt 0 ]; then
    parts+=("$line")
  else
    read -ra words <<<"$line"
    parts+=("${words[@]}")
  fi
done
for line in ${parts[@]+"${parts[@]}"}; do
  match "$line"
  if [ ${#found[@]} -gt 0 ]; then
    paths+=("${found[@]}")
  elif [ "${ALLOW_EMPTY:-}" != true ]; then
    paths+=("$line") # where it is missing, plimsoll says so
  else
    echo "::notice title=plimsoll::$(printf %q "$line") is not here; allow-empty lets that pass"
  fi
done

comment="${RUNNER_TEMP:-.}/plimsoll-comment.md"
rm -f "$comment" # of an earlier step of the job
echo "comment=$comment" >>"$GITHUB_OUTPUT"
if [ ${#paths[@]} -eq 0 ]; then
  if [ "${ALLOW_EMPTY:-}" = true ]; then
    echo "no manifests to judge"
    exit 0
  fi
  echo "::error title=plimsoll::no paths are given"
  exit 2
fi

args=()
flag() { [ -z "$2" ] || args+=("$1" "$2"); }

report="${REPORT:-}"
if [ -n "${REPORT_DIR:-}" ] && [ -z "$report" ]; then
  in_artifact=("$REPORT_DIR"/**/*.json "$REPORT_DIR"/**/*.yaml "$REPORT_DIR"/**/*.yml)
  if [ ${#in_artifact[@]} -eq 0 ]; then
    echo "::error title=plimsoll::the artifact holds no report: a .json or .yaml file is wanted"
    exit 2
  fi
  report="${in_artifact[0]}"
fi

base="${BASE:-}"
increase="${MAX_INCREASE:-}"
if [ -n "$base" ] && ! git cat-file -e "$base^{commit}" 2>/dev/null; then
  git fetch --quiet --depth=1 origin "$base" 2>/dev/null || true # a shallow checkout
fi
if [ -z "$base" ] && [ -n "$increase" ]; then
  echo "::notice title=plimsoll::max-increase is not checked: a push has no base to compare with"
  increase=""
fi

flag --policy "${POLICY:-}"
flag --report "$report"
flag --snapshot "${SNAPSHOT:-}"
flag --base "$base"
flag --max-increase "$increase"
flag --max-monthly "${MAX_MONTHLY:-}"
flag --provider "${PROVIDER:-}"
flag --region "${REGION:-}"
flag --baseline "${BASELINE:-}"
flag --fail-on "${FAIL_ON:-}"
[ "${ALLOW_EMPTY:-}" != true ] || args+=(--allow-empty)
read -rd "" -a more <<<"${ARGS:-}" || true # of all lines
args+=(${more[@]+"${more[@]}"})

code=0
"${PLIMSOLL:-plimsoll}" gate ${args[@]+"${args[@]}"} -o github -o "sarif=${SARIF:-plimsoll.sarif}" -o "markdown=$comment" -- "${paths[@]}" || code=$?
if [ -f "$comment" ]; then cat "$comment" >>"$GITHUB_STEP_SUMMARY"; fi
exit "$code"
