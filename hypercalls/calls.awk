# SPDX-License-Identifier: GPL-2.0-only
#
# What is made from calls.tbl:
#
#	awk -f calls.awk -v make=numbers  calls.tbl	hypercall_nr.h
#	awk -f calls.awk -v make=dispatch calls.tbl	dispatch.h, for the module
#	awk -f calls.awk -v make=rst      calls.tbl	Documentation/hypercalls.rst
#
# A line that the table must not have ends this with its number.

function die(text)
{
	printf "calls.tbl:%d: %s\n", FNR, text > "/dev/stderr"
	failed = 1
	exit 1
}

function rest(from,    i, text)
{
	for (i = from; i <= NF; i++)
		text = text (i > from ? " " : "") $i
	return text
}

BEGIN {
	n = 0
	register[0] = "rdi"; register[1] = "rsi"; register[2] = "rdx"
	check["u64"] = "false"
	check["u32"] = "%s >> 32"
	check["gva"] = "!is_canonical48(%s)"
	check["flag"] = "%s > 1"
	check["status"] = "%s > CORBEL_EXIT_STATUS_MAX"
	ctype["u64"] = "u64"
	ctype["u32"] = "u32"
	ctype["gva"] = "u64"
	ctype["flag"] = "bool"
	ctype["status"] = "u32"
}

/^#/ || /^$/ { next }

$1 == "call" {
	if (NF < 5 || $2 !~ /^[0-9]+$/)
		die("call NUMBER GROUP NAME MODES")
	if ($2 in seen || $4 in seen)
		die("number or name used twice")
	seen[$2] = seen[$4] = 1
	c = n++
	nr[c] = $2; group[c] = $3; name[c] = $4
	for (i = 5; i <= NF; i++) {
		if ($i != "pv" && $i != "hvm")
			die("no mode " $i)
		modes[c] = modes[c] (i > 5 ? " " : "") $i
	}
	args[c] = outs[c] = errors[c] = 0
	next
}

n == 0 { die("a line before the first call") }

$1 == "arg" {
	if (args[c] == 3)
		die("more than three arguments")
	if (!($3 in check))
		die("no type " $3)
	i = args[c]++
	argname[c, i] = $2; argtype[c, i] = $3; argtext[c, i] = rest(4)
	next
}

$1 == "out" { i = outs[c]++; outreg[c, i] = $2; outtext[c, i] = rest(3); next }
$1 == "error" { i = errors[c]++; errname[c, i] = $2; errtext[c, i] = rest(3); next }
$1 == "doc" { doc[c] = doc[c] (doc[c] ? "\n" : "") rest(2); next }

{ die("what is " $1 "?") }

function numbers(    c)
{
	print "/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */"
	print "/* Made from hypercalls/calls.tbl by calls.awk. */"
	print "#ifndef _CORBEL_HYPERCALL_NR_H"
	print "#define _CORBEL_HYPERCALL_NR_H"
	print ""
	print "#define CORBEL_HYPERCALL_BASE\t\t0x0c0be100"
	print ""
	for (c = 0; c < n; c++)
		printf "#define CORBEL_HC_%-16s (CORBEL_HYPERCALL_BASE + %d)\n", \
			toupper(name[c]), nr[c]
	print ""
	print "#endif /* _CORBEL_HYPERCALL_NR_H */"
}

function handler(c,    i)
{
	printf "int hypercall_%s(struct vcpu *vcpu", name[c]
	for (i = 0; i < args[c]; i++)
		printf ", %s %s", ctype[argtype[c, i]], argname[c, i]
	print ", s64 *result);"
}

function caller(c,    i)
{
	printf "\nstatic int call_%s(struct vcpu *vcpu, s64 *result)\n{\n", name[c]
	for (i = 0; i < args[c]; i++)
		printf "\tu64 %s = vcpu->regs->%s;\n", argname[c, i], register[i]
	if (args[c])
		print ""
	for (i = 0; i < args[c]; i++) {
		if (argtype[c, i] == "u64")
			continue
		printf "\tif (" check[argtype[c, i]] ")\n", argname[c, i]
		print "\t\treturn invalid(result);"
	}
	printf "\treturn hypercall_%s(vcpu", name[c]
	for (i = 0; i < args[c]; i++)
		printf ", %s", argname[c, i]
	print ", result);\n}"
}

function dispatch(    c)
{
	print "/* SPDX-License-Identifier: GPL-2.0-only */"
	print "/* Made from hypercalls/calls.tbl by calls.awk: included by hypercall.c alone. */"
	print ""
	for (c = 0; c < n; c++)
		caller(c)
	print "\nstatic const struct hypercall hypercalls[] = {"
	for (c = 0; c < n; c++)
		printf "\t[%d] = { \"%s\", call_%s, %s },\n", nr[c], name[c], \
			name[c], modemask(c)
	print "};"
}

function prototypes(    c)
{
	print "/* SPDX-License-Identifier: GPL-2.0-only */"
	print "/* Made from hypercalls/calls.tbl by calls.awk. */"
	print "#ifndef CORBEL_HYPERCALL_HANDLERS_H"
	print "#define CORBEL_HYPERCALL_HANDLERS_H"
	print ""
	print "struct vcpu;"
	print ""
	for (c = 0; c < n; c++)
		handler(c)
	print "\n#define HYPERCALL_NAMES \\"
	for (c = 0; c < n; c++)
		printf "\t{ CORBEL_HC_%s, \"%s\" }%s\n", toupper(name[c]), \
			name[c], c < n - 1 ? ", \\" : ""
	print "\n#endif /* CORBEL_HYPERCALL_HANDLERS_H */"
}

function modemask(c,    parts, i, k, text)
{
	k = split(modes[c], parts, " ")
	for (i = 1; i <= k; i++)
		text = text (i > 1 ? " | " : "") "BIT(CORBEL_MODE_" \
			toupper(parts[i]) ")"
	return text
}

function rst(    c, i)
{
	print ".. SPDX-License-Identifier: GPL-2.0-only"
	print ".. Made from hypercalls/calls.tbl by `make`: do not edit."
	print ""
	print "Hypercalls"
	print "=========="
	print ""
	print "How a hypercall is made, and what holds for all of them, is said in"
	print "``guest-abi/include/corbel/hypercall.h``."
	for (c = 0; c < n; c++) {
		title = nr[c] " " name[c]
		print "\n" title
		gsub(/./, "-", title)
		print title "\n"
		print doc[c] "\n"
		print ":group: " group[c] " (``hypercalls/" group[c] ".c``)"
		print ":modes: " modes[c]
		for (i = 0; i < args[c]; i++)
			printf ":%s: ``%s``, %s: %s\n", toupper(register[i]), \
				argname[c, i], argtype[c, i], argtext[c, i]
		for (i = 0; i < outs[c]; i++)
			printf ":returns in %s: %s\n", outreg[c, i], outtext[c, i]
		for (i = 0; i < errors[c]; i++)
			printf ":-%s: %s\n", errname[c, i], errtext[c, i]
		for (i = 0; i < args[c]; i++)
			if (argtype[c, i] == "u32" || argtype[c, i] == "gva" || \
			    argtype[c, i] == "flag")
				printf ":-EINVAL: ``%s`` is no %s\n", \
					argname[c, i], argtype[c, i]
	}
}

END {
	if (failed)
		exit 1
	if (make == "numbers")
		numbers()
	else if (make == "dispatch")
		dispatch()
	else if (make == "handlers")
		prototypes()
	else if (make == "rst")
		rst()
	else {
		print "calls.awk: -v make=numbers|dispatch|handlers|rst" > "/dev/stderr"
		exit 1
	}
}
