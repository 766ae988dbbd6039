# The first instruction of an image, and where traps go. The loader has left the stack to us.
	.section .start, "ax"
	.globl _start
_start:
	csrr t0, mhartid
	bnez t0, park
	.option push
	.option norelax
	la gp, __global_pointer$
	.option pop
	la sp, _stack_top
	la t0, trap
	csrw mtvec, t0
	# Loads and stores as machine mode until boardProtect: a reset need not undo it.
	li t0, 0x20000
	csrc mstatus, t0
	la a0, _data_start
	la a1, _data_load
	la a2, _data_end
1:	bgeu a0, a2, 2f
	lw t0, 0(a1)
	sw t0, 0(a0)
	addi a0, a0, 4
	addi a1, a1, 4
	j 1b
2:	la a0, _bss_start
	li a1, 0
	la a2, _bss_end
	sub a2, a2, a0
	call memset
	la tp, _tls_base
	call main
	call boardReset
park:
	csrw mie, zero
5:	wfi
	j 5b

# The timer's interrupt goes on where it was; anything else ends the run, so it takes the whole stack again: what
# JavaScript was doing is in XS's own stack.
	.text
	.align 4
	.globl trap
trap:
	csrw mscratch, t0
	csrr t0, mcause
	bltz t0, interrupt
	la sp, _stack_top
	mv a0, t0
	csrr a1, mtval
	csrr a2, mepc
	j exception
interrupt:
	csrr t0, mscratch
	addi sp, sp, -64
	sw ra, 0(sp)
	sw t0, 4(sp)
	sw t1, 8(sp)
	sw t2, 12(sp)
	sw t3, 16(sp)
	sw t4, 20(sp)
	sw t5, 24(sp)
	sw t6, 28(sp)
	sw a0, 32(sp)
	sw a1, 36(sp)
	sw a2, 40(sp)
	sw a3, 44(sp)
	sw a4, 48(sp)
	sw a5, 52(sp)
	sw a6, 56(sp)
	sw a7, 60(sp)
	call timerInterrupt
	bnez a0, expired
	lw ra, 0(sp)
	lw t0, 4(sp)
	lw t1, 8(sp)
	lw t2, 12(sp)
	lw t3, 16(sp)
	lw t4, 20(sp)
	lw t5, 24(sp)
	lw t6, 28(sp)
	lw a0, 32(sp)
	lw a1, 36(sp)
	lw a2, 40(sp)
	lw a3, 44(sp)
	lw a4, 48(sp)
	lw a5, 52(sp)
	lw a6, 56(sp)
	lw a7, 60(sp)
	addi sp, sp, 64
	mret
	# As an exception: it may have come where the stack was nearly used up.
expired:
	la sp, _stack_top
	j watchdogExpired

# The emulator knows a call by these three, uncompressed, in one page.
	.globl semihosting
	.align 4
semihosting:
	.option push
	.option norvc
	slli zero, zero, 0x1f
	ebreak
	srai zero, zero, 7
	.option pop
	ret
