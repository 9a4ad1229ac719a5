# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154 # variables of run
#
# The first file system of a test host: the cached base, and behind it what this
# run brings along: Corbel, the files of --add, and the orders for init. A part
# of run, which sources it; make_initrd is what it offers.

# Words as a POSIX shell reads them back, whatever bytes they hold.
quote() {
	local word quote="'" escaped="'\\''"
	for word; do
		printf " '%s'" "${word//"$quote"/"$escaped"}"
	done
}

# FILE[:PATH], unless the whole is a file: names may hold colons.
add_file() {
	local file=$1 path
	[[ -e $file ]] || file=${1%:*}
	[[ -e $file ]] || usage_error "--add $1: no such file: $file"
	path=${1#"$file"}
	path=${path#:}
	path=$root/${path:-$(basename "$(realpath "$file")")}
	mkdir -p "$(dirname "$path")"
	cp -aHT -- "$file" "$path"
}

# The tool runs on the libraries of the machine that built it.
add_tools() {
	local tool=$top/userspace/corbel library
	[[ -x $tool ]] || return 0
	mkdir -p "$root/usr/bin"
	cp "$tool" "$root/usr/bin/"
	for library in $(ldd "$tool" | grep -o '/[^ ]*'); do
		cp -L --parents "$library" "$root"
	done
}

add_module() {
	mkdir -p "$root/lib/corbel"
	cp "$module" "$root/lib/corbel/corbel.ko"
}

# The loader keeps unpacked kernels here, named after the size of the packed one
# among others; one that an earlier run brought out saves this one the work.
add_unpacked_kernels() {
	local dir=$root/root/.cache/corbel/unpacked file
	for file in "$cache"/unpacked/*-"$(stat -c %s "$stock")"; do
		[[ -f $file ]] || continue
		mkdir -p "$dir"
		cp "$file" "$dir/"
	done
}

add_orders() {
	local dir=$root/testhost rows=24 columns=80
	mkdir -p "$dir"
	((!interactive)) || read -r rows columns < <(stty size)
	echo "set --$(quote "${command[@]}")" >"$dir/command"
	echo "set --$(quote "${gets[@]%%:*}")" >"$dir/files"
	cat >"$dir/settings" <<-EOF
	interactive=$interactive rows=$rows columns=$columns
	load_module=$load_module disks=${#disks[@]} last_port=$((3 + ${#gets[@]}))
	EOF
}

# Equal runs boot from equal archives: an instruction count may depend on it.
make_initrd() {
	local root=$tmp/root spec
	mkdir -p "$root"
	cp "$here/init" "$root/init"
	add_tools
	[[ ! -f $module ]] || add_module
	((mem < 512)) || add_unpacked_kernels
	for spec in "${adds[@]}"; do
		add_file "$spec"
	done
	add_orders
	find "$root" -exec touch -hd @0 {} +
	{
		cat "$base"
		(cd "$root" && find . -mindepth 1 -print0 | sort -z |
			cpio -0 -o -H newc --reproducible -R 0:0 -C 65536 --quiet)
	} >"$tmp/initrd"
	rm -rf "$root"
}
