#!/usr/bin/env bash
# Keeps one comment on the pull request up to date. What keeps it from writing
# is told and fails nothing: the verdict is the gate's own.
set -euo pipefail

say() {
  echo "::notice title=plimsoll::no comment: $1"
  exit 0
}

[ -f "${COMMENT:-}" ] || say "the gate wrote none"
[ -n "${NUMBER:-}" ] || say "there is no pull request"
[ -z "${HEAD_REPOSITORY:-}" ] || [ "$HEAD_REPOSITORY" = "$REPOSITORY" ] || say "a pull request of a fork may not write; see the summary of the job"
command -v gh >/dev/null || say "the runner has no gh"

at="repos/$REPOSITORY/issues"
id=$(gh api --paginate "$at/$NUMBER/comments" --jq '.[] | select(.body | startswith("<!-- plimsoll:gate -->")) | .id' | head -n 1) ||
  say "the comments cannot be read; give the job the right pull-requests: write"
if [ -n "$id" ]; then
  gh api -X PATCH "$at/comments/$id" -F "body=@$COMMENT" >/dev/null || say "it cannot be updated; give the job the right pull-requests: write"
else
  gh api "$at/$NUMBER/comments" -F "body=@$COMMENT" >/dev/null || say "it cannot be written; give the job the right pull-requests: write"
fi
