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
# /work/main/module/svm/offsets.c:12: 	REG(RCX, rcx);
#APP
# 12 "/work/main/module/svm/offsets.c" 1
	
.ascii "->REGS_RCX $88 offsetof(struct guest_regs, rcx)"	#
# 0 "" 2
# /work/main/module/svm/offsets.c:13: 	REG(RDX, rdx);
# 13 "/work/main/module/svm/offsets.c" 1
	
.ascii "->REGS_RDX $96 offsetof(struct guest_regs, rdx)"	#
# 0 "" 2
# /work/main/module/svm/offsets.c:14: 	REG(RBX, rbx);
# 14 "/work/main/module/svm/offsets.c" 1
	
.ascii "->REGS_RBX $40 offsetof(struct guest_regs, rbx)"	#
# 0 "" 2
# /work/main/module/svm/offsets.c:15: 	REG(RBP, rbp);
# 15 "/work/main/module/svm/offsets.c" 1
	
.ascii "->REGS_RBP $32 offsetof(struct guest_regs, rbp)"	#
# 0 "" 2
# /work/main/module/svm/offsets.c:16: 	REG(RSI, rsi);
# 16 "/work/main/module/svm/offsets.c" 1
	
.ascii "->REGS_RSI $104 offsetof(struct guest_regs, rsi)"	#
# 0 "" 2
# /work/main/module/svm/offsets.c:17: 	REG(RDI, rdi);
# 17 "/work/main/module/svm/offsets.c" 1
	
.ascii "->REGS_RDI $112 offsetof(struct guest_regs, rdi)"	#
# 0 "" 2
# /work/main/module/svm/offsets.c:18: 	REG(R8, r8);
# 18 "/work/main/module/svm/offsets.c" 1
	
.ascii "->REGS_R8 $72 offsetof(struct guest_regs, r8)"	#
# 0 "" 2
# /work/main/module/svm/offsets.c:19: 	REG(R9, r9);
# 19 "/work/main/module/svm/offsets.c" 1
	
.ascii "->REGS_R9 $64 offsetof(struct guest_regs, r9)"	#
# 0 "" 2
# /work/main/module/svm/offsets.c:20: 	REG(R10, r10);
# 20 "/work/main/module/svm/offsets.c" 1
	
.ascii "->REGS_R10 $56 offsetof(struct guest_regs, r10)"	#
# 0 "" 2
# /work/main/module/svm/offsets.c:21: 	REG(R11, r11);
# 21 "/work/main/module/svm/offsets.c" 1
	
.ascii "->REGS_R11 $48 offsetof(struct guest_regs, r11)"	#
# 0 "" 2
# /work/main/module/svm/offsets.c:22: 	REG(R12, r12);
# 22 "/work/main/module/svm/offsets.c" 1
	
.ascii "->REGS_R12 $24 offsetof(struct guest_regs, r12)"	#
# 0 "" 2
# /work/main/module/svm/offsets.c:23: 	REG(R13, r13);
# 23 "/work/main/module/svm/offsets.c" 1
	
.ascii "->REGS_R13 $16 offsetof(struct guest_regs, r13)"	#
# 0 "" 2
# /work/main/module/svm/offsets.c:24: 	REG(R14, r14);
# 24 "/work/main/module/svm/offsets.c" 1
	
.ascii "->REGS_R14 $8 offsetof(struct guest_regs, r14)"	#
# 0 "" 2
# /work/main/module/svm/offsets.c:25: 	REG(R15, r15);
# 25 "/work/main/module/svm/offsets.c" 1
	
.ascii "->REGS_R15 $0 offsetof(struct guest_regs, r15)"	#
# 0 "" 2
# /work/main/module/svm/offsets.c:26: }
#NO_APP
	jmp	__x86_return_thunk
	.size	define_offsets, .-define_offsets
	.ident	"GCC: (Debian 12.2.0-14+deb12u1) 12.2.0"
	.section	.note.GNU-stack,"",@progbits
