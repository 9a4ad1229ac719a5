	.file	"offsets.c"
# GNU C11 (Debian 12.2.0-14+deb12u1) version 12.2.0 (x86_64-linux-gnu)
#	compiled by GNU C version 12.2.0, GMP version 6.2.1, MPFR version 4.2.0, MPC version 1.3.1, isl version isl-0.25-GMP

# GGC heuristics: --param ggc-min-expand=100 --param ggc-min-heapsize=131072
# options passed: -mno-sse -mno-mmx -mno-sse2 -mno-3dnow -mno-avx -m64 -mno-80387 -mno-fp-ret-in-387 -mpreferred-stack-boundary=3 -mskip-rax-setup -mtune=generic -mno-red-zone -mcmodel=kernel -mindirect-branch=thunk-extern -mindirect-branch-register -mindirect-branch-cs-prefix -mfunction-return=thunk-extern -mharden-sls=all -mrecord-mcount -mfentry -march=x86-64 -O2 -std=gnu11 -p -fno-strict-aliasing -fno-common -fshort-wchar -fno-PIE -fcf-protection=none -falign-jumps=1 -falign-loops=1 -fno-asynchronous-unwind-tables -fno-jump-tables -fno-delete-null-pointer-checks -fno-allow-store-data-races -fstack-protector-strong -ftrivial-auto-var-init=zero -fno-stack-clash-protection -fno-strict-overflow -fstack-check=no -fconserve-stack -fno-builtin-wcslen
	.text
	.p2align 4
	.type	define_offsets, @function
define_offsets:
1:	call	__fentry__
	.section __mcount_loc, "a",@progbits
	.quad 1b
	.previous
# /work/main/module/pv/offsets.c:17: 	DEFINE(DATA_REGS, DATA(regs));
#APP
# 17 "/work/main/module/pv/offsets.c" 1
	
.ascii "->DATA_REGS $256 DATA(regs)"	#
# 0 "" 2
# /work/main/module/pv/offsets.c:18: 	DEFINE(DATA_REGS_VECTOR, DATA(regs.vector));
# 18 "/work/main/module/pv/offsets.c" 1
	
.ascii "->DATA_REGS_VECTOR $376 DATA(regs.vector)"	#
# 0 "" 2
# /work/main/module/pv/offsets.c:19: 	DEFINE(DATA_REGS_ERROR, DATA(regs.error));
# 19 "/work/main/module/pv/offsets.c" 1
	
.ascii "->DATA_REGS_ERROR $384 DATA(regs.error)"	#
# 0 "" 2
# /work/main/module/pv/offsets.c:20: 	DEFINE(DATA_REGS_RIP, DATA(regs.rip));
# 20 "/work/main/module/pv/offsets.c" 1
	
.ascii "->DATA_REGS_RIP $392 DATA(regs.rip)"	#
# 0 "" 2
# /work/main/module/pv/offsets.c:21: 	DEFINE(DATA_REGS_CS, DATA(regs.cs));
# 21 "/work/main/module/pv/offsets.c" 1
	
.ascii "->DATA_REGS_CS $400 DATA(regs.cs)"	#
# 0 "" 2
# /work/main/module/pv/offsets.c:22: 	DEFINE(DATA_REGS_RFLAGS, DATA(regs.rflags));
# 22 "/work/main/module/pv/offsets.c" 1
	
.ascii "->DATA_REGS_RFLAGS $408 DATA(regs.rflags)"	#
# 0 "" 2
# /work/main/module/pv/offsets.c:23: 	DEFINE(DATA_REGS_RSP, DATA(regs.rsp));
# 23 "/work/main/module/pv/offsets.c" 1
	
.ascii "->DATA_REGS_RSP $416 DATA(regs.rsp)"	#
# 0 "" 2
# /work/main/module/pv/offsets.c:24: 	DEFINE(DATA_REGS_SS, DATA(regs.ss));
# 24 "/work/main/module/pv/offsets.c" 1
	
