package directory

import "fmt"

// SetUserTemplate replaces the template of users of an app that provisions. It fails with ErrNotFound, and with ErrInvalid
// for an app without a SCIM connection.
func (d *Directory) SetUserTemplate(appID, template string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	known := d.apps[appID]
	if known == nil {
		return fmt.Errorf("app %q: %w", appID, ErrNotFound)
	}
	if known.SCIM == nil {
		return fmt.Errorf("app %q has no SCIM connection: %w", appID, ErrInvalid)
	}
	known.SCIM.UserTemplate = template
	return nil
}
