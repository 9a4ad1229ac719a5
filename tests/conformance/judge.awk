# SPDX-License-Identifier: GPL-2.0-only
#
# judge.awk -v mode=MODE differences SAID PROGRAMS: a line for each of PROGRAMS
# (name, tab, what it proves) from what the programs in that mode have SAID, but
# for the differences that are accepted.

# Lines of the first file: MODES NAMES REGEX, the first two as in the shell.
FNR == 1 { file++ }
file == 1 && NF && !/^#/ {
	if (mode ~ glob($1)) {
		accepted_name[++accepted] = glob($2)
		sub(/^[^ \t]+[ \t]+[^ \t]+[ \t]+/, "")
		accepted_line[accepted] = $0
	}
}

file == 2 && /^@ machine / { died = substr($0, 3) }
file == 2 && /^@ mode / { here = $3 == mode; next }
file == 2 && /^@ end / { if (here) ended = substr($0, 3); next }
file == 2 && /^@ (same|differs|ran) / { name = here ? $3 : ""; said[name] = $2; next }
file == 2 && name && /^< / { native = substr($0, 3); next }
file == 2 && name && /^> / {
	if (!is_accepted(native) && !(name in first)) {
		first[name] = native
		instead[name] = substr($0, 3)
	}
	next
}

file == 3 {
	split($0, program, "\t")
	name = program[1]
	if (!(name in said))
		fail("its transcript, but the guest was gone: " reason())
	else if (said[name] == "ran")
		fail("native transcript, but there is none")
	else if (name in first)
		fail("\"" first[name] "\", came \"" instead[name] "\"")
	else
		print "ok " mode "/" name " - " program[2]
}

END { exit failed }

function reason() { return died ? died : ended ? ended : "no word of it" }

function fail(what) {
	print "not ok " mode "/" name " - expected " what
	failed = 1
}

function is_accepted(line,	i) {
	for (i = 1; i <= accepted; i++)
		if (name ~ accepted_name[i] && line ~ accepted_line[i])
			return 1
	return 0
}

function glob(pattern) {
	gsub(/\*/, ".*", pattern)
	return "^" pattern "$"
}
