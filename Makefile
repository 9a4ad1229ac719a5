# SPDX-License-Identifier: GPL-2.0-only
#
# The top level: hands the module to the kernel's build system (Kbuild has its
# file list) and the tools to userspace/Makefile, and starts the tests. What
# `make help` calls a test brings the machine up to it first: packages, the
# stock kernel, the test host. Downloads and built things other than the module
# and the tools live outside of the tree, in CORBEL_CACHE.
#
#	V=1		show the commands
#	KDIR=DIR	build for the kernel whose build folder DIR is; by default
#			the newest generic one whose headers are installed
#	PREFIX, DESTDIR	where `make install` puts things

KDIR ?= $(shell tests/testhost/kernel headers)
PREFIX ?= /usr/local
DESTDIR ?=

ifneq ($(V),1)
Q := @
endif
MAKEFLAGS += --no-print-directory

kbuild = $(MAKE) -C "$(or $(KDIR),$(error no kernel to build for))" M=$(CURDIR)
userspace = $(if $(wildcard userspace/Makefile),$(MAKE) -f userspace/Makefile,:)
release = $(shell KDIR='$(KDIR)' tests/testhost/kernel release)

# A staged tree is indexed by whoever unpacks it.
depmod = $(if $(DESTDIR),:,depmod -a $(release))

all: module userspace Documentation/hypercalls.rst

module:
	$(Q)$(kbuild) modules

userspace:
	$(Q)$(userspace) all

Documentation/hypercalls.rst: hypercalls/calls.tbl hypercalls/calls.awk
	$(Q)awk -f hypercalls/calls.awk -v make=rst $< >$@

setup:
	$(Q)tests/testhost/install-packages
	$(Q)tests/testhost/base >/dev/null

# Set-up may install what the build needs, so the build starts after it.
demo test test-debug bench check shell: setup
	$(Q)$(MAKE) all
	$(Q)$(command)

demo:		command = tests/demo
test:		command = tests/run-all
test-debug:	command = tests/run-all --debug
bench:		command = tests/bench
check:		command = tests/check
shell:		command = tests/testhost/run --shell

# Debian's headers come without the key that its kernels ask to sign with.
install: all
	$(Q)$(kbuild) INSTALL_MOD_PATH="$(DESTDIR)" INSTALL_MOD_DIR=updates \
		CONFIG_MODULE_SIG_ALL= modules_install
	$(Q)$(depmod)
	$(Q)$(userspace) install PREFIX="$(PREFIX)" DESTDIR="$(DESTDIR)"
	@[ $(release) = "$$(uname -r)" ] || \
		echo "installed for $(release); this machine runs $$(uname -r)"

uninstall:
	$(Q)rm -f "$(DESTDIR)/lib/modules/$(release)/updates/corbel.ko"
	$(Q)$(depmod)
	$(Q)rm -f "$(DESTDIR)$(PREFIX)/bin/corbel"
	$(Q)rm -f "$(DESTDIR)$(PREFIX)/share/man/man1/corbel.1"

clean:
	$(Q)$(kbuild) clean
	$(Q)$(userspace) clean

print-kernel:
	@tests/testhost/kernel image

help:
	@echo 'Building'
	@echo '  all           the module, corbel.ko, and the tools'
	@echo '  clean         remove what was built in the tree'
	@echo '  install       install both below PREFIX ($(PREFIX)) and DESTDIR'
	@echo '  uninstall     remove what install put there'
	@echo 'Testing (in an emulated machine; as root, installs missing packages)'
	@echo '  demo          boot a stock kernel in each mode and compare the cost'
	@echo '  test          all tests'
	@echo '  test-debug    the host tests on a KASAN, lockdep and kmemleak kernel'
	@echo '  bench         the benchmark; results in out/'
	@echo '  check         style and static analysis'
	@echo '  shell         a shell in the emulated machine'
	@echo '  setup         only fetch what these need'
	@echo '  print-kernel  path of the stock kernel that they boot'
	@echo 'V=1 shows commands, KDIR=DIR names the kernel build folder.'

.PHONY: all module userspace setup demo test test-debug bench check shell \
	install uninstall clean print-kernel help
