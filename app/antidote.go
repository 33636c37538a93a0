package app

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"slugpuppy/antidote"
	"slugpuppy/bot/feed"
	"slugpuppy/bot/lists"
	"slugpuppy/bot/network"
	"slugpuppy/bot/network/safehttp"
	"slugpuppy/bot/operator"
	"slugpuppy/bot/web"
	"slugpuppy/store"
)

// listPath is where the antidote list is on the page.
const listPath = "/antidote.json"

// signer has the keys of the antidote list sealed in the database.
type signer struct{ database }

// The fields of the record of the antidote list's secrets.
const (
	antidoteRecord = "antidote"
	antidoteKey    = "key"
	antidoteBefore = "before" // successions of keys, as JSON
)

// Signer implements feed.Keys. The first key is made when it is first asked for.
func (s signer) Signer() (key antidote.Key, before []antidote.Succession, err error) {
	secret, err := s.Get(antidoteRecord, antidoteKey)
	if errors.Is(err, network.ErrNoSecret) {
		if key, err = antidote.NewKey(); err == nil {
			err = s.keep(key)
		}
		return key, nil, err
	}
	if err != nil {
		return key, nil, fmt.Errorf("open the key of the antidote list: %w", err)
	}
	if key, err = antidote.ParseKey(secret); err != nil {
		return key, nil, err
	}
	known, err := s.Get(antidoteRecord, antidoteBefore)
	if errors.Is(err, network.ErrNoSecret) {
		return key, nil, nil
	}
	if err == nil {
		err = json.Unmarshal([]byte(known), &before)
	}
	if err != nil {
		return key, nil, fmt.Errorf("read the former keys of the antidote list: %w", err)
	}
	return key, before, nil
}

func (s signer) keep(key antidote.Key) error {
	secret, err := key.Secret()
	if err != nil {
		return err
	}
	return s.Put(antidoteRecord, antidoteKey, secret)
}

// mostBefore is how many former keys still lead to the present one.
const mostBefore = 12

// rotate makes a new key, which the present one vouches for.
func (s signer) rotate() (key antidote.Key, err error) {
	old, before, err := s.Signer()
	if err != nil {
		return key, err
	}
	if key, err = antidote.NewKey(); err != nil {
		return key, err
	}
	before = append(before, old.Succeed(key))
	known, err := json.Marshal(before[max(0, len(before)-mostBefore):])
	if err != nil {
		return key, fmt.Errorf("write the former keys of the antidote list: %w", err)
	}
	// A kill between the two leaves the old key with a succession that nobody followed yet.
	if err := s.Put(antidoteRecord, antidoteBefore, string(known)); err != nil {
		return key, err
	}
	return key, s.keep(key)
}

// newFeed publishes the daemon's dreams on the page.
func (a *App) newFeed(d database) (*feed.Feed, error) {
	u, err := a.pageURL()
	if err != nil {
		return nil, err
	}
	return feed.New(feed.Options{Album: d.store.Album(), Keys: signer{d}, Origin: u.String() + listPath, Now: a.now, Log: a.log})
}

// pages are the page with what the feed publishes.
func (d *daemon) pages() http.Handler {
	mux, published := http.NewServeMux(), d.feed.Handler()
	mux.Handle("/", d.site.Handler())
	for _, at := range []string{listPath, listPath + ".minisig", "/antidote.pub", "/antidote.csv", "/antidote/", "/gallery", "/gallery/"} {
		mux.Handle(at, published)
	}
	return mux
}

// galleryLink is in the navigation of the page.
var galleryLink = web.Link{Title: "Gallery", To: "/gallery"}

// ListFile is an antidote list in a file.
type ListFile struct {
	List      antidote.List
	Records   []antidote.Record // with those of pages that lie in the folder beside it
	Public    string            // the key that it was signed with; "" for a CSV, which has no signature
	Unread    int               // lines of a CSV that hold no hash
	Signature string            // the file of it
}

// csvExt is what files of hashes without a signature end in.
const csvExt = ".csv"

