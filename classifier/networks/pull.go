package networks

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"slugpuppy/classifier"
)

// Puller downloads published networks into a folder.
type Puller struct {
	Folder Folder
	// Client makes the requests; one that speaks https only and gives up on silence if nil.
	Client *http.Client
	// Progress is told how many bytes of a file there are, of how many; may be nil.
	Progress func(have, size int64)
}

// Pull downloads a network, its labels first, checks both against their hashes, loads it once
// and only then puts it in its place. A download that was cut off goes on where it stopped.
func (p Puller) Pull(ctx context.Context, n Published) error {
	part := filepath.Join(p.Folder.Dir, "."+n.Name+".part") // not a name of a network
	if err := os.MkdirAll(part, 0o755); err != nil {
		return fmt.Errorf("pull %s: %w", n.Name, err)
	}
	model := filepath.Join(part, "model.onnx")
	synsets := filepath.Join(part, "synsets.txt")
	if err := p.file(ctx, n.Labels, synsets); err != nil {
		return fmt.Errorf("pull labels of %s: %w", n.Name, err)
	}
	text, err := os.ReadFile(synsets)
	if err != nil {
		return err
	}
	if err := replace(beside(model, ".labels.txt"), []byte(withTabs(string(text)))); err != nil {
		return err
	}
	if err := p.file(ctx, n.Model, model); err != nil {
		return fmt.Errorf("pull %s: %w", n.Name, err)
	}
	notes, err := json.MarshalIndent(Notes{About: n.About, Size: n.Model.Size, SHA256: n.Model.SHA256, Input: &n.Input}, "", "  ")
	if err != nil {
		return err
	}
	if err := replace(beside(model, ".json"), append(notes, '\n')); err != nil {
		return err
	}
	if _, err := OpenFile(model, n.Name); err != nil {
		return fmt.Errorf("try %s: %w", n.Name, err)
	}
	os.Remove(synsets)
	place := filepath.Join(p.Folder.Dir, n.Name)
	if err := os.RemoveAll(place); err != nil {
		return err
	}
	return os.Rename(part, place)
}

// withTabs turns "n01440764 tench, Tinca tinca" into the form of our labels.
func withTabs(text string) string {
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	for i, l := range lines {
		lines[i] = strings.Replace(l, " ", "\t", 1)
	}
	return strings.Join(lines, "\n") + "\n"
}

// file downloads one file, from the first address that has it.
func (p Puller) file(ctx context.Context, r Remote, path string) error {
	var failures []error
	for _, url := range r.URLs {
		err := p.from(ctx, url, r, path)
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		failures = append(failures, fmt.Errorf("%s: %w", url, err))
	}
	return errors.Join(failures...)
}

func (p Puller) from(ctx context.Context, url string, r Remote, path string) error {
	have := int64(0)
	if info, err := os.Stat(path); err == nil {
		have = info.Size()
	}
	if have > r.Size {
		have = 0
	}
	if have < r.Size {
		if err := p.download(ctx, url, r.Size, have, path); err != nil {
			return err
		}
	}
	sum, err := hashOf(path)
	if err != nil {
		return err
	}
	if sum != r.SHA256 {
		// What is there is of no use to the next try, here or elsewhere.
		return errors.Join(ErrDamaged, os.Remove(path))
	}
	return nil
}

// download appends what is missing of a file, or writes it anew if the server has no ranges.
func (p Puller) download(ctx context.Context, url string, size, have int64, path string) error {
	const longestSilence = time.Minute
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	silence := time.AfterFunc(longestSilence, func() { cancel(errSilence) })
	defer silence.Stop()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	req.Header.Set("User-Agent", "slugpuppy")
	req.Header.Set("Accept-Encoding", "identity")
	if have > 0 {
		req.Header.Set("Range", fmt.Sprintf("bytes=%d-", have))
	}
	client := p.Client
	if client == nil {
		client = newClient()
	}
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	switch {
	case resp.StatusCode == http.StatusOK:
		have = 0
	case resp.StatusCode == http.StatusPartialContent && have > 0 &&
		strings.HasPrefix(resp.Header.Get("Content-Range"), fmt.Sprintf("bytes %d-", have)):
	default:
		return fmt.Errorf("HTTP %d", resp.StatusCode)
	}
	if resp.ContentLength >= 0 && resp.ContentLength != size-have {
		return fmt.Errorf("%d bytes instead of %d: %w", resp.ContentLength, size-have, ErrDamaged)
	}
	body := reader(func(b []byte) (int, error) {
		n, err := resp.Body.Read(b)
		silence.Reset(longestSilence)
		if err != nil && err != io.EOF && ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		return n, err
	})
	return p.save(body, size, have, path)
}

var errSilence = errors.New("the server fell silent")

type reader func([]byte) (int, error)

func (r reader) Read(b []byte) (int, error) { return r(b) }

// save writes the body behind the first have bytes of a file. What arrived is kept whatever
// happens, for the next try.
func (p Puller) save(body io.Reader, size, have int64, path string) error {
	out, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	err = out.Truncate(have)
	if err == nil {
		_, err = out.Seek(have, io.SeekStart)
	}
	if err == nil {
		_, err = io.Copy(out, &counted{io.LimitReader(body, size-have+1), have, size, p.Progress})
	}
	if err = errors.Join(err, out.Close()); err != nil {
		return err
	}
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if info.Size() > size {
		return errors.Join(fmt.Errorf("more than %d bytes: %w", size, ErrDamaged), os.Remove(path))
	}
	if info.Size() < size {
		return fmt.Errorf("cut off after %d of %d bytes: %w", info.Size(), size, io.ErrUnexpectedEOF)
	}
	return nil
}

// counted reports what was read.
type counted struct {
	r          io.Reader
	have, size int64
	report     func(have, size int64)
}

func (c *counted) Read(b []byte) (int, error) {
	n, err := c.r.Read(b)
	c.have += int64(n)
	if c.report != nil {
		c.report(min(c.have, c.size), c.size)
	}
	return n, err
}

func hashOf(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", fmt.Errorf("read %s: %w", path, err)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// newClient speaks https only, wherever it is sent on to. Weights are large and lines slow,
// so there is a limit on silence at the beginning but none on the whole; the context ends it.
func newClient() *http.Client {
	const answer = 30 * time.Second
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.ResponseHeaderTimeout, t.MaxResponseHeaderBytes = answer, 1<<16
	return &http.Client{Transport: t, CheckRedirect: func(req *http.Request, via []*http.Request) error {
		if req.URL.Scheme != "https" {
			return errors.New("sent on to an address that is not https")
		}
		if len(via) > 5 {
			return errors.New("too many redirects")
		}
		return nil
	}}
}

// Remove deletes a network; the embedded one is used again if it was in use.
func (f Folder) Remove(name string) error {
	if name == classifier.Embedded {
		return fmt.Errorf("network %q: %w", name, ErrEmbedded)
	}
	if !namePattern.MatchString(name) {
		return fmt.Errorf("network %q: %w", name, errBadName)
	}
	if _, err := os.Stat(f.model(name)); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("network %q: %w", name, ErrUnknown)
	}
	if now, err := f.Current(); err == nil && now == name {
		if err := f.Use(""); err != nil {
			return err
		}
	}
	return os.RemoveAll(filepath.Join(f.Dir, name))
}
