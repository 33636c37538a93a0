package store_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"

	bolt "go.etcd.io/bbolt"

	"slugpuppy/store"
)

func TestTheKeyFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "secrets", "key")
	_, err := store.OpenKey(path)
	must(t, err)
	info, err := os.Stat(path)
	must(t, err)
	if info.Mode().Perm() != 0o600 {
		t.Errorf("mode %o", info.Mode().Perm())
	}
	for _, mode := range []os.FileMode{0o640, 0o604, 0o660, 0o644} {
		must(t, os.Chmod(path, mode))
		if _, err := store.OpenKey(path); !errors.Is(err, store.ErrKeyOpen) {
			t.Errorf("mode %o: %v", mode, err)
		}
	}
	must(t, os.Chmod(path, 0o600))
	must(t, os.WriteFile(path, []byte("short\n"), 0o600))
	if _, err := store.OpenKey(path); err == nil {
		t.Error("took half a key")
	}
}

func TestTwoThatStartAtOnceAgreeOnTheKey(t *testing.T) {
	s := fresh(t)
	path := filepath.Join(t.TempDir(), "key")
	keys := make([]*store.Key, 8)
	var wg sync.WaitGroup
	for i := range keys {
		wg.Go(func() {
			k, err := store.OpenKey(path)
			if err != nil {
				t.Error(err)
			}
			keys[i] = k
		})
	}
	wg.Wait()
	must(t, s.Vault(keys[0]).Put("r", "f", []byte("token")))
	for _, k := range keys {
		if v, err := s.Vault(k).Get("r", "f"); string(v) != "token" || err != nil {
			t.Errorf("%q, %v", v, err)
		}
	}
}

func newKey(t *testing.T) *store.Key {
	t.Helper()
	k, err := store.OpenKey(filepath.Join(t.TempDir(), "key"))
	must(t, err)
	return k
}

func TestSecretsAreSealed(t *testing.T) {
	s, k := fresh(t), newKey(t)
	token := []byte("super-secret-access-token")
	must(t, s.Vault(k).Put("mastodon:42", "access", token))
	if v, err := s.Vault(k).Get("mastodon:42", "access"); !bytes.Equal(v, token) || err != nil {
		t.Errorf("%q, %v", v, err)
	}
	if _, err := s.Vault(newKey(t)).Get("mastodon:42", "access"); !errors.Is(err, store.ErrSealed) {
		t.Errorf("opened with another key: %v", err)
	}
	if _, err := s.Vault(k).Get("mastodon:43", "access"); !errors.Is(err, store.ErrNoSecret) {
		t.Errorf("found what is not there: %v", err)
	}
	var b bytes.Buffer
	must(t, s.Backup(&b))
	if bytes.Contains(b.Bytes(), token) {
		t.Error("the token is readable in a backup")
	}
	must(t, s.Vault(k).Forget("mastodon:42", "access"))
	if _, err := s.Vault(k).Get("mastodon:42", "access"); !errors.Is(err, store.ErrNoSecret) {
		t.Errorf("remembered what was to be forgotten: %v", err)
	}
}

func TestASecretMovedElsewhereDoesNotOpen(t *testing.T) {
	s, k := fresh(t), newKey(t)
	must(t, s.Vault(k).Put("mastodon:42", "access", []byte("hers")))
	must(t, s.Vault(k).Put("mastodon:43", "access", []byte("his")))
	must(t, s.Vault(k).Put("mastodon:42", "client", []byte("app")))
	path := s.Path()
	must(t, s.Close())
	db, err := bolt.Open(path, 0o600, nil)
	must(t, err)
	must(t, db.Update(func(tx *bolt.Tx) error { // swap two people's tokens, and a field
		b := tx.Bucket([]byte("sealed"))
		hers, his := bytes.Clone(b.Get([]byte("mastodon:42\x00access"))),
			bytes.Clone(b.Get([]byte("mastodon:43\x00access")))
		return errors.Join(b.Put([]byte("mastodon:42\x00access"), his), b.Put([]byte("mastodon:43\x00access"), hers),
			b.Put([]byte("mastodon:42\x00client"), hers))
	}))
	must(t, db.Close())
	s = openAt(t, path)
	for _, place := range [][2]string{{"mastodon:42", "access"}, {"mastodon:43", "access"}, {"mastodon:42", "client"}} {
		if v, err := s.Vault(k).Get(place[0], place[1]); !errors.Is(err, store.ErrSealed) {
			t.Errorf("%v opens as %q, %v", place, v, err)
		}
	}
}