// ReadList reads an antidote list with its signature, NAME.minisig beside it, and pages in the folder of its name, or
// a CSV of hashes, which has neither. With a key, as text or a file, it has to be signed by that or by one that
// it vouches for.
func ReadList(path, key string) (f ListFile, err error) {
	data, err := readAtMost(path, antidote.MostWhole)
	if err != nil {
		return f, err
	}
	if strings.EqualFold(filepath.Ext(path), csvExt) {
		if key != "" {
			return f, usage(errors.New("a CSV is not signed: leave out --key"))
		}
		f.Records, f.Unread, err = antidote.ReadCSV(bytes.NewReader(data))
		return f, err
	}
	if f.List, err = antidote.Read(bytes.NewReader(data), antidote.MostWhole); err != nil {
		return f, err
	}
	if err := f.verify(path, key, data); err != nil {
		return f, err
	}
	for _, p := range f.List.Pages {
		records, err := readPage(filepath.Join(strings.TrimSuffix(path, filepath.Ext(path)), p.Name), p)
		if err != nil {
			return f, err
		}
		f.Records = append(f.Records, records...)
	}
	f.Records = append(f.Records, f.List.Records...)
	return f, nil
}

// verify checks the signature beside a list, by a key that is known or by the one that lies beside it, too.
func (f *ListFile) verify(path, key string, data []byte) (err error) {
	f.Signature = path + ".minisig"
	signature, err := readAtMost(f.Signature, 1<<12)
	if err != nil {
		return fmt.Errorf("the signature of the list: %w", err)
	}
	if key == "" {
		beside := strings.TrimSuffix(path, filepath.Ext(path)) + ".pub"
		text, err := readAtMost(beside, 1<<12)
		if err != nil {
			return usage(fmt.Errorf("whose list is it? Name the key with --key, as text or a file, or put it to %s", beside))
		}
		key = string(text)
	} else if text, err := readAtMost(key, 1<<12); err == nil {
		key = string(text)
	}
	known, err := antidote.ParsePublic(key)
	if err != nil {
		return usage(err)
	}
	f.Public, err = antidote.Follow(known, f.List, data, signature)
	return err
}

func readPage(path string, p antidote.Page) ([]antidote.Record, error) {
	data, err := readAtMost(path, antidote.MostBytes)
	if err != nil {
		return nil, fmt.Errorf("a page of the list: %w", err)
	}
	if sum := sha256.Sum256(data); hex.EncodeToString(sum[:]) != p.SHA256 {
		return nil, fmt.Errorf("%w: page %s is not the one that was signed", antidote.ErrSignature, p.Name)
	}
	l, err := antidote.Read(bytes.NewReader(data), antidote.MostBytes)
	return l.Records, err
}

func readAtMost(path string, most int64) ([]byte, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, err
	case info.Size() > most:
		return nil, fmt.Errorf("%s has %d bytes, at most %d are read", path, info.Size(), most)
	}
	return os.ReadFile(path)
}

// Find says whether a picture is a copy of a dream on the list.
func (f ListFile) Find(img image.Image) (record antidote.Record, m antidote.Match, ok bool) {
	if m, ok = antidote.NewIndex(f.Records).Find(antidote.LookOf(img)); ok {
		record = f.Records[m.Record]
	}
	return record, m, ok
}

// Written is a file to write.
type Written struct {
	Name string
	Data []byte
}

// ExportList is the list of all public dreams for a file in one piece, with its signature and key beside it; for
// NAME.csv only the hashes.
func (a *App) ExportList(ctx context.Context, path string) (records int, files []Written, err error) {
	st, done, err := a.readStore(ctx)
	if err != nil {
		return 0, nil, err
	}
	defer done()
	dreams, err := st.Album().Open()
	if err != nil {
		return 0, nil, err
	}
	all := feed.Records(dreams)
	if strings.EqualFold(filepath.Ext(path), csvExt) {
		var out bytes.Buffer
		if err := antidote.WriteCSV(&out, all); err != nil {
			return 0, nil, err
		}
		return len(all), []Written{{path, out.Bytes()}}, nil
	}
	key, before, err := signer{database{st, a.key}}.Signer()
	if err != nil {
		return 0, nil, err
	}
	now := a.now().UTC()
	l := antidote.List{Maker: "slugpuppy", Serial: uint64(max(now.Unix(), 1)), Issued: now.Truncate(1e9), Keys: before, Records: all}
	if u, err := a.pageURL(); err == nil && u.Host != "" {
		l.Origin = u.String() + listPath
	}
	data, err := l.Encode()
	if err != nil {
		return 0, nil, err
	}
	public := strings.TrimSuffix(path, filepath.Ext(path)) + ".pub"
	return len(all), []Written{{path, data}, {path + ".minisig", key.Sign(data, fmt.Sprintf("antidote list %d", l.Serial))},
		{public, []byte(antidote.PublicFile(key.Public()))}}, nil
}

