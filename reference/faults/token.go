package faults

import (
	"context"
	"errors"
	"slices"

	"assay/reference/sso"
)

// Ignoring wraps a Checker so that it does not mind when a token breaks these rules. A token that also
// breaks another one is still refused.
func Ignoring(rules ...sso.Rule) func(sso.Checker) sso.Checker {
	return Pardoning(func(v sso.Violation, _ sso.Claims) bool { return slices.Contains(rules, v.Rule) })
}

// Pardoning wraps a Checker so that it does not mind the violations that pardon picks.
func Pardoning(pardon func(sso.Violation, sso.Claims) bool) func(sso.Checker) sso.Checker {
	return func(next sso.Checker) sso.Checker { return &lenient{next: next, pardon: pardon} }
}

type lenient struct {
	next   sso.Checker
	pardon func(sso.Violation, sso.Claims) bool
}

// Check implements sso.Checker.
func (l *lenient) Check(ctx context.Context, login sso.Login, raw string) (sso.Claims, error) {
	claims, err := l.next.Check(ctx, login, raw)
	var invalid *sso.InvalidTokenError
	if !errors.As(err, &invalid) {
		return claims, err
	}
	left := slices.DeleteFunc(slices.Clone(invalid.Violations), func(v sso.Violation) bool {
		return l.pardon(v, invalid.Claims)
	})
	if len(left) > 0 {
		return sso.Claims{}, &sso.InvalidTokenError{Violations: left, Claims: invalid.Claims}
	}
	claims = invalid.Claims
	claims.Issuer = login.Issuer // the identity is kept where a server that does not look would keep it
	return claims, nil
}

// checkerFunc is a Checker made of a function.
type checkerFunc func(ctx context.Context, login sso.Login, raw string) (sso.Claims, error)

// Check implements sso.Checker.
func (f checkerFunc) Check(ctx context.Context, login sso.Login, raw string) (sso.Claims, error) {
	return f(ctx, login, raw)
}
