package push

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"assay/fakeidp/control"
	"assay/fakeidp/persona"
)

// ErrOnDemand says that something cannot be provisioned on demand.
var ErrOnDemand = errors.New("not on demand")

// OnDemand provisions one person with their manager, or one group with some of its members, at once: what a push does, for
// them alone. Nobody else is looked at, and of the group nobody is removed. It fails as Push does, and with ErrOnDemand for what
// the vendor does not offer.
func (e *Engine) OnDemand(ctx context.Context, appID string, what control.OnDemand) (control.Push, error) {
	r, err := e.beginAs(ctx, appID, e.onDemand)
	if err != nil {
		return control.Push{}, err
	}
	defer r.end()
	if (what.Person == "") == (what.Group == "") {
		return control.Push{}, fmt.Errorf("%w: want a person or a group", ErrOnDemand)
	}
	if what.Group != "" {
		err = r.groupOnDemand(ctx, what)
	} else {
		err = r.personOnDemand(ctx, what)
	}
	if err != nil {
		return control.Push{}, err
	}
	r.settle()
	return r.report(), r.state.failure()
}

// onDemand is the persona as which one sends on demand.
func (e *Engine) onDemand(p persona.Persona) (persona.Persona, error) {
	if p.SCIM.DemandMembers.Value == 0 {
		return p, fmt.Errorf("%w: %s has no provisioning on demand", ErrOnDemand, p.Product)
	}
	as := p.SCIM.DemandAs.Value
	if as == "" {
		return p, nil
	}
	other, ok := e.options.Personas(as)
	if !ok {
		return p, fmt.Errorf("%w: scim.demandAs is %q: %w", ErrOnDemand, as, ErrNoPersona)
	}
	return other, nil
}

func (r *run) personOnDemand(ctx context.Context, what control.OnDemand) error {
	if len(what.Members) > 0 {
		return fmt.Errorf("%w: members go with a group", ErrOnDemand)
	}
	p, ok := r.engine.directory.Person(what.Person)
	if !ok {
		return fmt.Errorf("%w: there is no person %q", ErrOnDemand, what.Person)
	}
	if _, linked := r.state.person(p.ID); linked {
		if _, lost := r.lossOf(p.ID); lost {
			r.pushLoss(ctx, p.ID)
			return nil
		}
	}
	if p.Suspended || !r.engine.directory.Assigned(r.app.ID, p.ID) {
		return fmt.Errorf("%w: %s is not in scope: assigned to the app and not suspended", ErrOnDemand, p.Login)
	}
	r.objects = 1
	r.pushPerson(ctx, p)
	if r.dialect.manager >= 0 {
		r.pushManager(ctx, p.ID)
	}
	return nil
}

func (r *run) groupOnDemand(ctx context.Context, what control.OnDemand) error {
	g, ok := r.engine.directory.Group(what.Group)
	if !ok || !r.knobs.PushGroups.Value || !slices.Contains(r.engine.directory.PushedGroups(r.app.ID), g.ID) {
		return fmt.Errorf("%w: group %q is not pushed to the app", ErrOnDemand, what.Group)
	}
	if limit := r.knobs.DemandMembers.Value; len(what.Members) > limit {
		return fmt.Errorf("%w: %d members; %s takes up to %d at a time", ErrOnDemand, len(what.Members), r.product, limit)
	}
	r.only = map[string]bool{}
	for _, key := range what.Members {
		p, ok := r.engine.directory.Person(key)
		if !ok || !slices.Contains(g.Members, p.ID) {
			return fmt.Errorf("%w: %q is no member of group %q", ErrOnDemand, key, g.Name)
		}
		if link, linked := r.state.person(p.ID); linked {
			r.only[link.remote] = true
		}
	}
	r.objects = 1
	r.pushGroup(ctx, g, func() map[string]bool { return nil })
	return nil
}

// chosen leaves of a membership change what is about those who were chosen on demand.
func (r *run) chosen(diff membership) membership {
	if r.only == nil {
		return diff
	}
	return membership{come: slices.DeleteFunc(diff.come, func(m member) bool { return !r.only[m.Value] })}
}
