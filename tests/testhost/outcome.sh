# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154 # variables of run
#
# What came of a run, from what the machine left: its report, its log, and the
# files that it was asked for. A part of run, which sources it; judge is what it
# offers.

# The lines by which a kernel says that it, and not a program, is in trouble.
complaints() {
	local trouble='BUG: |WARNING: |UBSAN: |kernel BUG at |Kernel panic'
	trouble+='|.*\[#[0-9]+\]|.*(BUG: soft lockup|hard LOCKUP)'
	trouble+='|(rcu: )?INFO: (rcu|task|trying|lockdep)'
	trouble+='|unchecked MSR access|kmemleak: [1-9]'
	grep -aE "^\[ *[0-9]+\.[0-9]+\](\[ *[TC][0-9]+\])? ($trouble)" "$log" |
		tr -d '\r'
}

indent() { sed 's/^/    /' >&2; }

# The machine is gone and the command has not ended: find out why.
explain_death() {
	local reason
	reason=$(sed -n 's/^error //p' "$tmp/report")
	if [[ $reason ]]; then
		say "$reason; the end of the kernel's log:"
		tail -n 10 "$log" | indent
	elif ((emulator_status)); then
		say "the emulator failed with status $emulator_status:"
		indent <"$tmp/qemu"
	elif [[ $(complaints) ]]; then
		say "the machine died; its kernel said:"
		complaints | head -n 10 | indent
	else
		say "the machine ended before the command did; its last words:"
		tail -n 10 "$log" | indent
	fi
}

# Bring FILE out of the archive that the machine wrote to its port.
receive_file() {
	local archive=$1 path=${2%%:*} file=
	[[ $2 != *:* ]] || file=${2#*:}
	file=${file:-./$(basename "$path")}
	if [[ ! -s $archive ]]; then
		say "--get $path: no such file in the machine"
		return 1
	fi
	mkdir "$archive.root"
	tar -x --no-same-owner -f "$archive" -C "$archive.root" &&
		cp -aT "$archive.root/$(basename "$path")" "$file"
}

receive_files() {
	local i
	for i in "${!gets[@]}"; do
		receive_file "$tmp/get.$i" "${gets[i]}" || lost=1
	done
}

mention_complaints() {
	[[ $(complaints) ]] || return 0
	say "the kernel's log complains: $(complaints | head -n 1)"
	[[ ${CORBEL_STRICT_LOG:-0} != 1 ]] || status=125
}

progress() {
	case $(tail -n 1 "$tmp/report") in
	start) echo "ran COMMAND" ;;
	exit*) echo "was to switch itself off" ;;
	*) echo "was still booting" ;;
	esac
}

# Sets $status.
judge() {
	local lost=0
	status=$(sed -n 's/^exit //p' "$tmp/report")
	if ((timed_out)); then
		say "the time limit of $timeout s came when the machine $(progress)"
		status=124
		mention_complaints
	elif [[ $status ]]; then
		receive_files
		((status || !lost)) || status=125
		mention_complaints
	else
		explain_death
		status=125
	fi
}
