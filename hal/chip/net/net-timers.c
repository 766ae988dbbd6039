/*
 * lwIP's timers in its own intervals. A device that sleeps is only woken by those that have something to do; what merely ages
 * (tables, an idle connection's clock) is made up for when it is awake.
 */
#include <lwip/dhcp.h>
#include <lwip/dns.h>
#include <lwip/etharp.h>
#include <lwip/igmp.h>
#include <lwip/mld6.h>
#include <lwip/nd6.h>
#include <lwip/priv/nd6_priv.h>
#include <lwip/priv/tcp_priv.h>
#include <lwip/sys.h>

#include "../../xs/port.h"
#include "net-parts.h"

/* Ticks that are made up for at once; a table is empty after as many. */
#define TICKS_MOST 300
/*
 * How long an acknowledgement may wait for an answer to travel with, ms. lwIP's 250 stand in the way of a peer that sends two
 * small packets and, as Nagle's algorithm has it, waits for the first one's acknowledgement; Linux takes 40.
 */
#define ANSWER_INTERVAL 20

u32_t sys_now(void)
{
	return (u32_t)(portMicroseconds() / 1000);
}

static int isQuiet(const struct tcp_pcb* pcb)
{
	return ESTABLISHED == pcb->state && !pcb->unacked && !pcb->unsent && !pcb->persist_backoff;
}

static int tcpWants(void)
{
	for (const struct tcp_pcb* pcb = tcp_active_pcbs; pcb; pcb = pcb->next)
		if (!isQuiet(pcb))
			return 1;
	return tcp_tw_pcbs != NULL;
}

/* An acknowledgement is late, or a FIN found no memory. */
static int answersWant(void)
{
	for (const struct tcp_pcb* pcb = tcp_active_pcbs; pcb; pcb = pcb->next)
		if (pcb->refused_data || pcb->flags & (TF_ACK_DELAY | TF_CLOSEPEND))
			return 1;
	return 0;
}

static int dhcpWants(void)
{
	const struct dhcp* dhcp = netif_dhcp_data(&netEthernet);
	return dhcp && dhcp->request_timeout;
}

static int leaseWants(void)
{
	return netif_dhcp_data(&netEthernet) != NULL;
}

static int isPending(int state)
{
	return ND6_INCOMPLETE == state || ND6_DELAY == state || ND6_PROBE == state;
}

static int neighborsWant(void)
{
	if (netEthernet.rs_count)
		return 1;
	for (int i = 0; i < LWIP_IPV6_NUM_ADDRESSES; i++)
		if (ip6_addr_istentative(netif_ip6_addr_state(&netEthernet, i)))
			return 1;
	for (int i = 0; i < LWIP_ND6_NUM_NEIGHBORS; i++)
		if (isPending(neighbor_cache[i].state))
			return 1;
	return 0;
}

static int groupsWant(void)
{
	for (const struct igmp_group* group = netif_igmp_data(&netEthernet); group; group = group->next)
		if (group->timer)
			return 1;
	for (const struct mld_group* group = netif_mld6_data(&netEthernet); group; group = group->next)
		if (group->timer)
			return 1;
	return 0;
}

static int always(void)
{
	return 1;
}

static int isTicking;

static void connectionsTick(void)
{
	isTicking = 1;
	tcp_slowtmr();
	isTicking = 0;
}

int netGaveUp(void)
{
	return isTicking;
}

static void groupsTick(void)
{
	igmp_tmr();
	mld6_tmr();
}

typedef struct {
	uint32_t interval;
	void (*tick)(void);
	int (*wants)(void);
	uint32_t last;
} NetTimer;

static NetTimer timers[] = {
	{TCP_SLOW_INTERVAL, connectionsTick, tcpWants, 0},
	{ANSWER_INTERVAL, tcp_fasttmr, answersWant, 0},
	{ARP_TMR_INTERVAL, etharp_tmr, always, 0},
	{DHCP_FINE_TIMER_MSECS, dhcp_fine_tmr, dhcpWants, 0},
	{DHCP_COARSE_TIMER_MSECS, dhcp_coarse_tmr, leaseWants, 0},
	{DNS_TMR_INTERVAL, dns_tmr, always, 0},
	{ND6_TMR_INTERVAL, nd6_tmr, neighborsWant, 0},
	{IGMP_TMR_INTERVAL, groupsTick, groupsWant, 0},
};

uint32_t netTimers(void)
{
	uint32_t next = UINT32_MAX;
	for (size_t i = 0; i < sizeof timers / sizeof timers[0]; i++) {
		NetTimer* timer = &timers[i];
		uint32_t passed = sys_now() - timer->last, ticks = passed / timer->interval;
		timer->last += ticks * timer->interval;
		if (ticks > TICKS_MOST) {
			if (connectionsTick == timer->tick)
				tcp_ticks += ticks - TICKS_MOST;
			ticks = TICKS_MOST;
		}
		if (ticks && tcp_fasttmr == timer->tick)
			ticks = 1;
		while (ticks--)
			timer->tick();
		if (!timer->wants())
			continue;
		uint32_t left = timer->interval - (sys_now() - timer->last);
		next = left > timer->interval ? 0 : left < next ? left : next;
	}
	return next;
}
