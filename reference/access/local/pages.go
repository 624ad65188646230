package local

import (
	"encoding/json"
	"errors"
	"math"
	"mime"
	"net/http"
	"strconv"
	"time"

	"assay/reference/access/totp"
	"assay/reference/page"
)

// maxForm bounds what is posted.
const maxForm = 16 << 10

// view is what the pages show.
type view struct {
	Tenant, Email string
	State         string // sealed progress
	Problem       string
	Wait          time.Duration
	Secret, URL   string // of the second factor that is being set up
	Picture       string
	Width         int
	Codes         []string
}

func (l *Login) form(w http.ResponseWriter, r *http.Request) {
	l.write(w, r, http.StatusOK, "login", view{Tenant: r.URL.Query().Get("tenant")})
}

// submit takes what a form, or a program, posts.
func (l *Login) submit(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind == "application/json" {
		l.program(w, r)
		return
	}
	if err := r.ParseForm(); err != nil {
		l.failed(w, r, "login", view{}, &failure{status: http.StatusBadRequest, code: "BAD_REQUEST", text: "That was not a complete sign-in. Please start again."})
		return
	}
	state := r.PostForm.Get("state")
	if state == "" {
		l.password(w, r)
		return
	}
	p, ok := l.unseal(r.Context(), state)
	if !ok {
		l.failed(w, r, "login", view{}, expired())
		return
	}
	l.step(w, r, p, state)
}

func (l *Login) password(w http.ResponseWriter, r *http.Request) {
	a := attempt{tenant: r.PostForm.Get("tenant"), email: r.PostForm.Get("email"), password: r.PostForm.Get("password")}
	p, err := l.begin(r.Context(), r, a)
	if err != nil {
		l.failed(w, r, "login", view{Tenant: a.tenant, Email: a.email}, err)
		return
	}
	l.next(w, r, p, nil)
}

// step takes what follows the password.
func (l *Login) step(w http.ResponseWriter, r *http.Request, p progress, state string) {
	var (
		fresh progress
		codes []string
		err   error
	)
	switch p.Stage {
	case stageCode:
		fresh, err = l.code(r.Context(), r, p, r.PostForm.Get("code"))
	case stageEnrol:
		fresh, codes, err = l.enrol(r.Context(), r, p, r.PostForm.Get("code"))
	case stageRenew:
		if r.PostForm.Get("password") != r.PostForm.Get("repeat") {
			err = &failure{status: http.StatusUnprocessableEntity, code: "PASSWORD_TOO_WEAK", again: true, text: "The two passwords are not the same."}
		} else {
			fresh, err = l.renew(r.Context(), p, r.PostForm.Get("password"))
		}
	default:
		err = expired()
	}
	if f, ok := errors.AsType[*failure](err); ok && f.again {
		l.ask(w, r, f.status, p, view{State: state, Problem: f.text})
		return
	}
	if err != nil {
		l.failed(w, r, "login", view{}, err)
		return
	}
	l.next(w, r, fresh, codes)
}

// next goes on with somebody who has done well so far.
func (l *Login) next(w http.ResponseWriter, r *http.Request, p progress, codes []string) {
	if p.Stage == stageDone {
		if err := l.finish(r.Context(), r, p); err != nil {
			l.failed(w, r, "login", view{}, err)
			return
		}
		if len(codes) > 0 {
			l.write(w, r, http.StatusOK, "recovery", view{Codes: codes})
			return
		}
		page.Guard(w.Header())
		w.Header().Set("Location", "/")
		w.WriteHeader(http.StatusSeeOther)
		return
	}
	state, err := l.seal(r.Context(), p)
	if err != nil {
		l.failed(w, r, "login", view{}, err)
		return
	}
	l.ask(w, r, http.StatusOK, p, view{State: state, Codes: codes})
}

// ask shows the form of the stage that somebody has come to.
func (l *Login) ask(w http.ResponseWriter, r *http.Request, status int, p progress, v view) {
	if p.Stage == stageEnrol {
		if err := l.show(r, p, &v); err != nil {
			l.failed(w, r, "login", view{}, err)
			return
		}
	}
	l.write(w, r, status, string(p.Stage), v)
}

