package saml

import (
	"crypto/x509"
	"errors"
	"slices"
	"strings"

	"github.com/beevik/etree"
	dsig "github.com/russellhaering/goxmldsig"
)

const (
	excC14N   = "http://www.w3.org/2001/10/xml-exc-c14n#"
	enveloped = "http://www.w3.org/2000/09/xmldsig#enveloped-signature"
)

// What signatures may be made with (SAML2int SDP-ALG): RSA with SHA-2. There is no key for others, because
// importing metadata leaves them out.
func signatureMethods() []string {
	return []string{dsig.RSASHA256SignatureMethod, dsig.RSASHA384SignatureMethod, dsig.RSASHA512SignatureMethod}
}

func digestMethods() []string {
	return []string{nsEncryption + "sha256", "http://www.w3.org/2001/04/xmldsig-more#sha384", nsEncryption + "sha512"}
}

// verified returns what the signature of an element was verified over, without the signature, read anew from
// the very bytes. An element without a signature of its own is not signed; that is for the caller to judge.
func verified(e *etree.Element, certificates []*x509.Certificate) (over *etree.Element, signed bool, err error) {
	if len(children(e, nsSignature, "Signature")) == 0 {
		return nil, false, nil
	}
	signature := only(e, nsSignature, "Signature")
	if signature == nil {
		return nil, true, errors.New("more than one Signature")
	}
	if err := checkShape(signature, value(e, "ID")); err != nil {
		return nil, true, err
	}
	for _, certificate := range certificates {
		if over := verifiedWith(e, certificate); over != nil {
			return over, true, nil
		}
	}
	return nil, true, errors.New("no configured key verifies the signature")
}

// verifiedWith tries one key. KeyInfo is taken out first: it says nothing that would be relied on. The time of
// the certificate does not matter either: it is in the configuration because of its key (SAML2int SDP-IDP;
// metadata interoperability profile).
func verifiedWith(e *etree.Element, certificate *x509.Certificate) *etree.Element {
	e = detached(e)
	signature := only(e, nsSignature, "Signature")
	if info := only(signature, nsSignature, "KeyInfo"); info != nil {
		signature.RemoveChild(info)
	}
	sealed := only(signature, nsSignature, "SignatureValue")
	sealed.SetText(strings.Join(strings.Fields(sealed.Text()), ""))
	context := dsig.NewDefaultValidationContext(&dsig.MemoryX509CertificateStore{Roots: []*x509.Certificate{certificate}})
	context.Clock = dsig.NewFakeClockAt(certificate.NotBefore)
	over, err := context.Validate(e)
	if err != nil || over == nil || over.Tag != e.Tag || value(over, "ID") != value(e, "ID") {
		return nil
	}
	return over
}

// detached is a copy that declares the namespaces of its ancestors itself, so that it can be canonicalised alone.
func detached(e *etree.Element) *etree.Element {
	alone := e.Copy()
	declared := map[string]bool{}
	for above := e; above != nil; above = above.Parent() {
		for _, a := range above.Attr {
			if a.Space != "xmlns" && (a.Space != "" || a.Key != "xmlns") || declared[a.FullKey()] {
				continue
			}
			declared[a.FullKey()] = true
			alone.CreateAttr(a.FullKey(), a.Value)
		}
	}
	return alone
}

// checkShape holds a Signature to the one form that SAML has (Core section 5.4): "Signatures MUST contain a
// single <ds:Reference> containing a same-document reference to the ID attribute value of the root element".
func checkShape(signature *etree.Element, id string) error {
	if !onlyOf(signature, nsSignature, "SignedInfo", "SignatureValue", "KeyInfo") || len(children(signature, nsSignature, "KeyInfo")) > 1 {
		return errors.New("a Signature with something else in it")
	}
	info, sealed := only(signature, nsSignature, "SignedInfo"), only(signature, nsSignature, "SignatureValue")
	if info == nil || sealed == nil {
		return errors.New("a Signature without one SignedInfo and one SignatureValue")
	}
	if value, ok := text(sealed); !ok || strings.TrimSpace(value) == "" {
		return errors.New("an empty SignatureValue")
	}
	if !isID(id) {
		return errors.New("a signed element without an ID")
	}
	return checkSignedInfo(info, id)
}

func checkSignedInfo(info *etree.Element, id string) error {
	canonical, method := only(info, nsSignature, "CanonicalizationMethod"), only(info, nsSignature, "SignatureMethod")
	reference := only(info, nsSignature, "Reference")
	switch {
	case canonical == nil || method == nil || reference == nil || len(info.ChildElements()) != 3:
		return errors.New("a SignedInfo without exactly one CanonicalizationMethod, SignatureMethod and Reference")
	case value(canonical, "Algorithm") != excC14N || len(canonical.Child) > 0 && strings.TrimSpace(canonical.Text()) != "" || len(canonical.ChildElements()) > 0:
		return errors.New("a canonicalisation that is not exclusive canonicalisation without comments")
	case !slices.Contains(signatureMethods(), value(method, "Algorithm")) || len(method.ChildElements()) > 0:
		return errors.New("a signature algorithm that is not RSA with SHA-256, SHA-384 or SHA-512")
	case value(reference, "URI") != "#"+id:
		return errors.New("a Reference to another element than the signed one")
	}
	return checkReference(reference)
}

func checkReference(reference *etree.Element) error {
	transforms, method := only(reference, nsSignature, "Transforms"), only(reference, nsSignature, "DigestMethod")
	digest := only(reference, nsSignature, "DigestValue")
	if transforms == nil || method == nil || digest == nil || len(reference.ChildElements()) != 3 {
		return errors.New("a Reference without exactly one Transforms, DigestMethod and DigestValue")
	}
	if value, ok := text(digest); !ok || strings.TrimSpace(value) == "" {
		return errors.New("an empty DigestValue")
	}
	if !slices.Contains(digestMethods(), value(method, "Algorithm")) || len(method.ChildElements()) > 0 {
		return errors.New("a digest that is not SHA-256, SHA-384 or SHA-512")
	}
	steps := children(transforms, nsSignature, "Transform")
	if len(steps) != 2 || len(transforms.ChildElements()) != 2 ||
		value(steps[0], "Algorithm") != enveloped || len(steps[0].ChildElements()) > 0 ||
		value(steps[1], "Algorithm") != excC14N || !onlyOf(steps[1], excC14N, "InclusiveNamespaces") {
		return errors.New("transforms other than enveloped signature and exclusive canonicalisation")
	}
	return nil
}
