// Package journal keeps small records by key in one file that only grows at its end. What is remembered of
// 100,000 people costs no more memory than what is remembered of ten: the records are read from the file, and
// so is the index that finds them.
//
// A record is with the operating system when Put returns, so a process that is killed loses nothing that it
// had put. After a crash of the machine the end may be missing; Sync waits for the disk. A record at the end that was
// written in part is dropped when the file is opened again.
package journal

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
)

// magic begins every file: the format and its version.
const magic = "assay journal 1\n"

// compactAfter is how many bytes of outdated records a file may hold before Compact does something.
const compactAfter = 64 << 10

var (
	// ErrDamaged says that a file holds something in its middle that no journal writes.
	ErrDamaged = errors.New("damaged")
	// ErrInUse says that another process works with the file.
	ErrInUse = errors.New("in use by another process")
	// ErrNotJournal says that a file is something else.
	ErrNotJournal = errors.New("no journal of assay")
)

// Journal is a file of records. It is safe for concurrent use.
type Journal struct {
	path string // "" for a temporary one

	mu    sync.Mutex
	file  *os.File // nil until a temporary journal gets its first record
	index *index
	end   int64 // of the file
	live  int64 // bytes of the records that count
	scans int   // under way: nothing moves
}

// Temporary returns a journal whose file has no name and is gone with the process. The file is made when it is needed.
func Temporary() *Journal { return &Journal{} }

// Open opens the journal at path, or makes one that only its owner can read. It fails with ErrInUse, ErrDamaged and
// ErrNotJournal, and with the file system's errors.
func Open(path string) (*Journal, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	j := &Journal{path: path}
	if err := lock(file); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", path, err), file.Close())
	}
	if err := j.load(file); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", path, err), file.Close())
	}
	return j, nil
}

// load takes a file over: it indexes the records and cuts off one that was written in part.
func (j *Journal) load(file *os.File) error {
	end, err := begin(file)
	if err != nil {
		return err
	}
	if j.index, err = newIndex(); err != nil {
		return err
	}
	j.file, j.live = file, 0
	size, err := fileSize(file)
	if err != nil {
		return err
	}
	for r := newReader(file, end, size); ; {
		rec, ok, err := r.next()
		if err != nil {
			return err
		}
		if !ok {
			break
		}
		end = rec.end()
		if err := j.note(rec); err != nil {
			return err
		}
	}
	j.end = end
	return file.Truncate(end)
}

// begin checks how a file begins, or begins it, and returns where its records do.
func begin(file *os.File) (int64, error) {
	head := make([]byte, len(magic))
	n, err := file.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return 0, err
	}
	switch {
	case n == len(magic) && string(head) == magic:
		return int64(n), nil
	case strings.HasPrefix(magic, string(head[:n])): // empty, or killed while it was begun
		if _, err = file.WriteAt([]byte(magic), 0); err == nil {
			err = file.Truncate(int64(len(magic)))
		}
		return int64(len(magic)), err
	default:
		return 0, ErrNotJournal
	}
}

// note makes a record the one that counts for its key.
func (j *Journal) note(rec record) error {
	if err := j.index.room(); err != nil {
		return err
	}
	old, p, err := j.find(rec.key)
	if err != nil {
		return err
	}
	return j.replace(old, p, rec)
}

// replace puts a record into the place of the one before it, if there was one.
func (j *Journal) replace(old record, p place, rec record) error {
	j.live -= old.length
	if !rec.deleted {
		j.live += rec.length
		return j.index.set(p, rec.at)
	}
	if p.at == 0 {
		return nil
	}
	return j.index.remove(p)
}

// find reads the record that counts for a key. There is none when the place says so.
func (j *Journal) find(key string) (rec record, p place, err error) {
	if j.file == nil {
		return record{}, place{}, nil
	}
	p, err = j.index.locate(key, func(at int64) (bool, error) {
		var err error
		rec, err = readRecord(j.file, at)
		return rec.key == key, err
	})
	if err != nil || p.at == 0 {
		return record{}, p, err
	}
	return rec, p, nil
}

// Get returns the value that was put last; ok is false when there is none.
func (j *Journal) Get(key string) (value []byte, ok bool, err error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	rec, p, err := j.find(key)
	return rec.value, p.at != 0 && err == nil, j.named(err)
}

// Put stores a value.
func (j *Journal) Put(key string, value []byte) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.named(j.write(record{key: key, value: value}))
}

