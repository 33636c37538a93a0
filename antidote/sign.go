package antidote

import (
	"crypto/rand"
	"errors"
	"fmt"
	"strings"

	"aead.dev/minisign"
)

// Lists are signed with minisign (https://jedisct1.github.io/minisign/), an Ed25519 signature beside the file: who
// has that program needs no other to verify them.

// Errors of signatures.
var (
	ErrSignature = errors.New("the signature is not of this key over this list")
	ErrKey       = errors.New("this is no minisign public key")
	// ErrOtherKey means that a list is signed with another key than before, and that the old one does not vouch for it. Nobody can
	// tell that from a list that was changed after it was signed.
	ErrOtherKey = errors.New("the list was changed, or is signed with another key, which the known one does not vouch for")
)

// Key signs lists.
type Key struct{ private minisign.PrivateKey }

// NewKey makes a key.
func NewKey() (Key, error) {
	_, k, err := minisign.GenerateKey(rand.Reader)
	if err != nil {
		return Key{}, fmt.Errorf("make a key for antidote lists: %w", err)
	}
	return Key{k}, nil
}

// ParseKey reads what Secret wrote.
func ParseKey(secret string) (Key, error) {
	var k minisign.PrivateKey
	if err := k.UnmarshalText([]byte(secret)); err != nil {
		return Key{}, errors.New("the key for antidote lists cannot be read")
	}
	return Key{k}, nil
}

// Secret is the key as text, in minisign's format of a key without a password.
func (k Key) Secret() (string, error) {
	text, err := k.private.MarshalText()
	if err != nil {
		return "", fmt.Errorf("write the key for antidote lists: %w", err)
	}
	return string(text), nil
}

// Public is the key as others know it: 56 letters, the last line of a minisign public key file.
func (k Key) Public() string {
	text, err := k.private.Public().(minisign.PublicKey).MarshalText()
	if err != nil {
		return "" // no public key fails to
	}
	return lastLine(string(text))
}

// PublicFile is a public key as a file that minisign reads.
func PublicFile(public string) string {
	return "untrusted comment: slugpuppy antidote list public key\n" + public + "\n"
}

// Sign signs what Encode wrote; the comment, a line of text, is signed too.
func (k Key) Sign(message []byte, comment string) []byte {
	return minisign.SignWithComments(k.private, message, comment, "signature of an antidote list, verify with minisign")
}

// Verify checks the signature of a public key.
func Verify(public string, message, signature []byte) error {
	key, err := parsePublic(public)
	if err != nil {
		return err
	}
	if len(signature) > 1<<12 || !minisign.Verify(key, message, signature) {
		return ErrSignature
	}
	return nil
}

// ParsePublic reads a public key, on a line of its own or in a file of minisign's.
func ParsePublic(text string) (string, error) {
	if len(text) > 1<<12 {
		return "", ErrKey
	}
	public := lastLine(text)
	_, err := parsePublic(public)
	return public, err
}

func parsePublic(public string) (key minisign.PublicKey, err error) {
	if strings.ContainsAny(public, "\r\n") || key.UnmarshalText([]byte(public)) != nil {
		return key, ErrKey
	}
	return key, nil
}

func lastLine(s string) string {
	s = strings.TrimSpace(s)
	return strings.TrimSpace(s[strings.LastIndexByte(s, '\n')+1:])
}

// Succession is a key vouching for the one after it.
type Succession struct {
	Old       string `json:"old"`
	New       string `json:"new"`
	Signature string `json:"signature"` // the old key's, of statement
}

// statement is what the old key signs.
func statement(old, new string) []byte {
	return []byte("slugpuppy antidote key " + old + " is followed by " + new + "\n")
}

// Succeed has a key vouch for the next one.
func (k Key) Succeed(next Key) Succession {
	s := Succession{Old: k.Public(), New: next.Public()}
	s.Signature = string(k.Sign(statement(s.Old, s.New), "followed by another key"))
	return s
}

func (s Succession) check() error {
	if len(s.Old) > 100 || len(s.New) > 100 || len(s.Signature) > 1000 {
		return errors.New("too long")
	}
	return nil
}

// Follow goes from a key that is known to the one that a list was signed with: they are the same, or each vouches
// for the next. It fails with ErrSignature, ErrKey or ErrOtherKey.
func Follow(known string, l List, message, signature []byte) (public string, err error) {
	public = known
	for range len(l.Keys) + 1 {
		if err = Verify(public, message, signature); !errors.Is(err, ErrSignature) {
			return public, err
		}
		next := ""
		for _, s := range l.Keys {
			if s.Old == public && s.New != public && Verify(s.Old, statement(s.Old, s.New), []byte(s.Signature)) == nil {
				next = s.New
			}
		}
		if next == "" {
			break
		}
		public = next
	}
	return "", ErrOtherKey
}
