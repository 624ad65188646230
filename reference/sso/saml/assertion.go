package saml

import (
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/beevik/etree"
)

// Assertion is what an identity provider vouches for.
type Assertion struct {
	ID     string
	Issuer string
	Name   NameID
	// Subject is the name as a key: two are of the same person only when they are equal, byte for byte.
	Subject string
	// Sessions are the SessionIndexes at the identity provider, by which it ends them.
	Sessions []string
	// SessionEnds is when the session here has to end; zero when nothing is said (Profiles section 4.1.4.3).
	SessionEnds   time.Time
	Authenticated time.Time
	Attributes    map[string][]string // by Name; values that are not plain text are left out

	expires time.Time // when it cannot be used any more
}

// NameID is how an identity provider names somebody (Core section 2.2.3).
type NameID struct {
	Value       string
	Format      string // "" and formatUnspecified mean the same
	Qualifier   string
	SPQualifier string
}

const maxName = 256 // characters, as of a persistent one (Core section 8.3.7)

// subject is a name with all that makes it one. A qualifier that is left out means the one who asserts and the one
// who asked (Core section 8.3.7). The value is last, because it may hold anything.
func (sp *ServiceProvider) subject(n NameID, idp IdentityProvider) string {
	format := n.Format
	if format == "" {
		format = formatUnspecified
	}
	part := func(text, meant string) string {
		if text == "" || text == meant {
			return "-"
		}
		return url.QueryEscape(text)
	}
	return strings.Join([]string{format, part(n.Qualifier, idp.EntityID), part(n.SPQualifier, sp.EntityID), n.Value}, " ")
}

// judge holds an assertion to the Web Browser SSO Profile (Profiles sections 4.1.4.2 and 4.1.4.3). a is what a signature
// was verified over.
func (sp *ServiceProvider) judge(a *etree.Element, idp IdentityProvider, request string) (Assertion, error) {
	if !is(a, nsAssertion, "Assertion") ||
		!onlyWith(a, "Issuer", "Subject", "Conditions", "Advice", "Statement", "AuthnStatement", "AuthzDecisionStatement", "AttributeStatement") {
		return Assertion{}, refuse(ReasonStructure, "the assertion has an element that it cannot have")
	}
	if value(a, "Version") != "2.0" {
		return Assertion{}, refuse(ReasonVersion, "the assertion is not of version 2.0")
	}
	out := Assertion{ID: value(a, "ID"), Issuer: idp.EntityID}
	if !isID(out.ID) {
		return Assertion{}, refuse(ReasonStructure, "the assertion has no ID")
	}
	if err := sp.checkIssued(a); err != nil {
		return Assertion{}, err
	}
	if err := checkIssuer(a, idp.EntityID, true); err != nil {
		return Assertion{}, err
	}
	if err := sp.readSubject(a, idp, request, &out); err != nil {
		return Assertion{}, err
	}
	if err := sp.checkConditions(a); err != nil {
		return Assertion{}, err
	}
	if err := sp.readAuthentication(a, &out); err != nil {
		return Assertion{}, err
	}
	out.Attributes = readAttributes(a)
	return out, nil
}

// onlyWith is onlyOf for the namespace of assertions; a Signature that lies outside of what was verified may be there too.
func onlyWith(e *etree.Element, tags ...string) bool {
	for c := range e.ChildElementsSeq() {
		if !is(c, nsSignature, "Signature") && (c.NamespaceURI() != nsAssertion || !slices.Contains(tags, c.Tag)) {
			return false
		}
	}
	return true
}

func (sp *ServiceProvider) readSubject(a *etree.Element, idp IdentityProvider, request string, out *Assertion) error {
	subject := only(a, nsAssertion, "Subject")
	if subject == nil || !onlyOf(subject, nsAssertion, "NameID", "SubjectConfirmation") {
		return refuse(ReasonSubject, "there is not one Subject with a NameID")
	}
	var err error
	if out.Name, err = readName(only(subject, nsAssertion, "NameID")); err != nil {
		return err
	}
	out.Subject = sp.subject(out.Name, idp)
	for _, confirmation := range children(subject, nsAssertion, "SubjectConfirmation") {
		if until, ok := sp.confirms(confirmation, request); ok { // "one of which suffices" (Core section 2.4.1)
			out.expires = until
			return nil
		}
	}
	return refuse(ReasonConfirmation, "no bearer confirmation is for this URL, this request and this time")
}

// readName reads a NameID. One with blanks around it or with control characters is refused: somewhere it would
// be trimmed and be somebody else's.
func readName(e *etree.Element) (NameID, error) {
	if e == nil {
		return NameID{}, refuse(ReasonSubject, "there is not one NameID")
	}
	name, ok := text(e)
	if !ok || name == "" || name != strings.TrimSpace(name) || utf8.RuneCountInString(name) > maxName || strings.ContainsFunc(name, unicode.IsControl) {
		return NameID{}, refuse(ReasonSubject, "the NameID is empty, too long, or has blanks around it or control characters in it")
	}
	n := NameID{Value: name, Format: value(e, "Format"), Qualifier: value(e, "NameQualifier"), SPQualifier: value(e, "SPNameQualifier")}
	if n.Format == formatTransient {
		return NameID{}, refuse(ReasonTransient, "the NameID is transient, which identifies nobody at the next login")
	}
	if strings.ContainsFunc(n.Format, func(r rune) bool { return r <= ' ' }) || len(n.Format) > maxName {
		return NameID{}, refuse(ReasonSubject, "the Format of the NameID is not a URI")
	}
	return n, nil
}

