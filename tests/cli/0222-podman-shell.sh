#!/bin/sh
# git preview-test --shell under Podman.
# shellcheck disable=SC2034,SC1091
kinds=podman
. "${0%/*}/0221-engine-shell.sh"
