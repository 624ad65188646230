package sqlstore_test

import (
	"fmt"
	"os"
	"testing"

	"assay/reference/sqlstore/postgrestest"
)

// postgres is the server of all tests here: to start one for each would take a minute.
var postgres postgrestest.Shared

func TestMain(m *testing.M) {
	code := m.Run()
	if err := postgres.Stop(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}
