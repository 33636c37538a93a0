package store

import (
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/crypto/chacha20poly1305"
)

// Errors of keys and sealed records.
var (
	ErrKeyOpen  = errors.New("the key file can be read by others")
	ErrSealed   = errors.New("it was sealed with another key: put the key file back that belongs to this database, or sign in again")
	ErrNoSecret = errors.New("no such secret")
)

// Key seals what must not be read from the file or its backups, such as access tokens, with
// XChaCha20-Poly1305.
type Key struct {
	aead cipher.AEAD
	raw  []byte
}

// Derive is 32 bytes of a key of its own for another purpose, by HKDF-SHA256 (RFC 5869).
func (k *Key) Derive(purpose string) []byte {
	key, err := hkdf.Key(sha256.New, k.raw, nil, "slugpuppy "+purpose, chacha20poly1305.KeySize)
	if err != nil {
		panic(fmt.Sprintf("store: derive a key: %v", err)) // only of more bytes than there can be
	}
	return key
}

// OpenKey reads the key file, 64 hex digits, and creates it with mode 0600 when it is
// missing. A file that its group or others may read is refused with ErrKeyOpen.
func OpenKey(path string) (*Key, error) {
	raw, err := readKey(path)
	if errors.Is(err, fs.ErrNotExist) {
		raw, err = createKey(path)
	}
	if err != nil {
		return nil, err
	}
	aead, err := chacha20poly1305.NewX(raw)
	if err != nil {
		return nil, fmt.Errorf("key file %s: %w", path, err)
	}
	return &Key{aead, raw}, nil
}

func readKey(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open the key file: %w", err)
	}
	defer f.Close()
	info, err := f.Stat() // of the open file: nobody can swap it in between
	if err != nil {
		return nil, fmt.Errorf("open the key file: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("%w: %s has mode %04o; run `chmod 600 %s`, and sign in again if others may have read it", ErrKeyOpen, path, info.Mode().Perm(), path)
	}
	text := make([]byte, 2*chacha20poly1305.KeySize+2)
	n, err := f.Read(text)
	if err != nil {
		return nil, fmt.Errorf("read the key file %s: %w", path, err)
	}
	raw, err := hex.DecodeString(strings.TrimSpace(string(text[:n])))
	if err != nil || len(raw) != chacha20poly1305.KeySize {
		return nil, fmt.Errorf("the key file %s does not hold %d hex digits; restore it from where you keep it",
			path, 2*chacha20poly1305.KeySize)
	}
	return raw, nil
}

// createKey writes a new key under another name and links it into place, so that no process
// ever sees half a key and two that start at once agree on one.
func createKey(path string) ([]byte, error) {
	raw := make([]byte, chacha20poly1305.KeySize)
	rand.Read(raw)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("create the key file's folder: %w", err)
	}
	tmp, err := os.CreateTemp(filepath.Dir(path), ".key-*") // mode 0600
	if err != nil {
		return nil, fmt.Errorf("create the key file: %w", err)
	}
	defer os.Remove(tmp.Name())
	_, err = tmp.WriteString(hex.EncodeToString(raw) + "\n")
	if err := errors.Join(err, tmp.Sync(), tmp.Close()); err != nil {
		return nil, fmt.Errorf("write the key file: %w", err)
	}
	err = os.Link(tmp.Name(), path)
	if errors.Is(err, fs.ErrExist) {
		return readKey(path)
	}
	if err != nil {
		return nil, fmt.Errorf("create the key file: %w", err)
	}
	return raw, syncPath(filepath.Dir(path))
}

// Vault keeps secrets sealed with a key.
type Vault struct {
	s   *Store
	key *Key
}

// Vault keeps secrets sealed with a key.
func (s *Store) Vault(k *Key) *Vault { return &Vault{s, k} }

// Put seals a value under the name of its record and field and stores it. The
// ciphertext is bound to the name: moved to another record it cannot be opened.
func (v *Vault) Put(record, field string, value []byte) error {
	return v.s.update(func(tx *tx) error { return v.put(tx, record, field, value) })
}

func (v *Vault) put(tx *tx, record, field string, value []byte) error {
	name, aead := key(record, field), v.key.aead
	nonce := make([]byte, aead.NonceSize(), aead.NonceSize()+len(value)+aead.Overhead())
	rand.Read(nonce)
	if err := tx.Bucket(credentialsBkt).Put(name, aead.Seal(nonce, nonce, value, name)); err != nil {
		return fmt.Errorf("store a secret: %w", err)
	}
	return nil
}

// Get opens a sealed value: ErrNoSecret when there is none, ErrSealed when the key or the
// place is not the one it was sealed for.
func (v *Vault) Get(record, field string) (value []byte, err error) {
	err = v.s.view(func(tx *tx) error { value, err = v.open(tx, record, field); return err })
	return value, err
}

func (v *Vault) open(tx *tx, record, field string) ([]byte, error) {
	name, aead := key(record, field), v.key.aead
	sealed := tx.Bucket(credentialsBkt).Get(name)
	if sealed == nil {
		return nil, fmt.Errorf("%s of %s: %w", field, record, ErrNoSecret)
	}
	n := aead.NonceSize()
	if len(sealed) < n {
		return nil, fmt.Errorf("%s of %s: %w", field, record, ErrDamaged)
	}
	value, err := aead.Open(nil, sealed[:n], sealed[n:], name)
	if err != nil {
		return nil, fmt.Errorf("%s of %s: %w", field, record, ErrSealed)
	}
	return value, nil
}

// Forget removes a sealed value; one that is not there is no error.
func (v *Vault) Forget(record, field string) error {
	return v.s.update(func(tx *tx) error {
		return tx.Bucket(credentialsBkt).Delete(key(record, field))
	})
}

// Salt is 32 random bytes that stay the same for the life of the file, made at the first call.
// They make idempotency keys unguessable.
func (s *Store) Salt() (salt []byte, err error) {
	err = s.update(func(tx *tx) error {
		b := tx.Bucket(metaBucket)
		if v := b.Get([]byte("salt")); v != nil {
			salt = append([]byte(nil), v...)
			return nil
		}
		salt = make([]byte, 32)
		rand.Read(salt)
		return b.Put([]byte("salt"), salt)
	})
	return salt, err
}
