package training_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"slugpuppy/classifier/detector"
	"slugpuppy/training"
)

func openCache(t *testing.T, path, model string) *training.Cache {
	t.Helper()
	c, err := training.OpenCache(path, model)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func TestACacheGoesOnWhereItWasCutOff(t *testing.T) {
	path := filepath.Join(t.TempDir(), "cache")
	want := []detector.Sample{{File: "a", Print: detector.Fingerprint{1, 2}}, {File: "b", Copy: 1, Print: detector.Fingerprint{3, 4}}}
	c := openCache(t, path, "abc")
	for _, s := range want {
		if err := c.Add(s); err != nil {
			t.Fatal(err)
		}
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, whole[:len(whole)-3], 0o600); err != nil {
		t.Fatal(err)
	}
	c = openCache(t, path, "abc")
	if diff := cmp.Diff(want[:1], c.Samples); diff != "" {
		t.Fatal(diff)
	}
	if err := c.Add(want[1]); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, openCache(t, path, "abc").Samples); diff != "" {
		t.Error(diff)
	}
}

func TestACacheOfAnotherNetworkIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "cache")
	openCache(t, path, "abc")
	if _, err := training.OpenCache(path, "def"); err == nil || !strings.Contains(err.Error(), "abc") {
		t.Errorf("%v", err)
	}
}

func FuzzOpenCache(f *testing.F) {
	path := filepath.Join(f.TempDir(), "cache")
	c, err := training.OpenCache(path, "abc")
	if err != nil {
		f.Fatal(err)
	}
	if err := c.Add(detector.Sample{File: "a"}); err != nil {
		f.Fatal(err)
	}
	_ = c.Close()
	seed, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(seed)
	f.Add([]byte("ffffffff\n"))
	f.Add([]byte("-0000001\nx"))
	f.Fuzz(func(t *testing.T, data []byte) {
		path := filepath.Join(t.TempDir(), "cache")
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		if c, err := training.OpenCache(path, "abc"); err == nil {
			_ = c.Close()
		}
	})
}