// confirms tells whether a confirmation makes whoever bears the assertion its subject, and until when.
func (sp *ServiceProvider) confirms(confirmation *etree.Element, request string) (until time.Time, ok bool) {
	data := only(confirmation, nsAssertion, "SubjectConfirmationData")
	if value(confirmation, "Method") != methodBearer || data == nil {
		return time.Time{}, false
	}
	until, err := instant(value(data, "NotOnOrAfter"))
	if err != nil || !sp.Now().Before(until.Add(sp.Skew)) {
		return time.Time{}, false
	}
	_, begins := attr(data, "NotBefore") // "It MUST NOT contain a NotBefore attribute"
	answers, solicited := attr(data, "InResponseTo")
	fits := value(data, "Recipient") == sp.ACS && !begins && answers == request && solicited == (request != "")
	// It was issued a moment ago, and cannot be used for longer than that from then.
	if latest := sp.Now().Add(maxAge + 2*sp.Skew); until.After(latest) {
		until = latest
	}
	return until, fits
}

// checkConditions evaluates the conditions, all of which must hold. One that is not known makes the validity
// of the assertion indeterminate, which is no (Core section 2.5.1.1).
func (sp *ServiceProvider) checkConditions(a *etree.Element) error {
	conditions := only(a, nsAssertion, "Conditions")
	if conditions == nil {
		return refuse(ReasonConditions, "there are not one Conditions")
	}
	if !onlyOf(conditions, nsAssertion, "AudienceRestriction", "OneTimeUse", "ProxyRestriction") {
		return refuse(ReasonConditions, "there is a condition that is not known")
	}
	for _, single := range []string{"OneTimeUse", "ProxyRestriction"} { // each assertion is used once, and passed on to nobody
		if len(children(conditions, nsAssertion, single)) > 1 {
			return refuse(ReasonConditions, "a condition is there twice that may be there once")
		}
	}
	now := sp.Now()
	if begins, ok := attr(conditions, "NotBefore"); ok {
		if at, err := instant(begins); err != nil || now.Add(sp.Skew).Before(at) {
			return refuse(ReasonConditions, "the conditions do not hold yet")
		}
	}
	if ends, ok := attr(conditions, "NotOnOrAfter"); ok {
		if at, err := instant(ends); err != nil || !now.Before(at.Add(sp.Skew)) {
			return refuse(ReasonConditions, "the conditions do not hold any more")
		}
	}
	return sp.checkAudience(conditions)
}

// checkAudience wants this service provider among the audiences of every restriction, of which there must be one
// (Core section 2.5.1.4, Profiles section 4.1.4.2).
func (sp *ServiceProvider) checkAudience(conditions *etree.Element) error {
	restrictions := children(conditions, nsAssertion, "AudienceRestriction")
	if len(restrictions) == 0 {
		return refuse(ReasonAudience, "there is no AudienceRestriction")
	}
	for _, restriction := range restrictions {
		meant := slices.ContainsFunc(children(restriction, nsAssertion, "Audience"), func(audience *etree.Element) bool {
			name, ok := uri(audience)
			return ok && name == sp.EntityID
		})
		if !meant {
			return refuse(ReasonAudience, "the assertion is for another service provider")
		}
	}
	return nil
}

// readAuthentication wants one AuthnStatement at least, and none of them over (Profiles section 4.1.4.2).
func (sp *ServiceProvider) readAuthentication(a *etree.Element, out *Assertion) error {
	now := sp.Now()
	for _, statement := range children(a, nsAssertion, "AuthnStatement") {
		at, err := instant(value(statement, "AuthnInstant"))
		if err != nil || at.After(now.Add(sp.Skew)) {
			return refuse(ReasonAuthn, "an AuthnInstant is missing, malformed or in the future")
		}
		out.Authenticated = at
		if index := value(statement, "SessionIndex"); index != "" {
			out.Sessions = append(out.Sessions, index)
		}
		if ends, ok := attr(statement, "SessionNotOnOrAfter"); ok {
			until, err := instant(ends)
			if err != nil || !now.Before(until) {
				return refuse(ReasonAuthn, "the session at the identity provider is over")
			}
			if out.SessionEnds.IsZero() || until.Before(out.SessionEnds) {
				out.SessionEnds = until
			}
		}
	}
	if out.Authenticated.IsZero() {
		return refuse(ReasonAuthn, "there is no AuthnStatement")
	}
	return nil
}

// readAttributes collects the attributes by name. Values that hold elements, and encrypted attributes, are left out.
func readAttributes(a *etree.Element) map[string][]string {
	attributes := map[string][]string{}
	for _, statement := range children(a, nsAssertion, "AttributeStatement") {
		for _, attribute := range children(statement, nsAssertion, "Attribute") {
			name := value(attribute, "Name")
			if name == "" {
				continue
			}
			for _, one := range children(attribute, nsAssertion, "AttributeValue") {
				if v, ok := text(one); ok && v != "" {
					attributes[name] = append(attributes[name], v)
				}
			}
		}
	}
	return attributes
}
