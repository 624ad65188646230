package mutation

import (
	"slices"
	"strings"
)

// personTable is what can be said of a person that the directory does not say. It is said in the ID token and at userinfo.
func personTable() []Mutation {
	return slices.Concat(mappingClaims(), addressClaims(), oddClaims())
}

func mappingClaims() []Mutation {
	return []Mutation{
		set(Person, "SSO-MT-01 SSO-MT-06", "sub", "sub is the one given, by default somebody else's; for the subject of another IdP's person (Core 5.7: unique with iss only)", "sub",
			somebody).taking("subject"),
		set(Person, "SSO-MT-02 SSO-MT-15", "email", "the e-mail address is the one given, by default somebody else's (Core 5.7: no key)", "email", func(l Login) any { return l.orEmail() }).taking("address"),
		set(Person, "SSO-MT-03", "email-unverified", "email_verified is false (Core 5.1)", "email_verified", constant(false)),
		set(Person, "SSO-MT-03", "email-verified-text", "email_verified is the text \"false\", which many languages take for true (Core 5.1: a boolean)", "email_verified", constant("false")),
		drop(Person, "SSO-MT-03", "email-verified-missing", "there is no email_verified, as at Entra ID (Core 5.1)", "email_verified"),
		edit(Person, "SSO-MT-13", "groups-overage", "groups is replaced by _claim_names and _claim_sources, as at Entra ID from 200 groups on (Core 5.6.2)", func(_ Login, m map[string]any) {
			delete(m, "groups")
			m["_claim_names"] = map[string]any{"groups": "src1"}
			m["_claim_sources"] = map[string]any{"src1": map[string]any{"endpoint": otherURL + "/getMemberObjects"}}
		}),
		edit(Person, "SSO-MT-13", "groups-link", "groups is replaced by hasgroups, as at Entra ID where the token is short (vendor; Core 5.1.2)", func(_ Login, m map[string]any) {
			delete(m, "groups")
			m["hasgroups"] = true
		}),
		drop(Person, "SSO-MT-13", "groups-missing", "there is no groups claim (vendor; Core 5.1.2)", "groups"),
		set(Person, "SSO-MT-13", "groups", "groups holds one group only, by default one that nobody knows (vendor; Core 5.1.2)", "groups",
			func(l Login) any { return []string{l.or("assay-unknown-group")} }).taking("group name"),
		edit(Person, "SSO-MT-14", "admin-claims", "role, roles, is_admin and scope say administrator, which nobody mapped (Core 5.1.2)", func(_ Login, m map[string]any) {
			m["role"], m["roles"], m["is_admin"], m["admin"] = "admin", []string{"admin", "owner"}, true, true
		}),
	}
}

// addressClaims are spellings of somebody's address that must not be taken for it. The address is the parameter.
func addressClaims() []Mutation {
	spelt := func(name, text string, spell func(string) string) Mutation {
		return set(Person, "SSO-MT-04", name, "the e-mail address is the one given, by default somebody else's, "+text+" (Core 5.7: no key)", "email",
			func(l Login) any { return spell(l.orEmail()) }).taking("address")
	}
	return []Mutation{
		spelt("email-capitals", "in capitals", strings.ToUpper),
		spelt("email-trailing-dot", "with a dot behind the domain", func(a string) string { return a + "." }),
		spelt("email-homoglyph", "with Cyrillic а and е for a and e in the local part", homoglyph),
		spelt("email-dotless", "with ı for i", func(a string) string { return strings.ReplaceAll(a, "i", "ı") }),
		spelt("email-full-width", "with the @ and the letters of the domain in full width", fullWidth),
		spelt("email-tag", "with +assay behind the local part", func(a string) string { return strings.Replace(a, "@", "+assay@", 1) }),
		spelt("email-quoted", "with the local part in quotes", func(a string) string {
			local, domain, _ := strings.Cut(a, "@")
			return `"` + local + `"@` + domain
		}),
		spelt("email-spaces", "with spaces around", func(a string) string { return " " + a + " " }),
		spelt("email-zero-width", "with a zero-width space in the local part", func(a string) string { return strings.Replace(a, "@", "\u200b@", 1) }),
		spelt("email-list", "in a list with another behind a comma", func(a string) string { return a + ",mallory@other.invalid" }),
	}
}

func oddClaims() []Mutation {
	name := func(suffix, text, value string) Mutation {
		return set(Person, "OIDC-UI-08", "name-"+suffix, "name "+text+" (Core 5.1: any string)", "name", constant(value))
	}
	return []Mutation{
		name("emoji", "has emoji, which take four bytes in UTF-8", "Ada 👩\u200d💻 Byron 🏳️\u200d🌈"),
		name("right-to-left", "has right-to-left text and controls that turn the direction", "\u202eada\u202c עדה \u2067ביירון\u2069"),
		name("nul", "holds a NUL character", "Ada\x00Byron"),
		name("control", "holds line ends and an escape sequence", "Ada\r\nX-Assay: 1\x1b[31m"),
		name("html", "is HTML with a script", `<script>alert("assay")</script><img src=x onerror=alert(1)>`),
		name("template", "looks like expressions of template languages", "{{7*7}} ${7*7} #{7*7} <%= 7*7 %>"),
		name("64k", "has 65,536 letters", strings.Repeat("A", 64<<10)),
		edit(Person, "OIDC-UI-08", "claims-huge", "there is a claim more, an object of 2,000 members of 100 letters each (Core 5.1.2: MAY be there)", func(_ Login, m map[string]any) {
			huge := map[string]any{}
			for i := range 2000 {
				huge[string(encode(i))] = strings.Repeat("x", 100)
			}
			m["assay_huge"] = huge
		}),
		edit(Person, "OIDC-UI-08", "claims-types", "name is a number, email a list, locale an object, zoneinfo null (Core 5.1: strings)", func(_ Login, m map[string]any) {
			m["name"], m["email"], m["locale"], m["zoneinfo"] = 42, []any{m["email"]}, map[string]any{"lang": "en"}, nil
		}),
		drop(Person, "OIDC-UI-07", "claims-minimal", "nothing is said but sub (Core 5.4: all others are OPTIONAL; to be accepted)",
			"name", "given_name", "family_name", "middle_name", "preferred_username", "email", "email_verified", "locale", "groups", "picture", "profile", "upn", "zoneinfo"),
	}
}

func (l Login) orEmail() string {
	if l.parameter != "" {
		return l.parameter
	}
	return l.StrangerEmail()
}

func homoglyph(address string) string {
	local, domain, _ := strings.Cut(address, "@")
	return strings.NewReplacer("a", "а", "e", "е").Replace(local) + "@" + domain
}

func fullWidth(address string) string {
	local, domain, _ := strings.Cut(address, "@")
	return local + "＠" + strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' {
			return r - 'a' + 'ａ'
		}
		return r
	}, domain)
}