.ascii "->DATA_REGS_SS $424 DATA(regs.ss)"	#
# 0 "" 2
# /work/main/module/pv/offsets.c:25: 	DEFINE(DATA_REGS_END, DATA(regs) + sizeof(struct guest_regs));
# 25 "/work/main/module/pv/offsets.c" 1
	
.ascii "->DATA_REGS_END $432 DATA(regs) + sizeof(struct guest_regs)"	#
# 0 "" 2
# /work/main/module/pv/offsets.c:26: 	DEFINE(DATA_HOST_CR3, DATA(host_cr3));
# 26 "/work/main/module/pv/offsets.c" 1
	
.ascii "->DATA_HOST_CR3 $432 DATA(host_cr3)"	#
# 0 "" 2
# /work/main/module/pv/offsets.c:27: 	DEFINE(DATA_ROOT_KERNEL, DATA(root[VIEW_KERNEL]));
# 27 "/work/main/module/pv/offsets.c" 1
	
.ascii "->DATA_ROOT_KERNEL $440 DATA(root[VIEW_KERNEL])"	#
# 0 "" 2
# /work/main/module/pv/offsets.c:28: 	DEFINE(DATA_ROOT_USER, DATA(root[VIEW_USER]));
# 28 "/work/main/module/pv/offsets.c" 1
	
.ascii "->DATA_ROOT_USER $448 DATA(root[VIEW_USER])"	#
# 0 "" 2
# /work/main/module/pv/offsets.c:29: 	DEFINE(DATA_ENTER_ROOT, DATA(enter_root));
# 29 "/work/main/module/pv/offsets.c" 1
	
.ascii "->DATA_ENTER_ROOT $456 DATA(enter_root)"	#
# 0 "" 2
# /work/main/module/pv/offsets.c:30: 	DEFINE(DATA_CR3, DATA(cr3));
# 30 "/work/main/module/pv/offsets.c" 1
	
.ascii "->DATA_CR3 $464 DATA(cr3)"	#
# 0 "" 2
# /work/main/module/pv/offsets.c:31: 	DEFINE(DATA_GS, DATA(gs));
# 31 "/work/main/module/pv/offsets.c" 1
	
.ascii "->DATA_GS $472 DATA(gs)"	#
# 0 "" 2
# /work/main/module/pv/offsets.c:32: 	DEFINE(DATA_GS_KERNEL, DATA(gs_kernel));
# 32 "/work/main/module/pv/offsets.c" 1
	
.ascii "->DATA_GS_KERNEL $480 DATA(gs_kernel)"	#
# 0 "" 2
# /work/main/module/pv/offsets.c:33: 	DEFINE(DATA_IRET_STACK, DATA(iret_stack));
# 33 "/work/main/module/pv/offsets.c" 1
	
.ascii "->DATA_IRET_STACK $488 DATA(iret_stack)"	#
# 0 "" 2
# /work/main/module/pv/offsets.c:34: 	DEFINE(DATA_USER_RSP, DATA(user_rsp));
# 34 "/work/main/module/pv/offsets.c" 1
	
.ascii "->DATA_USER_RSP $496 DATA(user_rsp)"	#
# 0 "" 2
# /work/main/module/pv/offsets.c:35: 	DEFINE(DATA_SCRATCH, DATA(scratch));
# 35 "/work/main/module/pv/offsets.c" 1
	
.ascii "->DATA_SCRATCH $504 DATA(scratch)"	#
# 0 "" 2
# /work/main/module/pv/offsets.c:36: 	DEFINE(DATA_ENTRY_SYSCALL, DATA(entry_syscall));
# 36 "/work/main/module/pv/offsets.c" 1
	
.ascii "->DATA_ENTRY_SYSCALL $512 DATA(entry_syscall)"	#
# 0 "" 2
# /work/main/module/pv/offsets.c:37: 	DEFINE(DATA_ENTRY_RFLAGS, DATA(entry_rflags));
# 37 "/work/main/module/pv/offsets.c" 1
	
