package move

import (
	"bytes"
	"crypto/ecdh"
	"crypto/hpke"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"fmt"
	"strings"

	"slugpuppy/store"
)

// What is known of a reader travels sealed for one installation, by hybrid public-key encryption (RFC 9180: X25519,
// HKDF-SHA256, ChaCha20-Poly1305): only whoever has that installation's key file opens it, and nobody who
// stores or carries it learns anything but its length.

// magic begins a sealed share, and is what it is bound to.
const magic = "slugpuppy share 1\n"

// Errors of sealed shares.
var (
	ErrAddress = errors.New("this is no installation's address")
	ErrSealed  = errors.New("this was sealed for another installation, or is no sealed share")
)

// Address is where a share can be sealed for: an installation's public key.
type Address struct{ key hpke.PublicKey }

// addressMark begins an address, so that it is not taken for something else.
const addressMark = "sp1"

// checkSize is how many bytes at an address' end tell of slips of the pen.
const checkSize = 4

var addressText = base32.StdEncoding.WithPadding(base32.NoPadding)

func check(key []byte) []byte {
	sum := sha256.Sum256(append([]byte(addressMark), key...))
	return sum[:checkSize]
}

// String is the address as people copy it.
func (a Address) String() string {
	key := a.key.Bytes()
	return addressMark + strings.ToLower(addressText.EncodeToString(append(key, check(key)...)))
}

// ParseAddress reads what String writes, or says ErrAddress.
func ParseAddress(text string) (Address, error) {
	rest, ok := strings.CutPrefix(strings.ToLower(strings.TrimSpace(text)), addressMark)
	data, err := addressText.DecodeString(strings.ToUpper(rest))
	if !ok || err != nil || len(data) <= checkSize {
		return Address{}, ErrAddress
	}
	raw := data[:len(data)-checkSize]
	if !bytes.Equal(check(raw), data[len(raw):]) {
		return Address{}, fmt.Errorf("%w: a letter is wrong", ErrAddress)
	}
	key, err := hpke.DHKEM(ecdh.X25519()).NewPublicKey(raw)
	if err != nil {
		return Address{}, fmt.Errorf("%w: %w", ErrAddress, err)
	}
	a := Address{key}
	if a.String() != addressMark+rest { // one spelling is enough
		return Address{}, fmt.Errorf("%w: a letter is wrong", ErrAddress)
	}
	return a, nil
}

// lock is what opens what was sealed for an installation.
type lock struct{ key hpke.PrivateKey }

// lockOf is the lock of whoever has a key file.
func lockOf(k *store.Key) (lock, error) {
	key, err := hpke.DHKEM(ecdh.X25519()).DeriveKeyPair(k.Derive("receive shares 1"))
	if err != nil {
		return lock{}, fmt.Errorf("derive the key that shares are sealed for: %w", err)
	}
	return lock{key}, nil
}

func (l lock) address() Address { return Address{l.key.PublicKey()} }

// seal makes a share unreadable but for whoever has the address.
func (a Address) seal(plain []byte) ([]byte, error) {
	sealed, err := hpke.Seal(a.key, hpke.HKDFSHA256(), hpke.ChaCha20Poly1305(), []byte(magic), plain)
	if err != nil {
		return nil, fmt.Errorf("seal a share: %w", err)
	}
	return append([]byte(magic), sealed...), nil
}

// open reads what was sealed for this installation, or says ErrSealed.
func (l lock) open(sealed []byte) ([]byte, error) {
	rest, ok := bytes.CutPrefix(sealed, []byte(magic))
	if !ok {
		return nil, ErrSealed
	}
	plain, err := hpke.Open(l.key, hpke.HKDFSHA256(), hpke.ChaCha20Poly1305(), []byte(magic), rest)
	if err != nil {
		return nil, ErrSealed
	}
	return plain, nil
}
