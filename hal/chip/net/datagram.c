/* hal/xs/io/datagram.h over lwIP: packets wait as they came, a few. */
#include "../../xs/io/datagram.h"

#include <lwip/igmp.h>
#include <lwip/mld6.h>
#include <lwip/udp.h>
#include <string.h>

#include "../../xs/memory.h"
#include "net-parts.h"
#include "net.h"

/* Bytes of those that wait (the first may be longer). */
#define WAITING_BYTES 4096
/* What fits into one frame. */
#define LONGEST (1500 - IP_HLEN - UDP_HLEN)
#define LONGEST_V6 (1500 - IP6_HLEN - UDP_HLEN)

typedef struct {
	struct pbuf* bytes;
	Address sender;
} Packet;

struct Datagrams {
	Task task;
	const DatagramEvents* events;
	void* owner;
	struct udp_pcb* pcb;
	uint8_t isV6; /* or both */
	uint8_t count, untold;
	uint16_t bytes;
	uint8_t hasGroup;
	ip_addr_t group;
	Packet waiting[DATAGRAMS_MOST];
};

static void onReceived(void* data, struct udp_pcb* pcb, struct pbuf* bytes, const ip_addr_t* from, u16_t port)
{
	Datagrams* socket = data;
	if (DATAGRAMS_MOST == socket->count || (socket->count && socket->bytes + bytes->tot_len > WAITING_BYTES)) {
		pbuf_free(bytes);
		return;
	}
	Packet* packet = &socket->waiting[socket->count++];
	packet->bytes = bytes;
	netFromLwip(from, port, &packet->sender);
	socket->bytes += bytes->tot_len;
	socket->untold++;
	taskPost(&socket->task);
}

/* One that has come and was read before it was told of is told of no more. */
static void datagramsTask(Task* task)
{
	Datagrams* socket = (Datagrams*)task;
	if (socket->untold > socket->count)
		socket->untold = socket->count;
	if (!socket->untold)
		return;
	socket->untold--;
	if (socket->untold)
		taskPost(&socket->task);
	socket->events->came(socket->owner);
}

static err_t join(Datagrams* socket, uint8_t hops)
{
	struct udp_pcb* pcb = socket->pcb;
	const ip_addr_t* group = &socket->group;
	udp_set_multicast_ttl(pcb, hops);
	udp_set_flags(pcb, UDP_FLAGS_MULTICAST_LOOP);
	if (IP_IS_V6(group))
		return mld6_joingroup_netif(&netEthernet, ip_2_ip6(group));
	udp_set_multicast_netif_addr(pcb, netif_ip4_addr(&netEthernet));
	return igmp_joingroup_netif(&netEthernet, ip_2_ip4(group));
}

static err_t opened(Datagrams* socket, const DatagramOptions* options)
{
	ip_addr_t at = *IP_ANY_TYPE;
	if (options->group) {
		netToLwip(options->group, &socket->group);
		at = IP_IS_V6(&socket->group) ? *IP6_ADDR_ANY : *IP4_ADDR_ANY;
	} else if (options->address)
		netToLwip(options->address, &at);
	socket->isV6 = !IP_IS_V4(&at);
	socket->pcb = udp_new_ip_type(IP_GET_TYPE(&at));
	if (!socket->pcb)
		return ERR_MEM;
	/* Several may listen to one group. */
	if (options->group)
		ip_set_option(socket->pcb, SOF_REUSEADDR);
	udp_recv(socket->pcb, onReceived, socket);
	err_t error = udp_bind(socket->pcb, &at, options->port);
	if (!error && options->group)
		error = join(socket, options->hops);
	socket->hasGroup = !error && options->group;
	return error;
}

Datagrams* datagramsOpen(
	const DatagramOptions* options, const DatagramEvents* events, void* owner, const char** wrong)
{
	Datagrams* socket = hostAllocate(sizeof *socket);
	*wrong = "no memory";
	if (!socket)
		return NULL;
	socket->task.run = datagramsTask;
	socket->events = events;
	socket->owner = owner;
	err_t error = opened(socket, options);
	if (!error)
		return socket;
	*wrong = netWord(error);
	if (socket->pcb)
		udp_remove(socket->pcb);
	hostFree(socket);
	return NULL;
}

int datagramsOnlyV4(const Datagrams* socket)
{
	return !socket->isV6;
}

/* Those that are told of. */
int datagramsWaiting(const Datagrams* socket)
{
	return socket->count - socket->untold;
}

const Address* datagramFirst(const Datagrams* socket, size_t* size)
{
	if (!socket->count)
		return NULL;
	*size = socket->waiting[0].bytes->tot_len;
	return &socket->waiting[0].sender;
}

void datagramTake(Datagrams* socket, void* into)
{
	struct pbuf* bytes = socket->waiting[0].bytes;
	pbuf_copy_partial(bytes, into, bytes->tot_len, 0);
	socket->bytes -= bytes->tot_len;
	pbuf_free(bytes);
	socket->count--;
	memmove(socket->waiting, socket->waiting + 1, socket->count * sizeof(Packet));
}

DatagramResult datagramSend(Datagrams* socket, const Address* to, const void* bytes, size_t size)
{
	ip_addr_t at;
	if (size > (to->isV6 ? LONGEST_V6 : LONGEST))
		return datagramTooLong;
	if (to->isV6 && !socket->isV6)
		return datagramNoRoad;
	struct pbuf* packet = pbuf_alloc(PBUF_TRANSPORT, (u16_t)size, PBUF_RAM);
	if (!packet)
		return datagramSent; /* lost */
	if (size)
		pbuf_take(packet, bytes, (u16_t)size);
	netToLwip(to, &at);
	err_t error = udp_sendto(socket->pcb, packet, &at, to->port);
	pbuf_free(packet);
	return ERR_RTE == error && netUp() ? datagramNoRoad : datagramSent;
}

void datagramsClose(Datagrams* socket)
{
	if (socket->hasGroup && IP_IS_V6(&socket->group))
		mld6_leavegroup_netif(&netEthernet, ip_2_ip6(&socket->group));
	else if (socket->hasGroup)
		igmp_leavegroup_netif(&netEthernet, ip_2_ip4(&socket->group));
	udp_remove(socket->pcb);
	taskCancel(&socket->task);
	while (socket->count)
		pbuf_free(socket->waiting[--socket->count].bytes);
	taskDefer(hostFree, socket);
}
