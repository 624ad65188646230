package saml

import "crypto/aes"

// encryptionMutations are about how the assertion is encrypted. They need the app's encryption certificate.
func encryptionMutations() []Mutation {
	encrypted := func(name, row, about string, change func(f forgery, m *message)) Mutation {
		return Mutation{Name: name, Rows: rows(row), Text: about, encrypts: true, before: change}
	}
	algorithm := func(name, row, about, data string) Mutation {
		return encrypted(name, row, about, func(_ forgery, m *message) { m.encrypt.data = data })
	}
	// damaged changes one byte of the ciphertext, which the answer must not tell from another mistake.
	damaged := func(name, about, data string, place func(length int) int) Mutation {
		return encrypted(name, "SAML-ENC-03", about+" (XML Encryption 1.1 section 6.1.1: no oracle)", func(_ forgery, m *message) {
			m.encrypt.data = data
			m.encrypt.damage = func(ciphertext []byte) { ciphertext[place(len(ciphertext))] ^= 0x55 }
		})
	}
	padding := func(length int) int { return length - 1 - aes.BlockSize } // CBC adds it to the last byte of the plaintext
	middle := func(length int) int { return length / 2 }
	return []Mutation{
		algorithm("saml-aes256-gcm", "SAML-ENC-01", "accept: AES-256-GCM (SAML2int SDP-ENC)", aes256GCM),
		algorithm("saml-aes128-cbc", "SAML-ENC-01", "accept, if at all: AES-128-CBC (XML Encryption 1.0 section 5.2.2)", aes128CBC),
		algorithm("saml-aes256-cbc", "SAML-ENC-01", "accept, if at all: AES-256-CBC (XML Encryption 1.0 section 5.2.2)", aes256CBC),
		encrypted("saml-key-beside", "SAML-ENC-01", "accept: EncryptedKey stands beside EncryptedData (Core 6.1)", func(_ forgery, m *message) { m.encrypt.beside = true }),
		encrypted("saml-encrypted-unsigned", "SAML-ENC-02", "the assertion is encrypted and nothing is signed (Profiles 4.1.4.5)",
			func(f forgery, m *message) { m.signs = ""; rename(m.assertion, f.stranger) }),
		encrypted("saml-rsa15", "SAML-ENC-03", "the key is encrypted by RSA PKCS #1 v1.5 (XML Encryption 1.1 section 5.5.1: should not)",
			func(_ forgery, m *message) { m.encrypt.transport = rsa15 }),
		algorithm("saml-triple-des", "SAML-ENC-03", "Triple DES (SAML2int SDP-ENC)", tripleDESCBC),
		damaged("saml-cbc-padding", "a byte of AES-CBC is changed, so that the padding is wrong", aes256CBC, padding),
		damaged("saml-cbc-tampered", "a byte in the middle of AES-CBC is changed, so that the XML is wrong", aes256CBC, middle),
		damaged("saml-gcm-tampered", "a byte in the middle of AES-GCM is changed, so that the tag is wrong", aes128GCM, middle),
		{Name: "saml-encrypted-nameid", Rows: rows("SAML-ENC-04"), Text: "accept, if at all: the NameID is encrypted, in an assertion that is not (Core 2.2.4)", encrypts: true,
			before: func(_ forgery, m *message) { m.encryptOnly(nameIDPath, "EncryptedID") }},
		{Name: "saml-encrypted-attribute", Rows: rows("SAML-ENC-04"), Text: "accept, if at all: an attribute is encrypted, in an assertion that is not (Core 2.7.3.2)", encrypts: true,
			before: func(_ forgery, m *message) { m.encryptOnly("./AttributeStatement/Attribute", "EncryptedAttribute") }},
		encrypted("saml-other-key", "SAML-ENC-05", "the assertion is encrypted for somebody else (Core 6.1)", func(f forgery, m *message) { m.encrypt.to = &f.foreign.key.PublicKey }),
	}
}

// encryptOnly encrypts one element of the assertion, and leaves the assertion readable.
func (m *message) encryptOnly(path, wrapper string) {
	if e := m.assertion.FindElement(path); e != nil {
		m.fail(m.encrypt.replace(e, wrapper))
	}
	m.encrypt = nil
}