.ascii "->DATA_ENTRY_RFLAGS $520 DATA(entry_rflags)"	#
# 0 "" 2
# /work/main/module/pv/offsets.c:38: 	DEFINE(DATA_SITE_SYSRET, DATA(site_sysret));
# 38 "/work/main/module/pv/offsets.c" 1
	
.ascii "->DATA_SITE_SYSRET $528 DATA(site_sysret)"	#
# 0 "" 2
# /work/main/module/pv/offsets.c:39: 	DEFINE(DATA_SITE_IRET, DATA(site_iret));
# 39 "/work/main/module/pv/offsets.c" 1
	
.ascii "->DATA_SITE_IRET $536 DATA(site_iret)"	#
# 0 "" 2
# /work/main/module/pv/offsets.c:40: 	DEFINE(DATA_SITE_LOAD_CR3, DATA(site_load_cr3));
# 40 "/work/main/module/pv/offsets.c" 1
	
.ascii "->DATA_SITE_LOAD_CR3 $544 DATA(site_load_cr3)"	#
# 0 "" 2
# /work/main/module/pv/offsets.c:41: 	DEFINE(DATA_CONTEXTS, DATA(contexts));
# 41 "/work/main/module/pv/offsets.c" 1
	
.ascii "->DATA_CONTEXTS $552 DATA(contexts)"	#
# 0 "" 2
# /work/main/module/pv/offsets.c:42: 	DEFINE(CONTEXT_TAG, offsetof(struct pv_context, tag));
# 42 "/work/main/module/pv/offsets.c" 1
	
.ascii "->CONTEXT_TAG $0 offsetof(struct pv_context, tag)"	#
# 0 "" 2
# /work/main/module/pv/offsets.c:43: 	DEFINE(CONTEXT_ROOT_KERNEL,
# 43 "/work/main/module/pv/offsets.c" 1
	
.ascii "->CONTEXT_ROOT_KERNEL $8 offsetof(struct pv_context, root[VIEW_KERNEL])"	#
# 0 "" 2
# /work/main/module/pv/offsets.c:45: 	DEFINE(CONTEXT_ROOT_USER, offsetof(struct pv_context, root[VIEW_USER]));
# 45 "/work/main/module/pv/offsets.c" 1
	
.ascii "->CONTEXT_ROOT_USER $16 offsetof(struct pv_context, root[VIEW_USER])"	#
# 0 "" 2
# /work/main/module/pv/offsets.c:46: 	DEFINE(CONTEXT_SHIFT, ilog2(sizeof(struct pv_context)));
# 46 "/work/main/module/pv/offsets.c" 1
	
.ascii "->CONTEXT_SHIFT $5 ilog2(sizeof(struct pv_context))"	#
# 0 "" 2
# /work/main/module/pv/offsets.c:47: 	DEFINE(CONTEXT_MASK, NR_CONTEXTS - 1);
# 47 "/work/main/module/pv/offsets.c" 1
	
.ascii "->CONTEXT_MASK $7 NR_CONTEXTS - 1"	#
# 0 "" 2
# /work/main/module/pv/offsets.c:48: 	DEFINE(DATA_FAULT_VECTOR, DATA(fault_vector));
# 48 "/work/main/module/pv/offsets.c" 1
	
.ascii "->DATA_FAULT_VECTOR $808 DATA(fault_vector)"	#
# 0 "" 2
# /work/main/module/pv/offsets.c:49: 	DEFINE(DATA_FAULT_ERROR, DATA(fault_error));
# 49 "/work/main/module/pv/offsets.c" 1
	
.ascii "->DATA_FAULT_ERROR $816 DATA(fault_error)"	#
# 0 "" 2
# /work/main/module/pv/offsets.c:50: 	DEFINE(DATA_FAULT_RIP, DATA(fault_rip));
# 50 "/work/main/module/pv/offsets.c" 1
	
