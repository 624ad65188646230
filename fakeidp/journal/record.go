package journal

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
)

// A record is a checksum of what follows, the lengths of key and value, the key and the value; numbers are four
// bytes, the lowest first. The length of the value is gone for a deletion.
const (
	headBytes = 12
	gone      = 1<<32 - 1
	maxKey    = 4 << 10
	maxValue  = 64 << 20
	firstRead = 512 // most records are shorter
)

type record struct {
	key     string
	value   []byte
	deleted bool
	at      int64 // in the file
	length  int64
}

func (r record) end() int64 { return r.at + r.length }

func (r record) append(b []byte) ([]byte, error) {
	if len(r.key) > maxKey || len(r.value) > maxValue {
		return nil, fmt.Errorf("a record of %d and %d bytes is too long", len(r.key), len(r.value))
	}
	length := uint32(len(r.value))
	if r.deleted {
		length = gone
	}
	start := len(b)
	b = append(b, 0, 0, 0, 0)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(r.key)))
	b = binary.LittleEndian.AppendUint32(b, length)
	b = append(append(b, r.key...), r.value...)
	binary.LittleEndian.PutUint32(b[start:], crc32.ChecksumIEEE(b[start+4:]))
	return b, nil
}

// lengthOf is how long a record is by its head; 0 when no record has such a head.
func lengthOf(head []byte) int64 {
	key, value := binary.LittleEndian.Uint32(head[4:]), binary.LittleEndian.Uint32(head[8:])
	if value == gone {
		value = 0
	}
	if key > maxKey || value > maxValue {
		return 0
	}
	return headBytes + int64(key) + int64(value)
}

// parse reads a whole record; ok is false when its checksum is not that of its content.
func parse(text []byte, at int64) (record, bool) {
	if crc32.ChecksumIEEE(text[4:]) != binary.LittleEndian.Uint32(text) {
		return record{}, false
	}
	key := binary.LittleEndian.Uint32(text[4:])
	return record{
		key: string(text[headBytes : headBytes+key]), value: text[headBytes+key:],
		deleted: binary.LittleEndian.Uint32(text[8:]) == gone, at: at, length: int64(len(text)),
	}, true
}

// readRecord reads the record that was written at a place.
func readRecord(file *os.File, at int64) (record, error) {
	text := make([]byte, firstRead)
	n, err := file.ReadAt(text, at)
	if err != nil && !errors.Is(err, io.EOF) {
		return record{}, err
	}
	if n < headBytes {
		return record{}, damage(at)
	}
	length := lengthOf(text)
	if length > firstRead {
		text = make([]byte, length)
		if n, err = file.ReadAt(text, at); int64(n) < length {
			return record{}, errors.Join(err, damage(at))
		}
	}
	if length == 0 || int64(n) < length {
		return record{}, damage(at)
	}
	rec, ok := parse(text[:length], at)
	if !ok {
		return record{}, damage(at)
	}
	return rec, nil
}

func damage(at int64) error { return fmt.Errorf("%w at byte %d", ErrDamaged, at) }

// reader reads records one after the other up to an end.
type reader struct {
	in      *bufio.Reader
	at, end int64
}

func newReader(file *os.File, from, end int64) *reader {
	return &reader{in: bufio.NewReaderSize(io.NewSectionReader(file, from, end-from), 64<<10), at: from, end: end}
}

// next reads a record. ok is false at the end, and at a last record that was written in part; one that is damaged
// and has others behind it is an error.
func (r *reader) next() (rec record, ok bool, err error) {
	left := r.end - r.at
	if left < headBytes {
		return record{}, false, nil
	}
	head, err := r.in.Peek(headBytes)
	if err != nil {
		return record{}, false, err
	}
	length := lengthOf(head)
	if length == 0 {
		return record{}, false, damage(r.at)
	}
	if length > left {
		return record{}, false, nil
	}
	text := make([]byte, length)
	if _, err := io.ReadFull(r.in, text); err != nil {
		return record{}, false, err
	}
	if rec, ok = parse(text, r.at); !ok && length < left {
		return record{}, false, damage(r.at)
	}
	r.at += length
	return rec, ok, nil
}

// writer gathers what is written to a new file.
type writer struct {
	out *bufio.Writer
}

func newWriter(file *os.File) *writer {
	return &writer{out: bufio.NewWriterSize(io.NewOffsetWriter(file, 0), 64<<10)}
}

func (w *writer) add(text []byte) { _, _ = w.out.Write(text) } // flush says what went wrong
func (w *writer) flush() error    { return w.out.Flush() }

func fileSize(file *os.File) (int64, error) {
	info, err := file.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}
