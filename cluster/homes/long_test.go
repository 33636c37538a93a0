package homes_test

import (
	"os"
	"testing"
	"time"
)

// voyage is how long readers move about while daemons are killed.
func voyage(t *testing.T) time.Duration {
	t.Helper()
	if os.Getenv("SLUGPUPPY_LONG") != "" {
		return 2 * time.Minute
	}
	return 4 * time.Second
}
