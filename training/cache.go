package training

import (
	"bufio"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"

	"slugpuppy/classifier/detector"
)

// Cache keeps samples in a file, so that a run that was stopped goes on where it was.
type Cache struct {
	Samples []detector.Sample // that were in the file
	file    *recordFile[detector.Sample]
}

// OpenCache reads a cache of fingerprints of a network, or begins one.
func OpenCache(path, model string) (*Cache, error) {
	f, err := openRecords[detector.Sample](path, header{detector.Version, model})
	if err != nil {
		return nil, err
	}
	return &Cache{Samples: f.records, file: f}, nil
}

// Add writes one sample.
func (c *Cache) Add(s detector.Sample) error { return c.file.add(s) }

// Close closes the file.
func (c *Cache) Close() error { return c.file.close() }

// recordFile is a file of a header, and then one record a piece, each complete in itself, so that a file whose last record
// was cut off is good up to there.
type recordFile[T any] struct {
	records []T // that were in the file
	mu      sync.Mutex
	file    *os.File
}

// header says what made the records: the version of the fingerprint, and a network or a head.
type header struct {
	Version int
	Model   string
}

// openRecords reads a file that the same made, or begins one.
func openRecords[T any](path string, made header) (*recordFile[T], error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, fmt.Errorf("open cache: %w", err)
	}
	c := &recordFile[T]{file: f}
	if err := c.load(made); err != nil {
		return nil, errors.Join(fmt.Errorf("cache %s: %w", path, err), f.Close())
	}
	return c, nil
}

func (c *recordFile[T]) load(want header) error {
	in := bufio.NewReader(c.file)
	var got header
	good, err := next(in, &got)
	if errors.Is(err, io.EOF) {
		return c.append(want)
	}
	if err != nil {
		return err
	}
	if got != want {
		return fmt.Errorf("was made by version %d of %.20s, not %d of %.20s; name another file", got.Version, got.Model, want.Version, want.Model)
	}
	for {
		var r T
		n, err := next(in, &r)
		if err != nil { // the end, or a record that was not finished
			break
		}
		good += n
		c.records = append(c.records, r)
	}
	if err := c.file.Truncate(good); err != nil {
		return err
	}
	_, err = c.file.Seek(good, io.SeekStart)
	return err
}

// add writes one record.
func (c *recordFile[T]) add(r T) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.append(r); err != nil {
		return fmt.Errorf("keep what was seen: %w", err)
	}
	return nil
}

func (c *recordFile[T]) close() error { return c.file.Close() }

// A record is its length in bytes, eight hex digits and a line feed, and a gob.
const prefix = 9

// maxRecord bounds one.
const maxRecord = 16 << 20

func (c *recordFile[T]) append(v any) error {
	record := &sized{}
	record.b = append(record.b, "00000000\n"...)
	if err := gob.NewEncoder(record).Encode(v); err != nil {
		return err
	}
	copy(record.b, fmt.Sprintf("%08x", len(record.b)-prefix))
	_, err := c.file.Write(record.b)
	return err
}

// sized collects what a gob writes behind the place for its length.
type sized struct{ b []byte }

func (s *sized) Write(p []byte) (int, error) {
	s.b = append(s.b, p...)
	return len(p), nil
}

// next reads one record and tells how many bytes it took.
func next(in *bufio.Reader, v any) (int64, error) {
	var head [prefix]byte
	if _, err := io.ReadFull(in, head[:]); err != nil {
		return 0, err
	}
	var n int64
	if _, err := fmt.Sscanf(string(head[:]), "%08x\n", &n); err != nil || n < 0 || n > maxRecord {
		return 0, errors.New("is not a cache of fingerprints")
	}
	record := io.LimitReader(in, n)
	if err := gob.NewDecoder(record).Decode(v); err != nil {
		return 0, err
	}
	rest, err := io.Copy(io.Discard, record)
	if err != nil || rest > 0 {
		return 0, errors.New("is not a cache of fingerprints")
	}
	return prefix + n, nil
}