.ascii "->DATA_FAULT_RIP $824 DATA(fault_rip)"	#
# 0 "" 2
# /work/main/module/pv/offsets.c:51: 	DEFINE(DATA_WORK, DATA(work));
# 51 "/work/main/module/pv/offsets.c" 1
	
.ascii "->DATA_WORK $832 DATA(work)"	#
# 0 "" 2
# /work/main/module/pv/offsets.c:52: 	DEFINE(DATA_KERNEL, DATA(kernel));
# 52 "/work/main/module/pv/offsets.c" 1
	
.ascii "->DATA_KERNEL $836 DATA(kernel)"	#
# 0 "" 2
# /work/main/module/pv/offsets.c:53: 	DEFINE(DATA_NOTED, DATA(noted));
# 53 "/work/main/module/pv/offsets.c" 1
	
.ascii "->DATA_NOTED $837 DATA(noted)"	#
# 0 "" 2
# /work/main/module/pv/offsets.c:54: 	DEFINE(DATA_IN_C, DATA(in_c));
# 54 "/work/main/module/pv/offsets.c" 1
	
.ascii "->DATA_IN_C $838 DATA(in_c)"	#
# 0 "" 2
# /work/main/module/pv/offsets.c:55: 	DEFINE(DATA_STAT_SYSCALL, DATA(stats.switch_syscall));
# 55 "/work/main/module/pv/offsets.c" 1
	
.ascii "->DATA_STAT_SYSCALL $968 DATA(stats.switch_syscall)"	#
# 0 "" 2
# /work/main/module/pv/offsets.c:56: 	DEFINE(DATA_STAT_RETURN, DATA(stats.switch_return));
# 56 "/work/main/module/pv/offsets.c" 1
	
.ascii "->DATA_STAT_RETURN $976 DATA(stats.switch_return)"	#
# 0 "" 2
# /work/main/module/pv/offsets.c:57: 	DEFINE(DATA_STAT_CR3, DATA(stats.switch_cr3));
# 57 "/work/main/module/pv/offsets.c" 1
	
.ascii "->DATA_STAT_CR3 $984 DATA(stats.switch_cr3)"	#
# 0 "" 2
# /work/main/module/pv/offsets.c:58: 	BLANK();
# 58 "/work/main/module/pv/offsets.c" 1
	
.ascii "->"
# 0 "" 2
# /work/main/module/pv/offsets.c:59: 	DEFINE(PAGE_VIF, PAGE(vif));
# 59 "/work/main/module/pv/offsets.c" 1
	
.ascii "->PAGE_VIF $0 PAGE(vif)"	#
# 0 "" 2
# /work/main/module/pv/offsets.c:60: 	DEFINE(PAGE_USER_GS, PAGE(user_gs));
# 60 "/work/main/module/pv/offsets.c" 1
	
.ascii "->PAGE_USER_GS $24 PAGE(user_gs)"	#
# 0 "" 2
# /work/main/module/pv/offsets.c:61: 	DEFINE(PAGE_SYS_RIP, PAGE(sys.rip));
# 61 "/work/main/module/pv/offsets.c" 1
	
.ascii "->PAGE_SYS_RIP $32 PAGE(sys.rip)"	#
# 0 "" 2
# /work/main/module/pv/offsets.c:62: 	DEFINE(PAGE_SYS_RFLAGS, PAGE(sys.rflags));
# 62 "/work/main/module/pv/offsets.c" 1
	
.ascii "->PAGE_SYS_RFLAGS $40 PAGE(sys.rflags)"	#
# 0 "" 2
# /work/main/module/pv/offsets.c:63: 	DEFINE(PAGE_SYS_RSP, PAGE(sys.rsp));
# 63 "/work/main/module/pv/offsets.c" 1
	
