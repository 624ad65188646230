package journal

import (
	"encoding/binary"
	"errors"
	"hash/maphash"
	"io"
	"os"
)

// index is a hash table in a file without a name: slots of a hash and the place of a record. It is made anew when a
// journal is opened, so nothing in it has to outlive the process.
type index struct {
	file  *os.File
	seed  maphash.Seed
	slots int64 // a power of two
	used  int64 // slots that are not empty
	live  int64 // of them, those that were not left
}

const (
	slotBytes  = 16
	firstSlots = 1 << 12
	blockSlots = 16 // looked at with one read
	left       = 1  // the place in a slot whose record was deleted: no record is there
)

type slot struct{ hash, at int64 }

func newIndex() (*index, error) { return sizedIndex(firstSlots, maphash.MakeSeed()) }

func sizedIndex(slots int64, seed maphash.Seed) (*index, error) {
	file, err := nameless()
	if err != nil {
		return nil, err
	}
	if err := file.Truncate(slots * slotBytes); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return &index{file: file, seed: seed, slots: slots}, nil
}

func (x *index) close() error { return x.file.Close() }

func (x *index) hash(key string) int64 { return int64(maphash.String(x.seed, key)) }

// walk visits the slots where a hash may be, up to the first empty one, until visit is done.
func (x *index) walk(hash int64, visit func(number int64, s slot) (done bool, err error)) error {
	var block [blockSlots * slotBytes]byte
	number := hash & (x.slots - 1)
	for range x.slots {
		n, err := x.file.ReadAt(block[:], number*slotBytes)
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		for at := 0; at+slotBytes <= n; at += slotBytes {
			s := slot{int64(binary.LittleEndian.Uint64(block[at:])), int64(binary.LittleEndian.Uint64(block[at+8:]))}
			if done, err := visit(number, s); done || err != nil || s.at == 0 {
				return err
			}
			number++
		}
		number &= x.slots - 1
	}
	return nil
}

// each calls fn with the places of records whose key may be key, until it is done.
func (x *index) each(key string, fn func(at int64) (done bool, err error)) error {
	hash := x.hash(key)
	return x.walk(hash, func(_ int64, s slot) (bool, error) {
		if s.hash != hash || s.at <= left {
			return false, nil
		}
		return fn(s.at)
	})
}

// set notes where the record of a key is. old is where the one before it is, 0 when there is none.
func (x *index) set(key string, old, at int64) error {
	if old == 0 && 2*(x.used+1) > x.slots {
		if err := x.grow(); err != nil {
			return err
		}
	}
	return x.put(x.hash(key), old, at)
}

func (x *index) put(hash, old, at int64) error {
	return x.walk(hash, func(number int64, s slot) (bool, error) {
		if s.at != old || (old != 0 && s.hash != hash) {
			return false, nil
		}
		if old == 0 {
			x.used++
			x.live++
		}
		return true, x.write(number, slot{hash, at})
	})
}

// remove frees the slot of a record; old is 0 when there is none.
func (x *index) remove(key string, old int64) error {
	if old == 0 {
		return nil
	}
	x.live--
	return x.put(x.hash(key), old, left)
}

func (x *index) write(number int64, s slot) error {
	var text [slotBytes]byte
	binary.LittleEndian.PutUint64(text[:], uint64(s.hash))
	binary.LittleEndian.PutUint64(text[8:], uint64(s.at))
	_, err := x.file.WriteAt(text[:], number*slotBytes)
	return err
}

// grow moves to a table without the slots that were left, of twice the size unless they were most.
func (x *index) grow() error {
	slots := x.slots
	if 4*x.live > slots {
		slots *= 2
	}
	next, err := sizedIndex(slots, x.seed)
	if err != nil {
		return err
	}
	block := make([]byte, 64<<10)
	for at := int64(0); at < x.slots*slotBytes; at += int64(len(block)) {
		n, err := x.file.ReadAt(block, at)
		if err != nil && !errors.Is(err, io.EOF) {
			return errors.Join(err, next.close())
		}
		if err := next.fill(block[:n]); err != nil {
			return errors.Join(err, next.close())
		}
	}
	old := x.file
	*x = *next
	return old.Close()
}

func (x *index) fill(block []byte) error {
	for ; len(block) >= slotBytes; block = block[slotBytes:] {
		s := slot{int64(binary.LittleEndian.Uint64(block)), int64(binary.LittleEndian.Uint64(block[8:]))}
		if s.at > left {
			if err := x.put(s.hash, 0, s.at); err != nil {
				return err
			}
		}
	}
	return nil
}
