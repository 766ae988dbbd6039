/*
 * lwIP 2.1.3 for a device of a few connections: IPv4 and IPv6, DHCP, DNS, TCP, UDP, one thread, raw interface.
 *
 * Memory: all that comes and goes (connections, segments, received frames, timers) is taken from one heap of a fixed size. Pools
 * would have to be as large as each of them can get, and 20 KB of heap hold what 40 KB of pools do. What keeps it from being
 * eaten up by one side: a long frame is only taken while NET_HEAP_RECEIVE is left, data are only sent while NET_HEAP_SEND is,
 * so that acknowledgements, which give memory back, always find some; each of many connections has a share of what one may
 * have alone (netShare); nothing is kept out of order, where it would wait for a frame that finds no room; closed connections
 * that wait for stragglers are few.
 */
#ifndef LWIPOPTS_H
#define LWIPOPTS_H

#define NO_SYS 1
#define SYS_LIGHTWEIGHT_PROT 0
#define LWIP_NETCONN 0
#define LWIP_SOCKET 0
#define LWIP_RAW 0
#define LWIP_ALTCP 0
/* Of its own: net-timers.c, which sleeps when nothing is due. */
#define LWIP_TIMERS 0

#define MEM_ALIGNMENT 4
#define MEM_SIZE 20480
#define MEMP_MEM_MALLOC 1
#define NET_HEAP_RECEIVE 4096
#define NET_HEAP_SEND 1536
#define NET_HEAP_LAST 768
#define NET_TIME_WAIT_MOST 4
#define LWIP_STATS 1
#define LWIP_STATS_DISPLAY 0
#define MEM_STATS 1
#define MEMP_STATS 0
#define LINK_STATS 0
#define ETHARP_STATS 0
#define IP_STATS 0
#define IPFRAG_STATS 0
#define ICMP_STATS 0
#define IGMP_STATS 0
#define UDP_STATS 0
#define TCP_STATS 0
#define SYS_STATS 0
#define IP6_STATS 0
#define ICMP6_STATS 0
#define IP6_FRAG_STATS 0
#define MLD6_STATS 0
#define ND6_STATS 0

/* ESP-IDF's, and the simulator's STREAM_SIZE. */
#define TCP_MSS 1440
#define TCP_WND (4 * TCP_MSS)
#define TCP_SND_BUF (4 * TCP_MSS)
/* Pieces of memory that a connection's unsent and unacknowledged bytes lie in; small writes share pieces. */
#define TCP_SND_QUEUELEN 64
#define TCP_OVERSIZE 128
#define MEMP_NUM_TCP_SEG TCP_SND_QUEUELEN
#define TCP_QUEUE_OOSEQ 0
#define TCP_LISTEN_BACKLOG 1
/* For the word before a connection is answered: its window (acceptor.c). */
#define LWIP_TCP_PCB_NUM_EXT_ARGS 1
#define SO_REUSE 1
#define SO_REUSE_RXTOALL 1
#define LWIP_HOOK_TCP_ISN(localAddress, localPort, remoteAddress, remotePort) netRandom()
#define LWIP_HOOK_FILENAME "arch/cc.h"

#define IP_REASSEMBLY 0
#define IP_FRAG 0
#define ARP_TABLE_SIZE 6
#define ETHARP_SUPPORT_STATIC_ENTRIES 0
#define LWIP_IGMP 1

/* A server that offers an address has asked for it itself; asking again costs a second at each start. */
#define LWIP_DHCP 1
#define DHCP_DOES_ARP_CHECK 0
#define LWIP_DNS 1
#define DNS_TABLE_SIZE 4
#define DNS_MAX_SERVERS 2

#define LWIP_IPV6 1
#define LWIP_IPV6_REASS 0
#define LWIP_IPV6_FRAG 0
#define LWIP_IPV6_DHCP6 0
#define LWIP_ND6_QUEUEING 0
#define LWIP_ND6_NUM_NEIGHBORS 6
#define LWIP_ND6_NUM_DESTINATIONS 6
#define LWIP_ND6_NUM_PREFIXES 2
#define LWIP_ND6_NUM_ROUTERS 2
#define LWIP_ND6_RDNSS_MAX_DNS_SERVERS 1

#define LWIP_NETIF_HOSTNAME 1
#define LWIP_NETIF_EXT_STATUS_CALLBACK 1
#define LWIP_NETIF_LOOPBACK 1
#define LWIP_HAVE_LOOPIF 1
#define LWIP_LOOPBACK_MAX_PBUFS 12
#define LWIP_MULTICAST_TX_OPTIONS 1
#define LWIP_CHECKSUM_ON_COPY 1

#endif