// Delete drops what is stored under a key, if anything is.
func (j *Journal) Delete(key string) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if _, p, err := j.find(key); err != nil || p.at == 0 {
		return j.named(err)
	}
	return j.named(j.write(record{key: key, deleted: true}))
}

func (j *Journal) write(rec record) error {
	if err := j.make(); err != nil {
		return err
	}
	text, err := rec.append(nil)
	if err != nil {
		return err
	}
	rec.at, rec.length = j.end, int64(len(text))
	if _, err := j.file.WriteAt(text, j.end); err != nil {
		return errors.Join(err, j.file.Truncate(j.end))
	}
	j.end += rec.length
	return j.note(rec)
}

// make gives a temporary journal its file.
func (j *Journal) make() error {
	if j.file != nil {
		return nil
	}
	file, err := nameless()
	if err != nil {
		return err
	}
	return j.load(file)
}

// Scan calls fn for what counts under each key that begins with prefix, in the order in which it was put. What
// is put meanwhile is left out. It ends with the first error.
func (j *Journal) Scan(prefix string, fn func(key string, value []byte) error) error {
	j.mu.Lock()
	j.scans++
	file, end := j.file, j.end
	j.mu.Unlock()
	defer func() {
		j.mu.Lock()
		defer j.mu.Unlock()
		j.scans--
	}()
	if file == nil {
		return nil
	}
	for r := newReader(file, int64(len(magic)), end); ; {
		rec, ok, err := r.next()
		if err != nil || !ok {
			return j.named(err)
		}
		if rec.deleted || !strings.HasPrefix(rec.key, prefix) {
			continue
		}
		if counts, err := j.counts(rec); err != nil || !counts {
			if err != nil {
				return j.named(err)
			}
			continue
		}
		if err := fn(rec.key, rec.value); err != nil {
			return err
		}
	}
}

func (j *Journal) counts(rec record) (bool, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	_, p, err := j.find(rec.key)
	return p.at == rec.at, err
}

// Compact writes the file anew without what no longer counts, when that is most of it. It does nothing while
// a Scan is under way.
func (j *Journal) Compact() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if dead := j.end - j.live; j.file == nil || j.scans > 0 || dead < compactAfter || dead < j.live {
		return nil
	}
	return j.named(j.compact())
}

func (j *Journal) compact() error {
	fresh, err := j.twin()
	if err != nil {
		return err
	}
	if err := j.copyTo(fresh); err != nil {
		return errors.Join(err, fresh.Close())
	}
	if j.path != "" {
		if err := os.Rename(fresh.Name(), j.path); err != nil {
			return errors.Join(err, fresh.Close())
		}
	}
	old, oldIndex := j.file, j.index
	if err := j.load(fresh); err != nil {
		return err
	}
	return errors.Join(old.Close(), oldIndex.close())
}

// twin makes the file that is to take the place of the present one.
func (j *Journal) twin() (*os.File, error) {
	if j.path == "" {
		return nameless()
	}
	file, err := os.OpenFile(j.path+".new", os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, err
	}
	if err := lock(file); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

// copyTo writes what counts into a file, in the order in which it was put.
func (j *Journal) copyTo(fresh *os.File) error {
	out := newWriter(fresh)
	out.add([]byte(magic))
	for r := newReader(j.file, int64(len(magic)), j.end); ; {
		rec, ok, err := r.next()
		if err != nil {
			return err
		}
		if !ok {
			break
		}
		if _, p, err := j.find(rec.key); err != nil {
			return err
		} else if p.at != rec.at {
			continue
		}
		text, err := rec.append(nil)
		if err != nil {
			return err
		}
		out.add(text)
	}
	if err := out.flush(); err != nil {
		return err
	}
	return fresh.Sync()
}

// Sync waits until everything is on the disk.
func (j *Journal) Sync() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.file == nil || j.path == "" {
		return nil
	}
	return j.named(j.file.Sync())
}

// Close ends the use of the file.
func (j *Journal) Close() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.file == nil {
		return nil
	}
	err := errors.Join(j.file.Close(), j.index.close())
	j.file, j.index = nil, nil
	return j.named(err)
}

// named puts the file into an error.
func (j *Journal) named(err error) error {
	if err == nil {
		return nil
	}
	name := j.path
	if name == "" {
		name = "temporary file"
	}
	return fmt.Errorf("journal %s: %w", name, err)
}
