/* The network's life: interfaces, address, who wants to know, random numbers, heap. See net.h. */
#include <lwip/dhcp.h>
#include <lwip/dns.h>
#include <lwip/etharp.h>
#include <lwip/ethip6.h>
#include <lwip/init.h>
#include <lwip/priv/tcp_priv.h>
#include <lwip/stats.h>
#include <lwip/sys.h>
#include <netif/ethernet.h>
#include <stdio.h>
#include <string.h>

#include "../../xs/machine.h"
#include "../../xs/port.h"
#include "../board.h"
#include "frame.h"
#include "net.h"
#include "net-parts.h"
#include "stream-parts.h"

/* So long after a start an address may be on its way, µs. */
#define COMING 10000000
/* How often the cable is looked at, ms. */
#define LINK_INTERVAL 500

struct netif netEthernet;

static NetWatch* watches;
static uint64_t comingUntil;
static uint32_t linkSeen; /* sys_now() */

/* ---- Connection ---- */

static int hasV6(int* index)
{
	for (int i = 1; i < LWIP_IPV6_NUM_ADDRESSES; i++)
		if (ip6_addr_ispreferred(netif_ip6_addr_state(&netEthernet, i))) {
			*index = i;
			return 1;
		}
	return 0;
}

int netConnection(void)
{
	int index;
	if (!netif_is_up(&netEthernet) || !netif_is_link_up(&netEthernet))
		return netIdle;
	return ip4_addr_isany_val(*netif_ip4_addr(&netEthernet)) && !hasV6(&index) ? netJoined : netOnline;
}

int netUp(void)
{
	return netOnline == netConnection();
}

int netAddress(Address* address)
{
	int index;
	if (!netUp())
		return 0;
	if (!ip4_addr_isany_val(*netif_ip4_addr(&netEthernet)))
		netFromLwip(netif_ip_addr4(&netEthernet), 0, address);
	else if (hasV6(&index))
		netFromLwip(netif_ip_addr6(&netEthernet, index), 0, address);
	return 1;
}

const uint8_t* netMac(void)
{
	return netEthernet.hwaddr;
}

int netIsComing(void)
{
	return comingUntil && netJoined == netConnection();
}

static void tell(void)
{
	for (NetWatch* watch = watches; watch; watch = watch->next)
		taskPost(&watch->task);
}

static void changed(struct netif* netif, netif_nsc_reason_t reason, const netif_ext_callback_args_t* args)
{
	if (netif != &netEthernet)
		return;
	if (netUp())
		comingUntil = 0;
	tell();
}

void netWatch(NetWatch* watch)
{
	watch->next = watches;
	watches = watch;
}

void netUnwatch(NetWatch* watch)
{
	for (NetWatch** at = &watches; *at; at = &(*at)->next)
		if (*at == watch) {
			*at = watch->next;
			break;
		}
	taskCancel(&watch->task);
}

void netConnect(void)
{
	if (netif_is_up(&netEthernet))
		return;
	comingUntil = portMicroseconds() + COMING;
	netif_set_up(&netEthernet);
	/* Without memory its timer asks again. */
	dhcp_start(&netEthernet);
}

void netDisconnect(void)
{
	if (!netif_is_up(&netEthernet))
		return;
	comingUntil = 0;
	dhcp_release_and_stop(&netEthernet);
	netif_set_down(&netEthernet);
}

static void lookAtLink(void)
{
	if (sys_now() - linkSeen < LINK_INTERVAL)
		return;
	linkSeen = sys_now();
	if (ethernetLink() == !!netif_is_link_up(&netEthernet))
		return;
	if (netif_is_link_up(&netEthernet))
		netif_set_link_down(&netEthernet);
	else
		netif_set_link_up(&netEthernet);
}

/* ---- Start ---- */

