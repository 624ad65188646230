package reference

import (
	"context"
	"fmt"
	"net/http"
	"strconv"

	"assay/reference/audit"
)

// setStrict sets whether the first tenant forgives its SCIM clients anything, when the options say so.
func (p *parts) setStrict(ctx context.Context, tenant string) error {
	if p.Strict == nil {
		return nil
	}
	if err := p.store.SetStrict(ctx, tenant, *p.Strict); err != nil {
		return fmt.Errorf("set strictness: %w", err)
	}
	return p.audit.Record(ctx, audit.Entry{
		Tenant: tenant, Actor: audit.System, Action: audit.StrictnessChanged, Subject: tenant,
		Detail: map[string]string{"strict": strconv.FormatBool(*p.Strict)},
	})
}

// uncompressed keeps responses from being compressed: faults read and change their bodies.
func uncompressed(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Header.Del("Accept-Encoding")
		next.ServeHTTP(w, r)
	})
}
