// Package expiring is what the fake IdP remembers for a while: logins, codes, grants. It is bounded in time and in
// number, so that nobody can fill the memory.
package expiring

import (
	"container/list"
	"sync"
	"time"
)

// Map is a map that forgets: each entry after the same lifetime, and the oldest when there are
// too many. It is safe for concurrent use; values are copied in and out.
type Map[V any] struct {
	lifetime time.Duration
	limit    int
	now      func() time.Time

	mu    sync.Mutex
	items map[string]*list.Element // of *entry[V]
	order *list.List               // oldest first
}

type entry[V any] struct {
	key   string
	value V
	until time.Time
}

// New makes a map of at most limit values. now is the clock.
func New[V any](lifetime time.Duration, limit int, now func() time.Time) *Map[V] {
	return &Map[V]{lifetime: lifetime, limit: limit, now: now, items: map[string]*list.Element{}, order: list.New()}
}

// Put stores a value and starts its lifetime anew.
func (e *Map[V]) Put(key string, value V) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.remove(key)
	e.items[key] = e.order.PushBack(&entry[V]{key: key, value: value, until: e.now().Add(e.lifetime)})
	e.prune()
}

// Add stores a value unless there is one: of several callers only the first gets true.
func (e *Map[V]) Add(key string, value V) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.prune()
	if _, known := e.items[key]; known {
		return false
	}
	e.items[key] = e.order.PushBack(&entry[V]{key: key, value: value, until: e.now().Add(e.lifetime)})
	e.prune()
	return true
}

// Get returns a value that is there and has not expired.
func (e *Map[V]) Get(key string) (V, bool) {
	return e.Update(key, nil)
}

// Update changes a value in place, if it is there, and returns it as it then is.
func (e *Map[V]) Update(key string, change func(*V)) (V, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.prune()
	element, ok := e.items[key]
	if !ok {
		var none V
		return none, false
	}
	found := element.Value.(*entry[V])
	if change != nil {
		change(&found.value)
	}
	return found.value, true
}

// Take returns a value and forgets it, so that only one caller ever gets it.
func (e *Map[V]) Take(key string) (V, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.prune()
	element, ok := e.items[key]
	if !ok {
		var none V
		return none, false
	}
	e.remove(key)
	return element.Value.(*entry[V]).value, true
}

// Where returns all values for which the condition holds, oldest first.
func (e *Map[V]) Where(condition func(V) bool) []V {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.prune()
	var found []V
	for element := e.order.Front(); element != nil; element = element.Next() {
		if value := element.Value.(*entry[V]).value; condition(value) {
			found = append(found, value)
		}
	}
	return found
}

// DeleteWhere forgets all values for which the condition holds.
func (e *Map[V]) DeleteWhere(condition func(V) bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for key, element := range e.items {
		if condition(element.Value.(*entry[V]).value) {
			e.remove(key)
		}
	}
}

func (e *Map[V]) prune() {
	now := e.now()
	for oldest := e.order.Front(); oldest != nil; oldest = e.order.Front() {
		found := oldest.Value.(*entry[V])
		if len(e.items) <= e.limit && now.Before(found.until) {
			return
		}
		e.remove(found.key)
	}
}

func (e *Map[V]) remove(key string) {
	if element, ok := e.items[key]; ok {
		e.order.Remove(element)
		delete(e.items, key)
	}
}

// Clear forgets everything.
func (e *Map[V]) Clear() {
	e.mu.Lock()
	defer e.mu.Unlock()
	clear(e.items)
	e.order.Init()
}
