package training

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"image"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"slugpuppy/classifier"
	"slugpuppy/classifier/detector"
	"slugpuppy/picture"
)

// listed is a picture of a list, and what kind of picture it is.
type listed struct{ file, kind string }

// readList reads a list of files, one a line; those without a folder at the root lie beside the list. What is no photograph has its
// kind, such as "screenshot", after a tab.
func readList(path string) (all []listed, err error) {
	if path == "" {
		return nil, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read a list of pictures: %w", err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		name, kind, _ := strings.Cut(strings.TrimSpace(lines.Text()), "\t")
		if name == "" {
			continue
		}
		if !filepath.IsAbs(name) {
			name = filepath.Join(filepath.Dir(path), name)
		}
		all = append(all, listed{name, cmp.Or(strings.TrimSpace(kind), photograph)})
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("read a list of pictures: %w", err)
	}
	return all, nil
}

// photograph is the kind of what has none in a list.
const photograph = "photograph"

// entry is a picture of a list to learn from: its folder is its source. Thousands of ordinary pictures would else outweigh hard ones.
func (l listed) entry() Entry {
	e := Entry{File: l.file, Class: detector.Photograph, Group: "list:" + filepath.Dir(l.file), Extra: true, Light: true}
	if l.kind != photograph {
		e.Class, e.Notes = usual, l.kind
	}
	return e
}

// view is a picture that a head is judged by.
type view struct {
	name string // in the file that keeps what was seen
	open func(ctx context.Context) (image.Image, error)
	head *detector.Head // that sees it: one that did not learn from it
}

// sight is what was seen of one, or that it cannot be read.
type sight struct {
	Name   string
	Scan   detector.Scan
	Unread bool
}

// scanner looks at many pictures, and keeps what it saw in a file, so that a run that was stopped goes on where it was.
type scanner struct {
	net      *classifier.Network
	kept     string // file for what was seen, or ""
	progress func(what string, done, of int)
}

// scan looks at pictures in a run of its own name. The result is in their order.
func (s scanner) scan(ctx context.Context, run string, head *detector.Head, views []view) (seen []sight, err error) {
	known := map[string]sight{}
	keep := func(sight) error { return nil }
	if s.kept != "" {
		model, err := head.Looks()
		if err != nil {
			return nil, err
		}
		log, err := openRecords[sight](s.kept+"."+run, header{detector.Version, model})
		if err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, log.close()) }()
		for _, v := range log.records {
			known[v.Name] = v
		}
		keep = log.add
	}
	seen = make([]sight, len(views))
	detectors := map[*detector.Head]*detector.Detector{}
	for _, v := range views {
		if detectors[v.head] == nil {
			if detectors[v.head], err = detector.WithHead(s.net, v.head); err != nil {
				return nil, err
			}
		}
	}
	var done atomic.Int64
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i, v := range views {
		if old, ok := known[v.name]; ok {
			seen[i] = old
			done.Add(1)
			continue
		}
		group.Go(func() (err error) {
			if seen[i], err = look(ctx, detectors[v.head], v); err != nil {
				return err
			}
			s.progress(run, int(done.Add(1)), len(views))
			return keep(seen[i])
		})
	}
	return seen, group.Wait()
}

// look scans one picture. A file that is no picture is not counted: lists of thousands have some.
func look(ctx context.Context, d *detector.Detector, v view) (sight, error) {
	img, err := v.open(ctx)
	if err != nil && ctx.Err() == nil {
		return sight{Name: v.name, Unread: true}, nil
	}
	if err != nil {
		return sight{}, err
	}
	scan, err := d.Scan(ctx, img)
	if err != nil {
		return sight{}, fmt.Errorf("%s: %w", v.name, err)
	}
	return sight{Name: v.name, Scan: scan}, nil
}

// scans are those of what could be read.
func scans(seen []sight) (all []detector.Scan) {
	for _, s := range seen {
		if !s.Unread {
			all = append(all, s.Scan)
		}
	}
	return all
}

// decoded opens a file as the program gets pictures from people: whole, at its own size.
func decoded(file string) func(context.Context) (image.Image, error) {
	return func(ctx context.Context) (image.Image, error) {
		data, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		p, err := picture.Decode(ctx, data, picture.Limits{})
		if err != nil {
			return nil, err
		}
		return p.Image, nil
	}
}
