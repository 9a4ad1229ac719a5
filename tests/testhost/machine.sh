# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154 # variables of run
#
# The emulated machine: what it consists of, its start, and its certain end. A
# part of run, which sources it; boot, wait_for_machine and stop_machine are what
# it offers.

# The timer check counts ticks against a loop, which a busy machine makes fail.
# A ramfs is not limited to half of the memory as a tmpfs, the default, is.
kernel_arguments() {
	kernel_args="console=ttyS0 panic=-1 no_timer_check rootfstype=ramfs"
	((!icount)) || kernel_args+=" nokaslr norandmaps mitigations=off"
	kernel_args+=${append:+ $append}
}

has_argument() { [[ " $kernel_args " == *" $1 "* ]]; }

# Where an unpacked kernel has no room, where the kernel's own unpacker has an
# argument to obey, and where somebody wants to see it at work.
unpacks_itself() {
	[[ ${CORBEL_HOST_KERNEL:-} || ${CORBEL_STOCK_BOOT:-0} == 1 ]] ||
		has_argument no5lvl ||
		((mem < 160 + $(stat -c %s "$tmp/initrd") / 1048576))
}

make_kernel() {
	local kaslr=kaslr
	! has_argument nokaslr || kaslr=
	if unpacks_itself; then
		ln -s "$vmlinuz" "$tmp/kernel"
	else
		"$here/boot-image/make-image" "$vmlinuz" "$tmp/kernel" $kaslr
	fi
}

# A file name within one of QEMU's comma separated options.
name() { printf '%s' "${1//,/,,}"; }

# Port NUMBER of the machine ends up in FILE. Without an ioeventfd the emulator
# serves a port within the guest's own store instruction: a write that has
# returned has arrived, and costs the same instructions in each run.
port() {
	args+=(-chardev "file,id=port$1,path=$(name "$2")"
		-device "virtserialport,chardev=port$1,nr=$1,name=testhost.$1")
}

machine_options() {
	local i
	args=(-no-user-config -nodefaults -display none -no-reboot -cpu "$cpu"
		-smp "$cpus" -m "$mem")
	if ((icount)); then
		args+=(-accel "tcg,thread=single" -icount "shift=0,sleep=off"
			-seed 1 -rtc "base=2024-01-01,clock=vm")
	else
		args+=(-accel "tcg,thread=multi")
	fi
	args+=(-kernel "$tmp/kernel" -initrd "$tmp/initrd" -append "$kernel_args"
		-chardev "file,id=log,path=$(name "$log"),append=on" -serial chardev:log
		-device "virtio-serial-pci,ioeventfd=off")
	if ((interactive)); then
		args+=(-chardev "stdio,id=terminal,signal=off"
			-device "virtconsole,chardev=terminal")
	fi
	if ((nmi)); then
		args+=(-monitor stdio)
	fi
	port 1 "$tmp/report"
	port 2 "$tmp/stdout"
	port 3 "$tmp/stderr"
	for i in "${!gets[@]}"; do
		port $((4 + i)) "$tmp/get.$i"
	done
	for i in "${!disks[@]}"; do
		args+=(-drive "if=none,id=disk$i,format=raw,file=$(name "$(realpath "${disks[i]}")")"
			-device "virtio-blk-pci,drive=disk$i")
	done
}

# The monitor's input: an NMI per tick as soon as the command runs. Before that
# empty lines, for the broken pipe that ends this when the machine is gone.
inject_nmis() {
	local tick never order=
	tick=$(printf '%d.%06d' $((1 / nmi)) $((1000000 / nmi % 1000000)))
	exec {never}<> <(:)
	until read -r -t "$tick" -u "$never"; do
		[[ ! -s $tmp/report ]] || order=nmi
		echo "$order"
	done
}

# Run a command that ends with us, even if we have ended already.
with_us() {
	exec setpriv --pdeathsig KILL -- \
		sh -c '[ "$PPID" = "$0" ] && exec "$@"' $$ "$@"
}

start_machine() {
	if ((interactive)); then
		say "booting; leave with 'exit'"
		saved_terminal=$(stty -g)
		with_us qemu-system-x86_64 "${args[@]}" <&0 2>"$tmp/qemu" &
	elif ((nmi)); then
		with_us qemu-system-x86_64 "${args[@]}" < <(inject_nmis 2>/dev/null) \
			>/dev/null 2>"$tmp/qemu" &
	else
		with_us qemu-system-x86_64 "${args[@]}" 2>"$tmp/qemu" >/dev/null &
	fi
	machine=$!
	with_us sleep "${timeout:-infinity}" &
	timer=$!
}

boot() {
	touch "$tmp"/{report,stdout,stderr}
	kernel_arguments
	make_kernel
	machine_options
	start_machine
}

# Show what arrives in FILE until the machine has ended.
follow() {
	tail -c +1 -f -s 0.1 --pid="$machine" "$1" 2>/dev/null
}

# Sets $timed_out and $emulator_status.
# shellcheck disable=SC2034 # for judge
wait_for_machine() {
	local ended
	emulator_status=0
	follow "$tmp/stdout" | stdbuf -o0 tr -d '\r' &
	followers=("$!")
	follow "$tmp/stderr" >&2 &
	followers+=("$!")
	wait -n -p ended "$machine" "$timer" || emulator_status=$?
	timed_out=$((ended == timer))
	stop_machine
	# The shell would report the death of a child that it has not waited for.
	wait "$machine" "$timer" 2>/dev/null || true
	wait "${followers[@]}" || true
}

stop_machine() {
	[[ $machine ]] || return 0
	kill -KILL "$machine" "$timer" 2>/dev/null || true
	[[ ! $saved_terminal ]] || stty "$saved_terminal"
}
