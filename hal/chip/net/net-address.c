/* Addresses between hal/xs/io and lwIP. A zone is the number of an interface. */
#include <string.h>

#include "net-parts.h"

void netToLwip(const Address* address, ip_addr_t* at)
{
	memset(at, 0, sizeof *at);
	if (!address->isV6) {
		memcpy(&ip_2_ip4(at)->addr, address->bytes, 4);
		IP_SET_TYPE(at, IPADDR_TYPE_V4);
		return;
	}
	memcpy(ip_2_ip6(at)->addr, address->bytes, 16);
	IP_SET_TYPE(at, IPADDR_TYPE_V6);
	if (address->zone)
		ip6_addr_set_zone(ip_2_ip6(at), (u8_t)address->zone);
	else if (ip6_addr_lacks_zone(ip_2_ip6(at), IP6_UNKNOWN))
		ip6_addr_assign_zone(ip_2_ip6(at), IP6_UNKNOWN, &netEthernet);
}

void netFromLwip(const ip_addr_t* at, uint16_t port, Address* address)
{
	*address = (Address){.port = port, .isV6 = IP_IS_V6(at)};
	if (!address->isV6) {
		memcpy(address->bytes, &ip_2_ip4(at)->addr, 4);
		return;
	}
	memcpy(address->bytes, ip_2_ip6(at)->addr, 16);
	address->zone = ip6_addr_zone(ip_2_ip6(at));
	addressUndress(address);
}

uint32_t addressZone(const char* name)
{
	return netif_name_to_index(name);
}

int addressZoneName(uint32_t zone, char name[ADDRESS_ZONE])
{
	return netif_index_to_name((u8_t)zone, name) != NULL;
}
