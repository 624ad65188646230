package oidc

import (
	"fmt"
	"maps"
	"slices"
	"sync"

	"assay/fakeidp/control"
	"assay/fakeidp/mutation"
	"assay/fakeidp/outage"
)

// habits are the mutations that clients have for good, by client id: they work on every login of the client, and on what its
// issuer publishes.
type habits struct {
	mu    sync.Mutex
	plans map[string]habit
}

type habit struct {
	names []string
	plan  mutation.Plan
}

func (h *habits) set(client string, names []string, plan mutation.Plan) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.plans == nil {
		h.plans = map[string]habit{}
	}
	h.plans[client] = habit{names: names, plan: plan}
	if plan.Empty() {
		delete(h.plans, client)
	}
}

func (h *habits) clear() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.plans = nil
}

func (h *habits) of(client string) habit {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.plans[client]
}

// all is the mutations of every client for which the condition holds, in the order of their ids.
func (h *habits) all(of func(client string) bool) mutation.Plan {
	h.mu.Lock()
	defer h.mu.Unlock()
	var plan mutation.Plan
	for _, client := range slices.Sorted(maps.Keys(h.plans)) {
		if of(client) {
			plan = plan.And(h.plans[client].plan)
		}
	}
	return plan
}

// SetHabits gives a client mutations for good, in place of those that it has; none ends them. Those of the discovery document and
// of the key set are seen by everybody who reads what the client's issuer publishes. Errors wrap ErrUnknownMutation,
// mutation.ErrConflict or mutation.ErrParameter.
func (i *Issuers) SetHabits(clientID string, names []string) error {
	plan, err := mutation.Resolve(names)
	if err != nil {
		return fmt.Errorf("mutations of an app: %w", err)
	}
	i.habits.set(clientID, slices.Clone(names), plan)
	return nil
}

// Habits are the names of the mutations that a client has for good.
func (i *Issuers) Habits(clientID string) []string { return i.habits.of(clientID).names }

// ForgetClient ends what was ordered for a client that is gone: its mutations, outages and sessions.
func (i *Issuers) ForgetClient(clientID string) {
	i.habits.set(clientID, nil, mutation.Plan{})
	i.outages.Remove(func(o outage.Order) bool { return o.Client == clientID })
	i.endSessions(func(s session) bool { return s.login.request.ClientID == clientID })
}

// Mutations lists the hostile behaviours that there are, outages included.
func (i *Issuers) Mutations() []control.Mutation {
	var listed []control.Mutation
	for _, m := range mutation.All() {
		listed = append(listed, control.Mutation{
			Name: m.Name, Protocol: "oidc", Stage: string(m.Stage), Takes: m.Takes, Rows: m.Rows, Text: string(m.Stage) + ": " + m.Text,
		})
	}
	for _, k := range outage.Kinds() {
		listed = append(listed, control.Mutation{Name: k.Name, Protocol: "http", Stage: "outage", Takes: k.Takes, Rows: k.Rows, Text: "outage: " + k.Text})
	}
	return listed
}
