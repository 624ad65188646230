package access

import (
	"net/http/httptest"
	"net/netip"
	"testing"
)

func networks(t testing.TB, ranges ...string) Networks {
	t.Helper()
	n, err := ParseNetworks(ranges)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestClientAddress(t *testing.T) {
	trusted := networks(t, "10.0.0.0/8", "fd00::/8", "192.0.2.7")
	for name, test := range map[string]struct {
		peer      string
		forwarded []string
		want      string
	}{
		"direct":                         {"203.0.113.9:4711", nil, "203.0.113.9"},
		"direct and lying":               {"203.0.113.9:4711", []string{"10.1.1.1"}, "203.0.113.9"},
		"one proxy":                      {"10.0.0.1:80", []string{"203.0.113.9"}, "203.0.113.9"},
		"one proxy and a lie before":     {"10.0.0.1:80", []string{"10.9.9.9, 198.51.100.1, 203.0.113.9"}, "203.0.113.9"},
		"two proxies":                    {"10.0.0.1:80", []string{"203.0.113.9, 192.0.2.7"}, "203.0.113.9"},
		"two headers":                    {"10.0.0.1:80", []string{"198.51.100.1", "203.0.113.9"}, "203.0.113.9"},
		"IPv6":                           {"[fd00::1]:80", []string{"2001:db8::9"}, "2001:db8::9"},
		"IPv6 with a port":               {"[fd00::1]:80", []string{"[2001:db8::9]:4711"}, "2001:db8::9"},
		"IPv4 with a port":               {"10.0.0.1:80", []string{"203.0.113.9:4711"}, "203.0.113.9"},
		"IPv4 in IPv6":                   {"[::ffff:10.0.0.1]:80", []string{"::ffff:203.0.113.9"}, "203.0.113.9"},
		"the proxy itself":               {"10.0.0.1:80", nil, "10.0.0.1"},
		"nothing but proxies":            {"10.0.0.1:80", []string{"10.0.0.2"}, "10.0.0.2"},
		"a proxy that names nobody":      {"10.0.0.1:80", []string{"203.0.113.9, unknown"}, "invalid IP"},
		"an empty place":                 {"10.0.0.1:80", []string{"203.0.113.9,"}, "invalid IP"},
		"a peer that is no address":      {"@", []string{"203.0.113.9"}, "invalid IP"},
		"nonsense left of the client":    {"10.0.0.1:80", []string{"nonsense, 203.0.113.9"}, "203.0.113.9"},
		"one trusted address, no prefix": {"192.0.2.8:80", []string{"203.0.113.9"}, "192.0.2.8"},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = test.peer
		r.Header["X-Forwarded-For"] = test.forwarded
		if got := trusted.ClientAddress(r).String(); got != test.want {
			t.Errorf("%s: %s, want %s", name, got, test.want)
		}
	}
}

func TestNetworks(t *testing.T) {
	n := networks(t, "192.0.2.0/24", "2001:db8::/32", "::ffff:198.51.100.0/120", "203.0.113.7")
	for address, want := range map[string]bool{
		"192.0.2.255": true, "192.0.3.0": false, "::ffff:192.0.2.1": true, "2001:db8:ffff::1": true, "2001:db9::1": false,
		"198.51.100.9": true, "203.0.113.7": true, "203.0.113.8": false, "fe80::1%eth0": false,
	} {
		if got := n.Contain(netip.MustParseAddr(address)); got != want {
			t.Errorf("%s: %t", address, got)
		}
	}
	if n.Contain(netip.Addr{}) || networks(t, "0.0.0.0/0", "::/0").Contain(netip.Addr{}) {
		t.Error("an unknown address is in a range")
	}
	for _, bad := range []string{"", "192.0.2.0/33", "office", "192.0.2.0-192.0.2.9", "::ffff:0:0/90"} {
		if _, err := ParseNetworks([]string{bad}); err == nil {
			t.Errorf("%q is a range", bad)
		}
	}
}

func FuzzClientAddress(f *testing.F) {
	f.Add("10.0.0.1:80", "203.0.113.9, 10.0.0.2")
	f.Add("203.0.113.9:1", "10.0.0.1")
	f.Fuzz(func(t *testing.T, peer, forwarded string) {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = peer
		r.Header["X-Forwarded-For"] = []string{forwarded}
		direct := Networks(nil).ClientAddress(r)
		if direct != parseHop(peer) {
			t.Fatalf("without trusted proxies it is %v, not the peer %q", direct, peer)
		}
		if got := networks(t, "10.0.0.0/8").ClientAddress(r); !networks(t, "10.0.0.0/8").Contain(direct) && got != direct {
			t.Fatalf("a stranger %v was believed to be %v", direct, got)
		}
	})
}
