package expiring

import (
	"fmt"
	"testing"
	"time"
)

func TestMap(t *testing.T) {
	now := time.Unix(1000, 0)
	e := New[int](time.Minute, 3, func() time.Time { return now })
	for i := range 5 {
		e.Put(fmt.Sprint(i), i)
	}
	for i := range 5 {
		if _, ok := e.Get(fmt.Sprint(i)); ok != (i >= 2) {
			t.Errorf("with a limit of three: entry %d is there: %t", i, ok)
		}
	}
	if v, ok := e.Take("4"); !ok || v != 4 {
		t.Errorf("take: %d %t", v, ok)
	}
	if _, ok := e.Take("4"); ok {
		t.Error("taken twice")
	}
	now = now.Add(30 * time.Second)
	e.Put("2", 20)
	now = now.Add(30 * time.Second)
	if _, ok := e.Get("3"); ok {
		t.Error("an entry outlived its lifetime")
	}
	if v, ok := e.Update("2", func(v *int) { *v++ }); !ok || v != 21 {
		t.Errorf("a renewed entry: %d %t", v, ok)
	}
	e.DeleteWhere(func(v int) bool { return v == 21 })
	if len(e.items) != 0 || e.order.Len() != 0 {
		t.Errorf("left: %d items, %d in order", len(e.items), e.order.Len())
	}
}

func TestAddOnce(t *testing.T) {
	now := time.Unix(1000, 0)
	e := New[int](time.Minute, 3, func() time.Time { return now })
	if !e.Add("a", 1) || e.Add("a", 2) {
		t.Error("added twice, or never")
	}
	if v, _ := e.Get("a"); v != 1 {
		t.Errorf("the second value replaced the first: %d", v)
	}
	now = now.Add(time.Minute)
	if !e.Add("a", 3) {
		t.Error("an expired entry is in the way")
	}
}
