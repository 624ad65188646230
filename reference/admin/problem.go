package admin

import (
	"encoding/json"
	"errors"
	"net/http"
)

// Problem is the body of an error (RFC 9457). Code is stable, for programs.
type Problem struct {
	Title  string `json:"title"`
	Status int    `json:"status"`
	Code   string `json:"code,omitempty"`
	Detail string `json:"detail,omitempty"`
}

// Error returns the detail.
func (p *Problem) Error() string { return p.Detail }

// GetStatus implements huma.StatusError.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType implements huma.ContentTypeFilter.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

// MarshalJSON fills in the title.
func (p *Problem) MarshalJSON() ([]byte, error) {
	type plain Problem // without this method
	out := plain(*p)
	if out.Title == "" {
		out.Title = http.StatusText(p.Status)
	}
	return json.Marshal(out)
}

// isStatus reports whether an error is a problem with this status.
func isStatus(err error, status int) bool {
	problem, ok := errors.AsType[*Problem](err)
	return ok && problem.Status == status
}

func write(w http.ResponseWriter, p *Problem) {
	data, err := json.Marshal(p)
	if err != nil { // strings and numbers always have a JSON form
		http.Error(w, http.StatusText(p.Status), p.Status)
		return
	}
	w.Header().Set("Content-Type", p.ContentType(""))
	w.WriteHeader(p.Status)
	_, _ = w.Write(data) // an error here means that the client has gone
}