.ascii "->PAGE_SYS_RSP $48 PAGE(sys.rsp)"	#
# 0 "" 2
# /work/main/module/pv/offsets.c:64: 	DEFINE(PAGE_RCX, PAGE(rcx));
# 64 "/work/main/module/pv/offsets.c" 1
	
.ascii "->PAGE_RCX $56 PAGE(rcx)"	#
# 0 "" 2
# /work/main/module/pv/offsets.c:65: 	DEFINE(PAGE_R11, PAGE(r11));
# 65 "/work/main/module/pv/offsets.c" 1
	
.ascii "->PAGE_R11 $64 PAGE(r11)"	#
# 0 "" 2
# /work/main/module/pv/offsets.c:66: 	DEFINE(PAGE_RET_RIP, PAGE(ret.rip));
# 66 "/work/main/module/pv/offsets.c" 1
	
.ascii "->PAGE_RET_RIP $72 PAGE(ret.rip)"	#
# 0 "" 2
# /work/main/module/pv/offsets.c:67: 	DEFINE(PAGE_RET_CS, PAGE(ret.cs));
# 67 "/work/main/module/pv/offsets.c" 1
	
.ascii "->PAGE_RET_CS $80 PAGE(ret.cs)"	#
# 0 "" 2
# /work/main/module/pv/offsets.c:68: 	DEFINE(PAGE_RET_RFLAGS, PAGE(ret.rflags));
# 68 "/work/main/module/pv/offsets.c" 1
	
.ascii "->PAGE_RET_RFLAGS $88 PAGE(ret.rflags)"	#
# 0 "" 2
# /work/main/module/pv/offsets.c:69: 	DEFINE(PAGE_RET_RSP, PAGE(ret.rsp));
# 69 "/work/main/module/pv/offsets.c" 1
	
.ascii "->PAGE_RET_RSP $96 PAGE(ret.rsp)"	#
# 0 "" 2
# /work/main/module/pv/offsets.c:70: 	DEFINE(PAGE_RET_SS, PAGE(ret.ss));
# 70 "/work/main/module/pv/offsets.c" 1
	
.ascii "->PAGE_RET_SS $104 PAGE(ret.ss)"	#
# 0 "" 2
# /work/main/module/pv/offsets.c:71: 	BLANK();
# 71 "/work/main/module/pv/offsets.c" 1
	
.ascii "->"
# 0 "" 2
# /work/main/module/pv/offsets.c:72: 	DEFINE(HOST_RSP, HOST(rsp));
# 72 "/work/main/module/pv/offsets.c" 1
	
.ascii "->HOST_RSP $0 HOST(rsp)"	#
# 0 "" 2
# /work/main/module/pv/offsets.c:73: 	DEFINE(HOST_GS_BASE, HOST(gs_base));
# 73 "/work/main/module/pv/offsets.c" 1
	
.ascii "->HOST_GS_BASE $8 HOST(gs_base)"	#
# 0 "" 2
# /work/main/module/pv/offsets.c:74: 	DEFINE(HOST_LANDING, HOST(landing));
# 74 "/work/main/module/pv/offsets.c" 1
	
.ascii "->HOST_LANDING $16 HOST(landing)"	#
# 0 "" 2
# /work/main/module/pv/offsets.c:75: 	DEFINE(HOST_FORWARD, HOST(forward));
# 75 "/work/main/module/pv/offsets.c" 1
	
.ascii "->HOST_FORWARD $24 HOST(forward)"	#
# 0 "" 2
# /work/main/module/pv/offsets.c:76: 	DEFINE(HOST_VCPU, HOST(vcpu));
# 76 "/work/main/module/pv/offsets.c" 1
	
.ascii "->HOST_VCPU $32 HOST(vcpu)"	#
# 0 "" 2
# /work/main/module/pv/offsets.c:77: }
#NO_APP
	jmp	__x86_return_thunk
	.size	define_offsets, .-define_offsets
	.ident	"GCC: (Debian 12.2.0-14+deb12u1) 12.2.0"
	.section	.note.GNU-stack,"",@progbits
