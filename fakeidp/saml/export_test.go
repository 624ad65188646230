package saml

import (
	"sync"
	"time"
)

// Keys of all tests: small, and made once, because that takes a while.
var (
	genuine = sync.OnceValues(func() (*credential, error) { return newCredential("genuine", 1024, time.Now()) })
	foreign = sync.OnceValues(func() (*credential, error) { return newCredential("foreign", 1024, time.Now()) })
)

// BeQuick gives a provider the keys of all tests, and bounds its largest message.
func (p *Provider) BeQuick() { p.keys.first, p.foreign, p.huge = genuine, foreign, 1<<20 }
