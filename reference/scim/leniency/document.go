package leniency

import (
	"fmt"
	"strings"
)

// Document renders the list as the text of reference/docs/leniency.md.
func Document() string {
	var b strings.Builder
	b.WriteString(documentHead)
	for _, l := range All() {
		fmt.Fprintf(&b, "### `%s`\n\n%s\n\n*Strict:* %s\n\n*Sent by:* %s.\n\n", l.Name, l.Does, l.Strict, senders(l.Senders))
	}
	b.WriteString(creationRule)
	b.WriteString("## Accepted in strict mode too\n\nThis looks like leniency and is none: the RFCs ask for it or leave it open.\n\n| what | why |\n|---|---|\n")
	rows(&b, accepted())
	b.WriteString("\n## Not forgiven\n\n| what | why |\n|---|---|\n")
	rows(&b, refused())
	b.WriteString("\n## Sources\n\n| key | where |\n|---|---|\n")
	rows(&b, sources())
	b.WriteString("\nMarks: **D** documented by the vendor, **O** observed on the wire or in a vendor's test suite, **S** second-hand, **I** inferred.\n")
	return b.String()
}

func senders(list []Sender) string {
	texts := make([]string, len(list))
	for i, s := range list {
		texts[i] = fmt.Sprintf("%s [%s, **%s**]", s.Who, s.Source, s.Mark)
	}
	return strings.Join(texts, "; ")
}

func rows(b *strings.Builder, list [][2]string) {
	for _, row := range list {
		fmt.Fprintf(b, "| %s | %s |\n", row[0], row[1])
	}
}

const documentHead = `# What the reference forgives

<!-- Made from reference/scim/leniency by "go test ./reference/scim/leniency -update". Do not edit. -->

Identity providers do not always send what RFC 7643 and RFC 7644 ask for. The reference serves them all the same, in
front of everything else: package ` + "`reference/scim/leniency`" + ` rewrites such a request into the one that was meant.

- A tenant is lenient by default. ` + "`PUT /api/tenants/{tenant}/scim` with `{\"strict\": true}`" + ` makes it strict, and ` +
	"`assay serve --strict`" + ` the
  first tenant. A strict tenant is forgiven nothing.
- What a request was forgiven is in the audit log, once a request, as the event ` + "`scim.leniency.used`" + ` with the names below and the
  status of the answer. ` + "`GET /api/tenants/{tenant}/scim`" + ` counts the requests since the start.
- A request that needs no leniency is served alike in both modes.

## The leniencies

`

const creationRule = `## When "replace" creates a value

RFC 7644 section 3.5.2.3 has a "replace" whose value filter matches nothing fail with 400 ` + "`noTarget`" + `. Entra ID expects the value to
be created. The two requests can be told apart only by their spelling, so exactly this decides: an operation that says ` + "`\"op\": \"Replace\"`" + `,
with that capital letter and no other, gets the value created, if the filter is a conjunction of eq comparisons, which say what to
create. ` + "`\"replace\"`" + ` gets ` + "`noTarget`" + `. Entra ID sends the capital letter unless the aadOptscim062020 flag is set; with the flag it sends ` + "`\"replace\"`" + `,
cannot be told from other clients, and gets ` + "`noTarget`" + `.

`

// sources are the documents that the senders are taken from.
func sources() [][2]string {
	return [][2]string{
		{"O1", "okta/okta-developer-docs, docs/reference/scim/scim-20"},
		{"O11", "coder/coder #15828; Metatavu/keycloak-scim-server #95, #97; getsentry/sentry #27199"},
		{"E1", "MicrosoftDocs/entra-docs, use-scim-to-provision-users-and-groups"},
		{"E2", "MicrosoftDocs/entra-docs, application-provisioning-config-problem-scim-compatibility"},
		{"E5", "MicrosoftDocs/entra-docs, customize-application-attributes"},
		{"E12", "AzureAD/SCIMReferenceCode, SCIM-Validation-Test-Overview"},
		{"E13", "MicrosoftDocs/azure-docs #94189 and others, with wire logs"},
		{"E14", "pranems/SCIMServer, captures of Microsoft's validator"},
		{"E15", "Captain-P-Goldfish/SCIM-SDK #686, #416; thomaspoignant/scim-patch #42, #453; apache/directory-scimple #1242; Budibase #15369 and others"},
		{"L1", "goauthentik/authentik #11249, nginx and application log"},
		{"L3", "developers.onelogin.com/scim/implement-scim-api, sample requests"},
		{"L4", "OneLogin set-up guides with JSON templates (Keepnet Labs, scim.dev, ServiceNow)"},
		{"L5", "15five/django-scim2, adapters.py; Kortix documentation"},
		{"J2", "`scim_v2` Rust crate, test data from JumpCloud traffic; ssoready scim.go; Infisical #2138"},
	}
}
