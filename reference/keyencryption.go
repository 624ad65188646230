package reference

import (
	"github.com/tink-crypto/tink-go/v2/tink"

	"assay/reference/secrets"
	"assay/reference/sqlstore"
)

// KeysetFile is where the key-encryption key is: where the options say, beside the database file, or,
// for PostgreSQL, in the working directory. It is empty when the key is kept in memory like the data, and when a key
// service has it. All processes that use one database need the same key.
func (o Options) KeysetFile() string {
	const suffix = "keyset.json"
	switch {
	case o.KMS != "":
		return ""
	case o.Keyset != "":
		return o.Keyset
	case o.Data == "":
		return ""
	case sqlstore.IsServer(o.Data):
		return "assay." + suffix
	}
	return o.Data + "." + suffix
}

// KeyEncryptionKey opens the key-encryption key of the options; one in a file is made when there is none.
func (o Options) KeyEncryptionKey() (tink.AEAD, error) {
	switch path := o.KeysetFile(); {
	case o.KMS != "":
		return secrets.TransitKey(o.KMS)
	case path != "":
		return secrets.LocalKey(path)
	}
	return secrets.MemoryKey()
}

// keyLocation names the key-encryption key in a message.
func (o Options) keyLocation() string {
	switch path := o.KeysetFile(); {
	case o.KMS != "":
		return o.KMS
	case path != "":
		return "the keyset " + path
	}
	return "the one in memory"
}