// show fills in the secret of the second factor that is to be set up.
func (l *Login) show(r *http.Request, p progress, v *view) error {
	s, err := l.situate(r.Context(), p)
	if err != nil {
		return err
	}
	v.Secret = p.Secret
	if v.URL, err = totp.URL(s.tenant.Name, s.user.Name, p.Secret); err != nil {
		return err
	}
	v.Picture, v.Width, err = totp.Picture(v.URL)
	return err
}

// failed answers an attempt that failed with the form to try again.
func (l *Login) failed(w http.ResponseWriter, r *http.Request, name string, v view, err error) {
	f := l.asFailure(r, err)
	v.Problem, v.Wait = f.text, f.wait
	f.retryAfter(w)
	l.write(w, r, f.status, name, v)
}

// asFailure makes a failure of any error: what is not one is ours.
func (l *Login) asFailure(r *http.Request, err error) *failure {
	if f, ok := errors.AsType[*failure](err); ok {
		return f
	}
	l.Logger.ErrorContext(r.Context(), "local login failed", "error", err)
	return &failure{status: http.StatusInternalServerError, code: "INTERNAL", text: "Something went wrong on our side. Please try again."}
}

func (f *failure) retryAfter(w http.ResponseWriter) {
	if f.wait > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(f.wait.Seconds()))))
	}
}

func (l *Login) write(w http.ResponseWriter, r *http.Request, status int, name string, data view) {
	if err := l.pages.Write(w, status, name, data); err != nil {
		l.Logger.ErrorContext(r.Context(), "page not written", "page", name, "error", err)
	}
}

// program logs a program in: everything at once, without a form.
func (l *Login) program(w http.ResponseWriter, r *http.Request) {
	var in struct{ Tenant, Email, Password, Code string }
	decoder := json.NewDecoder(r.Body)
	if err := decoder.Decode(&in); err != nil {
		l.answer(w, r, nil, &failure{status: http.StatusBadRequest, code: "BAD_REQUEST", text: `Send {"email": …, "password": …, "code": …} as JSON.`})
		return
	}
	p, err := l.begin(r.Context(), r, attempt{tenant: in.Tenant, email: in.Email, password: in.Password})
	if err == nil && p.Stage == stageCode && in.Code != "" {
		p, err = l.code(r.Context(), r, p, in.Code)
	}
	if err == nil {
		err = unfinished(p.Stage)
	}
	if err == nil {
		err = l.finish(r.Context(), r, p)
	}
	l.answer(w, r, map[string]any{"tenant": p.Tenant, "user": p.User, "mfa": p.MFA}, err)
}

// unfinished is the failure of a program that would need a form to go on.
func unfinished(s stage) error {
	switch s {
	case stageCode:
		return &failure{status: http.StatusUnauthorized, code: "CODE_REQUIRED", text: "Send the code of the second factor too."}
	case stageEnrol:
		return &failure{status: http.StatusForbidden, code: "MFA_ENROLMENT_REQUIRED", text: "Set up a second factor first: sign in with a browser."}
	case stageRenew:
		return &failure{status: http.StatusForbidden, code: "PASSWORD_EXPIRED", text: "Choose another password first: sign in with a browser."}
	}
	return nil
}

func (l *Login) answer(w http.ResponseWriter, r *http.Request, good map[string]any, err error) {
	body, status, kind := good, http.StatusOK, "application/json"
	if err != nil {
		f := l.asFailure(r, err)
		f.retryAfter(w)
		status, kind = f.status, "application/problem+json"
		body = map[string]any{"title": http.StatusText(status), "status": status, "code": f.code, "detail": f.text}
	}
	data, err := json.Marshal(body)
	if err != nil { // strings, numbers and truths always have a JSON form
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		return
	}
	page.Guard(w.Header())
	w.Header().Set("Content-Type", kind)
	w.WriteHeader(status)
	_, _ = w.Write(append(data, '\n')) // an error here means that the client has gone
}
