# The first instructions after a reset. The second hart is the loader, and sleeps for ever afterwards: the first one's memory
# protection outlives a reset, and lets nobody write where the image lies. That one sleeps until it's told what to start.
	.section .start, "ax"
	.globl _start
_start:
	csrw mie, zero
	csrr t0, mhartid
	.option push
	.option norelax
	beqz t0, wait
	la gp, __global_pointer$
	.option pop
	la sp, _stack_top
	la t0, trap
	csrw mtvec, t0
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
	csrw mie, zero
5:	wfi
	j 5b

	.option push
	.option norelax
	.option arch, +zifencei
wait:
	li t0, 0x20000 # loads and stores as machine mode, should a reset not have undone that
	csrc mstatus, t0
	li t1, 0x02000000
	li t0, 8
	csrw mie, t0
6:	wfi
	lw t0, 0(t1)
	beqz t0, 6b
	sw zero, 0(t1)
	csrw mie, zero
	fence
	fence.i
	la t1, handover
	lw t0, 0(t1)
	lw a0, 4(t1)
	lw a1, 8(t1)
	jr t0
	.option pop

	.bss
	.align 4
handover:
	.zero 12

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
	la t1, handover
	sw a0, 0(t1)
	sw a1, 4(t1)
	sw a2, 8(t1)
	fence
	li t1, 0x02000000 # the first hart's software interrupt
	li t0, 1
	sw t0, 0(t1)
	j park
