package connectors

import "fmt"

// Problem says what is wrong with a configuration key: with its place in the
// configuration where the settings know it, else with the source's name.
func (o Options) Problem(key, format string, args ...any) error {
	if placed, ok := o.Settings.(interface {
		Problem(key, format string, args ...any) error
	}); ok {
		return placed.Problem(key, format, args...)
	}
	return fmt.Errorf("source %s: %s: %w", o.Source, key, fmt.Errorf(format, args...))
}
