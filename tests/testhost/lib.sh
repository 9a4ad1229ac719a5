# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What the scripts of the test host share: where things are, how to speak, and
# how to own the cache. Sourced, never run. Standard output belongs to each
# script's result, so every message goes to standard error.

# A failure inside $(...) must be one outside of it, too.
shopt -s inherit_errexit

# depmod is there, and not in everybody's PATH.
PATH=$PATH:/usr/sbin:/sbin

# shellcheck disable=SC2034 # used by the scripts that source this file
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${CORBEL_CACHE:-${XDG_CACHE_HOME:-${HOME:?}/.cache}/corbel}

say() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }

die() {
	say "$*"
	exit 1
}

# Wait until the cache is ours, and keep it until this script ends: builds that
# share a cache take turns, and the later one finds the earlier one's work.
# Children that outlive the script must not inherit $cache_lock.
lock_cache() {
	mkdir -p "$cache"
	exec {cache_lock}>"$cache/lock"
	flock -n "$cache_lock" && return
	say "waiting for another build to be done with $cache"
	flock "$cache_lock"
}
