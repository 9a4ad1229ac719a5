# SPDX-License-Identifier: GPL-2.0-only
#
# For the Makefile of a suite whose programs run inside of a test host: the
# harness (test.h) and micro guests (guest.h), built into $(O).  Set O and top,
# include this, and link a program with $(lib-objects).

cppflags := $(addprefix -I$(top)/,tests/lib guest-abi/include	\
	    module/include/uapi) -I$(O) -I$(O)/include
CPPFLAGS := -D_GNU_SOURCE $(cppflags)
CFLAGS := -std=gnu11 -O2 -g -Wall -Wextra -Wshadow -Wmissing-prototypes	\
	  -Wstrict-prototypes -Wvla -Werror
LDFLAGS := -static -pthread

lib-objects := $(addprefix $(O)/tests/lib/,test.o guest.o shim.o)

# offsets.h and hypercall_nr.h
shim-headers := $(O)/offsets.h $(O)/include/corbel/hypercall_nr.h
$(shim-headers): $(wildcard $(top)/guest-abi/include/corbel/*.h)	\
		 $(top)/guest-abi/shim/offsets.c $(top)/hypercalls/calls.tbl
	@mkdir -p $(O)
	$(MAKE) -f $(top)/guest-abi/shim/Makefile O=$(O) $@

$(O)/%.o: $(top)/%.c | $(shim-headers)
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -c -o $@ $<

$(O)/%.o: $(top)/%.S | $(shim-headers)
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) -MMD -c -o $@ $<

-include $(shell find $(O) -name '*.d' 2>/dev/null)
