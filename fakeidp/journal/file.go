package journal

import "os"

// nameless makes a file for this process alone. Where an open file cannot be removed, it stays until the system clears
// its temporary directory.
func nameless() (*os.File, error) {
	file, err := os.CreateTemp("", "assay-journal-*")
	if err != nil {
		return nil, err
	}
	_ = os.Remove(file.Name())
	return file, nil
}
