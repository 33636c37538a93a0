package training

import (
	"bufio"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"os"

	"slugpuppy/classifier/detector"
)

// Cache keeps samples in a file: a header, and then one record a sample, each complete in itself,
// so that a file whose last record was cut off is good up to there.
type Cache struct {
	Samples []detector.Sample // that were in the file
	file    *os.File
}

// header says what made the fingerprints.
type header struct {
	Version int
	Model   string
}

// OpenCache reads a cache of fingerprints of a network, or begins one.
func OpenCache(path, model string) (*Cache, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, fmt.Errorf("open cache: %w", err)
	}
	c := &Cache{file: f}
	if err := c.load(header{detector.Version, model}); err != nil {
		return nil, errors.Join(fmt.Errorf("cache %s: %w", path, err), f.Close())
	}
	return c, nil
}

func (c *Cache) load(want header) error {
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
		return fmt.Errorf("has fingerprints of version %d by network %.8s, not %d by %.8s; name another file", got.Version, got.Model, want.Version, want.Model)
	}
	for {
		var s detector.Sample
		n, err := next(in, &s)
		if err != nil { // the end, or a record that was not finished
			break
		}
		good += n
		c.Samples = append(c.Samples, s)
	}
	if err := c.file.Truncate(good); err != nil {
		return err
	}
	_, err = c.file.Seek(good, io.SeekStart)
	return err
}

// Add writes one sample.
func (c *Cache) Add(s detector.Sample) error {
	if err := c.append(s); err != nil {
		return fmt.Errorf("keep a fingerprint: %w", err)
	}
	return nil
}

// Close closes the file.
func (c *Cache) Close() error { return c.file.Close() }

// A record is its length in bytes, eight hex digits and a line feed, and a gob.
const prefix = 9

// maxRecord bounds one.
const maxRecord = 16 << 20

func (c *Cache) append(v any) error {
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