// RotateKey makes a new key for the antidote list, which the present one vouches for.
func (a *App) RotateKey(ctx context.Context) (public string, err error) {
	st, err := a.idleStore(ctx)
	if err != nil {
		return "", err
	}
	defer st.Close()
	key, err := signer{database{st, a.key}}.rotate()
	return key.Public(), err
}

// readStore opens the database, or a copy of it where a daemon has it open: that has made its key at its start.
func (a *App) readStore(ctx context.Context) (st *store.Store, done func(), err error) {
	if st, err = a.idleStore(ctx); errors.Is(err, operator.ErrRefused) {
		return a.copiedStore(ctx)
	}
	return st, func() { st.Close() }, err
}

// copiedStore opens a copy of the database, which a daemon may have open.
func (a *App) copiedStore(ctx context.Context) (st *store.Store, done func(), err error) {
	svc, close, err := a.Operator(ctx)
	if err != nil {
		return nil, nil, err
	}
	defer close()
	dir, err := os.MkdirTemp("", "slugpuppy-antidote-")
	if err != nil {
		return nil, nil, fmt.Errorf("make room for a copy of the database: %w", err)
	}
	path := filepath.Join(dir, "copy.db")
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_EXCL, 0o600)
	if err == nil {
		err = errors.Join(svc.Backup(ctx, f), f.Close())
	}
	if err == nil {
		st, err = store.Open(path, store.Options{MustExist: true})
	}
	if err != nil {
		os.RemoveAll(dir)
		return nil, nil, fmt.Errorf("copy the database: %w", err)
	}
	return st, func() { st.Close(); os.RemoveAll(dir) }, nil
}

// idleStore opens the database of a daemon that does not run.
func (a *App) idleStore(ctx context.Context) (*store.Store, error) {
	if err := a.placed(); err != nil {
		return nil, err
	}
	st, err := openSound(ctx, a.cfg.Store.Path, store.Options{MustExist: true})
	switch {
	case errors.Is(err, store.ErrLocked):
		return nil, fmt.Errorf("%w: %w; stop the daemon first", operator.ErrRefused, err)
	case errors.Is(err, store.ErrMissing), errors.Is(err, fs.ErrNotExist):
		return nil, down(fmt.Errorf("there is no database yet; start `slugpuppy serve` once"))
	}
	return st, err
}

// Forged says whether an error means that a list is not what its key signed.
func Forged(err error) bool {
	return errors.Is(err, antidote.ErrSignature) || errors.Is(err, antidote.ErrOtherKey)
}

// newLists is where antidote lists of others are followed.
func (a *App) newLists(st *store.Store) (*lists.Desk, error) {
	return lists.New(lists.Options{Store: st, Fetch: a.fetchList, Now: a.now, Log: a.log})
}

// fetchList downloads a file from an address that a stranger may have chosen.
func (a *App) fetchList(ctx context.Context, address string, most int64) ([]byte, error) {
	if a.web == nil {
		return safehttp.New(safehttp.Options{UserAgent: a.agent(), Timeout: time.Minute}).Fetch(ctx, address, most)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	res, err := a.web.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return nil, &safehttp.StatusError{Code: res.StatusCode}
	}
	data, err := io.ReadAll(io.LimitReader(res.Body, most+1))
	if err == nil && int64(len(data)) > most {
		err = safehttp.ErrTooLarge
	}
	return data, err
}

// NameOf is what a list that came as a file is called, as part of an address.
func NameOf(path string) string {
	name := strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))
	return strings.Map(func(r rune) rune {
		if r <= ' ' || r > '~' {
			return '-'
		}
		return r
	}, name[:min(len(name), 100)])
}
