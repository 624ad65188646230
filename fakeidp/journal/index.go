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

// place is the slot of a key: where its record is, or, when at is 0, the empty slot that a first one would take.
type place struct{ number, hash, at int64 }

// locate finds the slot of a key. is says whether the record at a place has the key.
func (x *index) locate(key string, is func(at int64) (bool, error)) (place, error) {
	hash := x.hash(key)
	return x.walk(hash, func(s slot) (bool, error) {
		if s.hash != hash || s.at <= left {
			return false, nil
		}
		return is(s.at)
	})
}

// walk goes through the slots where a hash may be, up to the wanted one or the first that is empty.
func (x *index) walk(hash int64, wanted func(slot) (bool, error)) (place, error) {
	var block [blockSlots * slotBytes]byte
	number := hash & (x.slots - 1)
	for {
		n, err := x.file.ReadAt(block[:], number*slotBytes)
		if err != nil && !errors.Is(err, io.EOF) {
			return place{}, err
		}
		for at := 0; at+slotBytes <= n; at += slotBytes {
			s := slot{int64(binary.LittleEndian.Uint64(block[at:])), int64(binary.LittleEndian.Uint64(block[at+8:]))}
			if s.at == 0 {
				return place{number: number, hash: hash}, nil
			}
			if found, err := wanted(s); found || err != nil {
				return place{number, hash, s.at}, err
			}
			number++
		}
		number &= x.slots - 1 // behind the last slot comes the first; one is always empty
	}
}

// room makes sure that there is an empty slot for one more record.
func (x *index) room() error {
	if 2*(x.used+1) > x.slots {
		return x.grow()
	}
	return nil
}

// set notes where the record of a key is now.
func (x *index) set(p place, at int64) error {
	if p.at == 0 {
		x.used++
		x.live++
	}
	return x.write(p.number, slot{p.hash, at})
}

// remove frees the slot of a record.
func (x *index) remove(p place) error {
	x.live--
	return x.write(p.number, slot{p.hash, left})
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
			p, err := x.walk(s.hash, func(slot) (bool, error) { return false, nil })
			if err != nil {
				return err
			}
			if err := x.set(p, s.at); err != nil {
				return err
			}
		}
	}
	return nil
}