static err_t begin(struct netif* netif)
{
	netif->name[0] = 'e';
	netif->name[1] = 't';
	netif->hostname = "linkxs";
	netif->mtu = 1500;
	netif->output = etharp_output;
	netif->output_ip6 = ethip6_output;
	netif->linkoutput = frameOutput;
	netif->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET | NETIF_FLAG_IGMP | NETIF_FLAG_MLD6;
	netif->hwaddr_len = ETH_HWADDR_LEN;
	return ERR_OK;
}

void netStart(void)
{
	static netif_ext_callback_t callback;
	uint8_t id[16];
	if (portUniqueId(id) < ETH_HWADDR_LEN)
		netBroken("no MAC address");
	lwip_init();
	memcpy(netEthernet.hwaddr, id, ETH_HWADDR_LEN);
	if (!netif_add_noaddr(&netEthernet, NULL, begin, ethernet_input))
		netBroken("no memory for an interface");
	netif_set_default(&netEthernet);
	netif_create_ip6_linklocal_address(&netEthernet, 1);
	netEthernet.ip6_autoconfig_enabled = 1;
	netif_add_ext_callback(&callback, changed);
	if (ethernetStart(id))
		return;
	linkSeen = sys_now();
	if (ethernetLink())
		netif_set_link_up(&netEthernet);
	netConnect();
}

/* Let go of the oldest closed connections that wait for stragglers, so that few are left. */
static void trim(void)
{
	int count = 0;
	/* The newest come first. */
	for (struct tcp_pcb *pcb = tcp_tw_pcbs, *next; pcb; pcb = next) {
		next = pcb->next;
		if (++count > NET_TIME_WAIT_MOST)
			tcp_abort(pcb);
	}
}

/* Memory may have become free; lwIP itself would try again late what found none. */
static void streamsGoOn(void)
{
	for (struct tcp_pcb *pcb = tcp_active_pcbs, *next; pcb; pcb = next) {
		next = pcb->next;
		streamGoOn(pcb);
		if (pcb->unsent && pcb->flags & TF_NAGLEMEMERR)
			tcp_output(pcb);
	}
}

uint32_t netPoll(void)
{
	uint32_t next = netTimers();
	lookAtLink();
	frameInput();
	netif_poll_all();
	streamsGoOn();
	trim();
	if (comingUntil && portMicroseconds() >= comingUntil) {
		comingUntil = 0;
		tell();
	}
	return next < LINK_INTERVAL ? next : LINK_INTERVAL;
}

/* ---- What lwIP needs of the device ---- */

uint32_t netHeapFree(void)
{
	return lwip_stats.mem.avail - lwip_stats.mem.used;
}

size_t netShare(void)
{
	/* What the heap has for that; with one segment it goes on. */
	enum { all = 8 * TCP_MSS };
	size_t count = 0;
	for (const struct tcp_pcb* pcb = tcp_active_pcbs; pcb; pcb = pcb->next)
		count++;
	if (count <= all / TCP_WND)
		return TCP_WND;
	return count < all / TCP_MSS ? all / count / TCP_MSS * TCP_MSS : TCP_MSS;
}

uint32_t netRandom(void)
{
	static uint32_t numbers[8];
	static unsigned left;
	if (!left) {
		if (!portRandom(numbers, sizeof numbers))
			netBroken("no random numbers");
		left = sizeof numbers / sizeof numbers[0];
	}
	return numbers[--left];
}

void netBroken(const char* rule)
{
	char message[96];
	snprintf(message, sizeof message, "network: %s", rule);
	machineEnd(resetException, message, "");
}

const char* netWord(int8_t error)
{
	switch (error) {
	case ERR_MEM:
	case ERR_BUF:
		return "no memory";
	case ERR_TIMEOUT:
		return "timeout";
	case ERR_RTE:
		return "no route";
	case ERR_USE:
		return "the port is taken";
	case ERR_ABRT:
		return "given up";
	case ERR_RST:
		return "reset by the peer";
	case ERR_VAL:
	case ERR_ARG:
		return "not possible";
	default:
		return "failed";
	}
}
