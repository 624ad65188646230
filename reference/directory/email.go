package directory

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

const (
	maxEmail  = 254 // bytes: RFC 5321 section 4.5.3.1.3, as corrected by erratum 1690
	maxDomain = 253 // bytes: what fits into a name of RFC 1035 section 2.3.4, without the last dot
)

// CanonicalEmail is the one form in which e-mail addresses are compared: two are the same when theirs are. ok is
// false for what is no address that can be relied on, such as one with a blank or with two "@".
//
// Letters from A to Z are folded, on both sides of the "@"; the domain has the form of CanonicalDomain. Nothing else is: a
// local part is for its host to interpret (RFC 5321 section 2.4), so that a look-alike, a tag behind "+" and a quoted
// local part all stand for somebody else.
func CanonicalEmail(address string) (canonical string, ok bool) {
	local, domain, ok := splitEmail(address)
	if !ok {
		return "", false
	}
	domain, ok = CanonicalDomain(domain)
	if !ok || len(local)+1+len(domain) > maxEmail {
		return "", false
	}
	return FoldASCII(local) + "@" + domain, true
}

// EmailDomain is the canonical domain of an e-mail address.
func EmailDomain(address string) (domain string, ok bool) {
	canonical, ok := CanonicalEmail(address)
	return canonical[strings.LastIndexByte(canonical, '@')+1:], ok
}

func splitEmail(address string) (local, domain string, ok bool) {
	at := strings.LastIndexByte(address, '@')
	if at < 1 || len(address) > 2*maxEmail || !utf8.ValidString(address) {
		return "", "", false
	}
	local, domain = address[:at], address[at+1:]
	quoted := len(local) > 2 && local[0] == '"' && local[len(local)-1] == '"'
	if strings.ContainsFunc(local, unfit) || strings.Contains(local, "@") && !quoted {
		return "", "", false
	}
	return local, domain, true
}

// unfit tells that a character makes an address something that two readers may read differently.
func unfit(r rune) bool {
	return r == utf8.RuneError || unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r)
}

// CanonicalDomain is the form in which domains are compared: A-labels in lower case (RFC 5890 section 2.3.2.1, mapped as
// UTS #46 says), without the dot of the root.
func CanonicalDomain(domain string) (canonical string, ok bool) {
	domain = strings.TrimSuffix(domain, ".")
	if domain == "" || len(domain) > 2*maxEmail {
		return "", false
	}
	canonical, err := idna.Lookup.ToASCII(domain)
	if err != nil || len(canonical) > maxDomain {
		return "", false
	}
	// What Punycode makes of very odd labels does not come out of it again: such a name is none.
	if again, err := idna.Lookup.ToASCII(canonical); err != nil || again != canonical {
		return "", false
	}
	for label := range strings.SplitSeq(canonical, ".") {
		if label == "" || len(label) > 63 {
			return "", false
		}
	}
	return canonical, true
}

// FoldASCII folds the letters from A to Z and nothing else.
func FoldASCII(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}

// EmailOf is the canonical e-mail address of a user: that of the primary e-mail address or, without one, of the
// userName. It is "" when neither is an address.
func EmailOf(user Resource) string {
	for _, text := range []string{user.Email, user.Name} {
		if text == "" {
			continue
		}
		if canonical, ok := CanonicalEmail(text); ok {
			return canonical
		}
	}
	return ""
}

// ByEmail returns the users one of whose fields, FieldEmail or FieldName, has the canonical form of an address, at most
// limit. It looks them up by the forms in which people write an address; one that somebody has written with letters in a
// domain of their own script that map to others is not among them.
func ByEmail(ctx context.Context, from Resources, tenant, address string, limit int, fields ...Field) ([]Resource, error) {
	canonical, ok := CanonicalEmail(address)
	if !ok {
		return nil, nil
	}
	var found []Resource
	for _, form := range emailForms(canonical) {
		for _, field := range fields {
			query := Query{Kind: User, Email: form}
			if field == FieldName {
				query = Query{Kind: User, Name: form}
			}
			if err := collect(from.List(ctx, tenant, query), field, canonical, limit, &found); err != nil {
				return nil, fmt.Errorf("find user by e-mail: %w", err)
			}
		}
	}
	return found, nil
}

// emailForms are the ways to write a canonical address that indexes do not fold into one.
func emailForms(canonical string) []string {
	forms := []string{canonical, canonical + "."}
	at := strings.LastIndexByte(canonical, '@') + 1
	if shown, err := idna.Lookup.ToUnicode(canonical[at:]); err == nil && shown != canonical[at:] {
		forms = append(forms, canonical[:at]+shown, canonical[:at]+shown+".")
	}
	return forms
}

// collect adds the users that really have the canonical address. The indexes fold more than it does: under Unicode
// folding a "K" may be the Kelvin sign, and whoever can register such a look-alike would be somebody else.
func collect(users iter.Seq2[Resource, error], field Field, canonical string, limit int, found *[]Resource) error {
	for user, err := range users {
		if err != nil {
			return err
		}
		if len(*found) >= limit {
			return nil
		}
		text := user.Email
		if field == FieldName {
			text = user.Name
		}
		if has, _ := CanonicalEmail(text); has != canonical || slices.ContainsFunc(*found, func(f Resource) bool { return f.ID == user.ID }) {
			continue
		}
		*found = append(*found, user)
	}
	return nil
}
