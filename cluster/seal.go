package cluster

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"

	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/crypto/chacha20poly1305"
)

const keySize = chacha20poly1305.KeySize

// errSealed is the error for bytes that were not sealed with the key, or under another name.
var errSealed = errors.New("the object was not sealed with the key of this order")

// seal makes bytes unreadable without the key, and useless under another name: XChaCha20-Poly1305 (RFC 8439 with
// the nonce of draft-irtf-cfrg-xchacha), the nonce before them.
func seal(key []byte, name string, plain []byte) ([]byte, error) {
	aead, err := chacha20poly1305.NewX(key)
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	out := make([]byte, aead.NonceSize(), aead.NonceSize()+len(plain)+aead.Overhead())
	rand.Read(out) // never fails
	return aead.Seal(out, out, plain, []byte(name)), nil
}

func unseal(key []byte, name string, sealed []byte) ([]byte, error) {
	aead, err := chacha20poly1305.NewX(key)
	if err != nil {
		return nil, fmt.Errorf("open a seal: %w", err)
	}
	n := aead.NonceSize()
	if len(sealed) < n {
		return nil, errSealed
	}
	plain, err := aead.Open(sealed[n:n], sealed[:n], sealed[n:], []byte(name)) // in its place
	if err != nil {
		return nil, errSealed
	}
	return plain, nil
}

// mostObject bounds an object: the pictures of an order, or a clip.
const mostObject = 512 << 20

// put keeps bytes under a name, sealed.
func (k *kept) put(ctx context.Context, key []byte, name string, plain []byte) error {
	sealed, err := seal(key, name, plain)
	if err != nil {
		return err
	}
	if _, err := k.pixels.PutBytes(ctx, name, sealed); err != nil {
		return fmt.Errorf("keep a sealed object: %w", err)
	}
	return nil
}

// get finds what put kept. Somebody may be putting the same just now, so it tries more than once.
func (k *kept) get(ctx context.Context, key []byte, name string) (plain []byte, err error) {
	for range 3 {
		var sealed []byte
		if sealed, err = fetch(ctx, k.pixels, name, mostObject); err == nil {
			return unseal(key, name, sealed)
		}
		if errors.Is(err, jetstream.ErrObjectNotFound) || !sleep(ctx, 0) {
			break
		}
	}
	return nil, fmt.Errorf("fetch a sealed object: %w", err)
}

// fetch reads an object of at most so many bytes. Its digest is checked.
func fetch(ctx context.Context, from jetstream.ObjectStore, name string, most uint64) ([]byte, error) {
	o, err := from.Get(ctx, name)
	if err != nil {
		return nil, err
	}
	defer o.Close()
	info, err := o.Info()
	if err != nil {
		return nil, err
	}
	if info.Size > most {
		return nil, fmt.Errorf("an object of %d bytes, at most %d are read", info.Size, most)
	}
	data := make([]byte, 0, info.Size+1) // one more, so that the end is met without growing
	for {
		n, err := o.Read(data[len(data):cap(data)])
		data = data[:len(data)+n]
		if errors.Is(err, io.EOF) {
			return data, nil
		}
		if err != nil {
			return nil, err
		}
		if uint64(len(data)) > info.Size {
			return nil, fmt.Errorf("an object of more than the %d bytes it says", info.Size)
		}
	}
}

// named is an error when data does not have the SHA-256 that is its name.
func named(data []byte, name string) error {
	if sum := sha256.Sum256(data); hex.EncodeToString(sum[:]) != name {
		return errors.New("the object is not what its name says")
	}
	return nil
}

// Names of sealed objects.
func orderObject(id string) string { return "order-" + id }
func pieceObject(id string) string { return "piece-" + id }
