package access

import (
	"fmt"
	"net/http"
	"net/netip"
	"strings"
)

// maxHops bounds how many addresses of X-Forwarded-For are looked at.
const maxHops = 32

// Networks is a list of address ranges, of IPv4 and IPv6.
type Networks []netip.Prefix

// ParseNetworks reads CIDR ranges; an address alone is the range of itself.
func ParseNetworks(ranges []string) (Networks, error) {
	networks := make(Networks, 0, len(ranges))
	for _, text := range ranges {
		network, err := parseNetwork(text)
		if err != nil {
			return nil, fmt.Errorf("%q is not a range of addresses such as 192.0.2.0/24 or 2001:db8::/32", text)
		}
		networks = append(networks, network)
	}
	return networks, nil
}

func parseNetwork(text string) (netip.Prefix, error) {
	if !strings.Contains(text, "/") {
		address, err := netip.ParseAddr(text)
		if err != nil {
			return netip.Prefix{}, err
		}
		address = address.WithZone("").Unmap()
		return address.Prefix(address.BitLen())
	}
	network, err := netip.ParsePrefix(text)
	if err != nil {
		return netip.Prefix{}, err
	}
	if network.Addr().Is4In6() { // ::ffff:192.0.2.0/120 is 192.0.2.0/24
		if network.Bits() < 96 {
			return netip.Prefix{}, fmt.Errorf("part of the addresses is IPv4")
		}
		network = netip.PrefixFrom(network.Addr().Unmap(), network.Bits()-96)
	}
	return network.Masked(), nil
}

// Contain reports whether an address is in one of the ranges.
func (n Networks) Contain(address netip.Addr) bool {
	address = address.WithZone("").Unmap()
	for _, network := range n {
		if network.Contains(address) {
			return true
		}
	}
	return false
}

// ClientAddress is where a request came from, when n are the proxies to trust. Where the one who sent it is such a proxy, it
// is who that proxy says, and so on from the right of X-Forwarded-For: what others have written there is not
// looked at. It is the zero Addr, which is in no range, when a trusted proxy wrote what is no address.
func (n Networks) ClientAddress(r *http.Request) netip.Addr {
	address := parseHop(r.RemoteAddr)
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	if len(hops) > maxHops {
		hops = hops[len(hops)-maxHops:]
	}
	for i := len(hops) - 1; i >= 0 && n.Contain(address); i-- {
		hop := strings.TrimSpace(hops[i])
		if hop == "" {
			if len(hops) == 1 {
				return address // no header: the proxy itself asks
			}
			return netip.Addr{}
		}
		address = parseHop(hop)
	}
	return address
}

// parseHop reads an address, with or without a port.
func parseHop(text string) netip.Addr {
	if with, err := netip.ParseAddrPort(text); err == nil {
		return with.Addr().WithZone("").Unmap()
	}
	address, err := netip.ParseAddr(strings.Trim(text, "[]"))
	if err != nil {
		return netip.Addr{}
	}
	return address.WithZone("").Unmap()
}
