package antidote

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"time"
)

// Format names what a list is, with the version of its format. Lists of others are refused.
const Format = "slugpuppy-antidote-1"

// List is what is signed: the records, or the hashes of the pages that have them.
type List struct {
	Format string    `json:"format"`
	Maker  string    `json:"maker"`            // the program that made the dreams
	Origin string    `json:"origin,omitempty"` // where the list can be had anew
	Serial uint64    `json:"serial"`           // grows with every issue: an older one is never taken for news
	Issued time.Time `json:"issued"`
	// Keys leads from every key that the list was signed with before to the present one.
	Keys    []Succession `json:"keys,omitempty"`
	Pages   []Page       `json:"pages,omitempty"` // of older records, oldest first; a page never changes
	Records []Record     `json:"records"`         // oldest first
}

// Page is a file of records beside a list.
type Page struct {
	Name    string `json:"name"`   // of the file, relative to the list
	SHA256  string `json:"sha256"` // of its bytes, 64 hexadecimal digits
	Records int    `json:"records"`
}

// What a list may hold at most: it comes from strangers.
const (
	MostRecords = 100_000 // with those of its pages
	PerPage     = 1_000
	MostPages   = MostRecords / PerPage
	MostBytes   = 4 << 20 // of a list, or of a page
	// MostWhole is the same of a list that has all its records in itself, as those are that are handed on as files.
	MostWhole = 128 << 20
	mostKeys  = 16
	mostText  = 300
)

// ErrNoList is what Read says of anything that is no list.
var ErrNoList = errors.New("this is no antidote list")

// Encode writes a list as it is signed: the same list is always the same bytes.
func (l List) Encode() ([]byte, error) {
	l.Format = Format
	if l.Records == nil {
		l.Records = []Record{}
	}
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	if err := e.Encode(l); err != nil {
		return nil, fmt.Errorf("write an antidote list: %w", err)
	}
	return out.Bytes(), nil
}

// Read reads a list or a page of at most so many bytes. What is not as it has to be makes all of it useless: it was
// signed. Unknown fields are passed over.
func Read(r io.Reader, most int64) (l List, err error) {
	in := &io.LimitedReader{R: r, N: most + 1}
	d := &reader{json.NewDecoder(in)}
	if err := d.list(&l); err != nil {
		if in.N <= 0 {
			return List{}, fmt.Errorf("%w: it has more than %d bytes", ErrNoList, most)
		}
		return List{}, fmt.Errorf("%w: %w", ErrNoList, err)
	}
	if l.Format != Format {
		return List{}, fmt.Errorf("%w: its format is %.40q, not %s", ErrNoList, l.Format, Format)
	}
	return l, nil
}

// reader takes a list apart without ever holding more of it than counts.
type reader struct{ *json.Decoder }

func (d *reader) list(l *List) error {
	err := d.fields(func(name string) error {
		switch name {
		case "format":
			return d.text(&l.Format)
		case "maker":
			return d.text(&l.Maker)
		case "origin":
			return d.text(&l.Origin)
		case "serial":
			return d.Decode(&l.Serial)
		case "issued":
			return d.Decode(&l.Issued)
		case "keys":
			return elements(d, &l.Keys, mostKeys, Succession.check)
		case "pages":
			return elements(d, &l.Pages, MostPages, Page.check)
		case "records":
			return elements(d, &l.Records, MostRecords, Record.check)
		}
		var other json.RawMessage
		return d.Decode(&other)
	})
	if err != nil {
		return err
	}
	if _, err := d.Token(); err != io.EOF {
		return errors.New("there is something behind it")
	}
	total := len(l.Records)
	for _, p := range l.Pages {
		total += p.Records
	}
	if total > MostRecords {
		return fmt.Errorf("%d records, at most %d are read", total, MostRecords)
	}
	return nil
}

// fields reads an object.
func (d *reader) fields(field func(name string) error) error {
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return errors.New("no object")
	}
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return err
		}
		name, _ := t.(string)
		if err := field(name); err != nil {
			return fmt.Errorf("%.40q: %w", name, err)
		}
	}
	_, err := d.Token()
	return err
}

func (d *reader) text(s *string) error {
	if err := d.Decode(s); err != nil {
		return err
	}
	if len(*s) > mostText {
		return fmt.Errorf("longer than %d bytes", mostText)
	}
	return nil
}

// elements reads an array of at most so many.
func elements[T any](d *reader, to *[]T, most int, check func(T) error) error {
	if t, err := d.Token(); err != nil || t != json.Delim('[') {
		return errors.New("no array")
	}
	for d.More() {
		if len(*to) == most {
			return fmt.Errorf("more than %d", most)
		}
		var v T
		if err := d.Decode(&v); err != nil {
			return fmt.Errorf("number %d: %w", len(*to)+1, err)
		}
		if err := check(v); err != nil {
			return fmt.Errorf("number %d: %w", len(*to)+1, err)
		}
		*to = append(*to, v)
	}
	_, err := d.Token()
	return err
}

func (r Record) check() error {
	switch {
	case r.PDQ == none:
		return errors.New("no pdq")
	case r.Quality < 0 || r.Quality > 100:
		return fmt.Errorf("quality %d", r.Quality)
	case !address(r.Post):
		return errors.New("post is no web address")
	}
	return nil
}

func (p Page) check() error {
	switch {
	case p.Name == "" || len(p.Name) > 100 || strings.Trim(p.Name, "abcdefghijklmnopqrstuvwxyz0123456789.-") != "" || p.Name[0] == '.':
		return errors.New("name is no plain name of a file")
	case len(p.SHA256) != 64 || strings.Trim(p.SHA256, "0123456789abcdef") != "":
		return errors.New("sha256 is none")
	case p.Records < 0 || p.Records > PerPage:
		return fmt.Errorf("%d records, a page has at most %d", p.Records, PerPage)
	}
	return nil
}

// address says whether a text is an address on the web, or empty.
func address(s string) bool {
	if s == "" {
		return true
	}
	u, err := url.Parse(s)
	return err == nil && len(s) <= mostText && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && u.User == nil
}
