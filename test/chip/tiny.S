# The smallest image's program: says on the console in which slot it was started, and sleeps.
	.globl _start
_start:
	mv t2, a0
	lla t0, words
	li t1, 0x10010000
1:	lbu a1, 0(t0)
	beqz a1, 3f
	li a2, '#'
	bne a1, a2, 2f
	addi a1, t2, '0'
2:	lw a2, 0(t1)
	bltz a2, 2b
	sw a1, 0(t1)
	addi t0, t0, 1
	j 1b
3:	wfi
	j 3b
words:
	.string "tiny program in slot #\n"
