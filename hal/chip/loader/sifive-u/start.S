# The first instructions after a reset. Interrupts stay off; the second hart sleeps here for ever, under the firmware, too.
	.section .start, "ax"
	.globl _start
_start:
	csrw mie, zero
	csrr t0, mhartid
	bnez t0, park
	.option push
	.option norelax
	la gp, __global_pointer$
	.option pop
	la sp, _stack_top
	la t0, trap
	csrw mtvec, t0
	# A reset need not have undone what the firmware's memory protection set: loads and stores as machine mode.
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
	la a2, _bss_end
3:	bgeu a0, a2, 4f
	sw zero, 0(a0)
	addi a0, a0, 4
	j 3b
4:	la tp, _tls_base
	call main
park:
	wfi
	j park

# A breakpoint is a semihosting call that no emulator answered: it failed. All else is a fault of the loader.
	.text
	.align 4
trap:
	csrw mscratch, t0
	csrr t0, mcause
	addi t0, t0, -3
	bnez t0, 1f
	csrr t0, mepc
	addi t0, t0, 4
	csrw mepc, t0
	csrr t0, mscratch
	li a0, -1
	mret
1:	la sp, _stack_top
	csrr a0, mcause
	csrr a1, mtval
	csrr a2, mepc
	j loaderTrapped

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

# (entry, slot, offset of the slot in the NOR): the last two are what the image finds in a0 and a1.
	.globl jump
jump:
	mv t0, a0
	mv a0, a1
	mv a1, a2
	.option push
	.option arch, +zifencei
	fence.i
	.option pop
	jr t0
