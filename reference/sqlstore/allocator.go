package sqlstore

import (
	"sync"

	"modernc.org/libc"
)

// SQLite takes its memory from an allocator that hands out slots of 2^n bytes from pages of 64 KiB, and gives a page back
// to the system when its last slot is freed. A write that keeps its journal in memory fills and frees a few such pages each time, so
// that mapping, clearing and unmapping them costs more than what the write itself does. One slot that is never freed holds a page for good.
const (
	allocatorPage = 64 << 10
	smallestSlot  = 1 << 9 // SQLite has a pool of its own for most of what is smaller
	largestSlot   = 1 << 14
	keptPages     = 8 // of each size of slot: 3 MiB in all
)

// keepPages makes the allocator keep the pages that it has once had, for as long as the process lives.
var keepPages = sync.OnceFunc(func() {
	tls := libc.NewTLS()
	defer tls.Close()
	for slot := smallestSlot; slot <= largestSlot; slot <<= 1 {
		keepSlots(tls, slot)
	}
})

// keepSlots allocates pages full of slots, and frees all but one slot in each.
func keepSlots(tls *libc.TLS, slot int) {
	each := (allocatorPage - 1) / slot // less a slot for the page's header
	var free []uintptr
	for n := range keptPages * each {
		p := libc.Xmalloc(tls, libc.Tsize_t(slot))
		if p != 0 && n%each != 0 {
			free = append(free, p)
		}
	}
	for _, p := range free {
		libc.Xfree(tls, p)
	}
}
