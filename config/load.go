package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/pelletier/go-toml/v2"
)

// Lookup finds an environment variable; os.LookupEnv is one.
type Lookup func(name string) (value string, ok bool)

// source is where a value comes from.
type source struct {
	env  string // name of the variable
	file string
	line int
}

// String is the place as errors name it.
func (s source) String() string {
	switch {
	case s.env != "":
		return s.env
	case s.file != "":
		return fmt.Sprintf("%s:%d", s.file, s.line)
	}
	return "default"
}

// Load reads a file and the environment, which wins. An empty path means the file named by
// SLUGPUPPY_CONFIG, else slugpuppy.toml in the user's configuration folder or in
// /etc/slugpuppy, else defaults alone. The error names every mistake with its file and line
// or its variable, the value, what is allowed and what to do. Networks have sections of their own.
func Load(path string, env Lookup, networks ...Section) (*Config, error) {
	path, err := find(path, env)
	if err != nil {
		return nil, err
	}
	c := Default(networks...)
	c.file, c.sources = path, map[string]source{}
	if path != "" {
		data, err := readFile(path)
		if err != nil {
			return nil, err
		}
		err = c.read(data)
		if err != nil {
			return nil, err
		}
	}
	if err := errors.Join(c.readEnv(env), c.readSecrets(), c.checkAddresses(), c.checkCluster()); err != nil {
		return nil, err
	}
	c.place(env)
	return c, nil
}

// find decides which file is read.
func find(path string, env Lookup) (string, error) {
	if path == "" {
		path, _ = env(prefix + "CONFIG")
	}
	if path != "" {
		return path, nil
	}
	for _, folder := range []string{userFolder(env, "XDG_CONFIG_HOME", ".config"), "/etc"} {
		if folder == "" {
			continue
		}
		usual := filepath.Join(folder, "slugpuppy", "slugpuppy.toml")
		switch _, err := os.Stat(usual); {
		case err == nil:
			return usual, nil
		case !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, fs.ErrPermission):
			return "", fmt.Errorf("look for the configuration: %w", err)
		}
	}
	return "", nil
}

// maxFile is far above any real configuration.
const maxFile = 1 << 20

func readFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read the configuration: %w", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, fmt.Errorf("read the configuration: %w", err)
	}
	if len(data) > maxFile {
		return nil, fmt.Errorf("%s is larger than %d bytes; is it the right file?", path, maxFile)
	}
	return data, nil
}

// read takes every value of a file, and finds all mistakes, not only the first.
func (c *Config) read(data []byte) error {
	data = bytes.TrimPrefix(data, []byte("\ufeff")) // some editors begin every file with it
	var doc map[string]any
	err := toml.NewDecoder(bytes.NewReader(data)).Decode(&doc)
	var bad *toml.DecodeError
	if errors.As(err, &bad) {
		line, column := bad.Position()
		return fmt.Errorf("%s:%d:%d: %s", c.file, line, column, strings.TrimPrefix(bad.Error(), "toml: "))
	}
	if err != nil {
		return fmt.Errorf("%s: %w", c.file, err)
	}
	known := map[string]option{}
	for _, o := range c.options() {
		known[o.key()] = o
	}
	var errs []error
	for _, e := range entries(data) {
		if err := c.take(known, e, lookup(doc, e.path)); err != nil {
			errs = append(errs, fmt.Errorf("%s:%d: %s: %w", c.file, e.line, strings.Join(e.path, "."), err))
		}
	}
	return errors.Join(errs...)
}

// take sets one value of the file.
func (c *Config) take(known map[string]option, e entry, value any) error {
	key := strings.Join(e.path, ".")
	if e.table {
		return c.checkSection(key)
	}
	o, ok := known[key]
	if !ok {
		return c.unknown(key, known)
	}
	var text string
	switch v := value.(type) {
	case string:
		text = v
	case int64, float64, bool:
		text = fmt.Sprint(v)
	default:
		return errors.New("neither a number, true or false, nor a text in quotes")
	}
	c.sources[key] = source{file: c.file, line: e.line}
	return o.set(c, text)
}

func (c *Config) checkSection(name string) error {
	var names []string
	for _, s := range c.sections() {
		if s.name == name {
			return nil
		}
		names = append(names, s.name)
	}
	return fmt.Errorf("no such section; there are %s", strings.Join(names, ", "))
}

// unknown is the error for a key nobody knows, with the one that was probably meant.
func (c *Config) unknown(key string, known map[string]option) error {
	if len(key) > 64 {
		return errors.New("no such key")
	}
	best, distance := "", 4
	if _, name, ok := strings.Cut(key, "."); ok {
		for _, o := range c.options() { // the right key in the wrong section
			if o.name == name {
				best, distance = o.key(), 0
			}
		}
	}
	for _, o := range c.options() {
		if d := edits(key, o.key()); d < distance {
			best, distance = o.key(), d
		}
	}
	if best == "" {
		return errors.New("no such key; `slugpuppy config dump` lists them all")
	}
	return fmt.Errorf("no such key; did you mean %s?", best)
}

// edits is the Levenshtein distance.
func edits(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		last := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := last
			if a[i] != b[j] {
				cost++
			}
			last = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

// readEnv takes every variable that names an option. A variable that is set but empty counts.
func (c *Config) readEnv(env Lookup) error {
	var errs []error
	for _, o := range c.options() {
		text, ok := env(o.env())
		if !ok {
			continue
		}
		if err := o.set(c, text); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", o.env(), err))
		}
		c.sources[o.key()] = source{env: o.env()}
	}
	return errors.Join(errs...)
}

// UnknownEnv lists the variables in an environment that look like ours and are not: a
// misspelt one would be ignored in silence.
func (c *Config) UnknownEnv(environ []string) []string {
	known := map[string]bool{prefix + "CONFIG": true, prefix + "KERNEL": true} // the latter is classifier/kernel's
	for _, o := range c.options() {
		known[o.env()] = true
	}
	var odd []string
	for _, e := range environ {
		name, _, _ := strings.Cut(e, "=")
		if strings.HasPrefix(name, prefix) && !strings.HasPrefix(name, prefix+"E2E_") && !known[name] {
			odd = append(odd, name)
		}
	}
	return odd
}
