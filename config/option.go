package config

import (
	"encoding"
	"errors"
	"fmt"
	"math"
	"net"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// option is one field of Config, or of a network's section, with what its tags say.
type option struct {
	section, name string
	doc           string
	low, high     string // range, "" for none
	choices       []string
	secret        bool
	address       string // an address like this, "" for other things
	beside        string // where an empty path is, beside the database
	listens       bool   // a host, which may be empty, and a port to listen on
	index         [2]int // in Config, or in Config.Networks
	network       bool
}

func (o option) key() string { return o.section + "." + o.name }

// prefix of environment variables.
const prefix = "SLUGPUPPY_"

func (o option) env() string { return prefix + strings.ToUpper(o.section+"_"+o.name) }

// section is a table of the file.
type section struct {
	name, doc string
	options   []option
}

// sections lists every option: those of networks, then the others in the order of Config.
func (c *Config) sections() []section {
	var all []section
	for i, n := range c.Networks {
		all = append(all, newSection(n.Name, n.Doc, reflect.TypeOf(n.Options).Elem(), i, true))
	}
	t := reflect.TypeFor[Config]()
	for i := range t.NumField() {
		if f := t.Field(i); f.Tag.Get("toml") != "" {
			all = append(all, newSection(f.Tag.Get("toml"), f.Tag.Get("doc"), f.Type, i, false))
		}
	}
	return all
}

func newSection(name, doc string, t reflect.Type, index int, network bool) section {
	s := section{name: name, doc: doc}
	for j := range t.NumField() {
		o := newOption(name, t.Field(j), [2]int{index, j})
		o.network = network
		s.options = append(s.options, o)
	}
	return s
}

func newOption(section string, f reflect.StructField, index [2]int) option {
	o := option{
		section: section, name: f.Tag.Get("toml"), doc: f.Tag.Get("doc"),
		low: f.Tag.Get("min"), high: f.Tag.Get("max"), address: f.Tag.Get("address"), beside: f.Tag.Get("beside"),
		listens: f.Tag.Get("listens") != "",
		secret:  f.Type == reflect.TypeFor[Secret](), index: index,
	}
	if c := f.Tag.Get("choice"); c != "" {
		o.choices = strings.Split(c, ",")
	}
	return o
}

// options lists every option without its section.
func (c *Config) options() []option {
	var all []option
	for _, s := range c.sections() {
		all = append(all, s.options...)
	}
	return all
}

// field is where a config keeps the option.
func (o option) field(c *Config) reflect.Value {
	if o.network {
		return reflect.ValueOf(c.Networks[o.index[0]].Options).Elem().Field(o.index[1])
	}
	return reflect.ValueOf(c).Elem().Field(o.index[0]).Field(o.index[1])
}

// text is the option's value as it is written in a file, without quotes.
func (o option) text(c *Config) string { return fmt.Sprint(o.field(c).Interface()) }

// set reads a value and checks it against the option's range.
func (o option) set(c *Config, text string) error {
	v := reflect.New(o.field(c).Type()).Elem()
	if err := parse(v, text); err != nil {
		return fmt.Errorf("%q is %w", o.shown(text), err)
	}
	if err := o.check(v, text); err != nil {
		return err
	}
	o.field(c).Set(v)
	return nil
}

// shown is a value as an error may quote it.
func (o option) shown(text string) string {
	if o.secret {
		return redacted
	}
	if r := []rune(text); len(r) > 60 {
		return string(r[:60]) + "..."
	}
	return text
}

var (
	errWhole = errors.New("not a whole number")
	errTruth = errors.New("not true or false")
	errLong  = errors.New("longer than 4096 bytes")
	errBytes = errors.New("not plain text")
)

func parse(v reflect.Value, text string) error {
	odd := func(r rune) bool { return r < ' ' && r != '\n' || r == 0x7f }
	if !utf8.ValidString(text) || strings.ContainsFunc(text, odd) {
		return errBytes
	}
	if u, ok := v.Addr().Interface().(encoding.TextUnmarshaler); ok {
		return u.UnmarshalText([]byte(text))
	}
	switch v.Kind() {
	case reflect.String:
		if len(text) > 4096 {
			return errLong
		}
		v.SetString(strings.TrimSpace(text))
		return nil
	case reflect.Int, reflect.Int64:
		n, err := strconv.ParseInt(strings.ReplaceAll(strings.TrimSpace(text), "_", ""), 10, 64)
		if err != nil || v.OverflowInt(n) {
			return errWhole
		}
		v.SetInt(n)
		return nil
	case reflect.Bool:
		b, err := strconv.ParseBool(strings.TrimSpace(text))
		if err != nil {
			return errTruth
		}
		v.SetBool(b)
		return nil
	}
	panic("config: no parser for " + v.Type().String()) // a new kind of field in Config
}

func (o option) check(v reflect.Value, text string) error {
	if len(o.choices) > 0 && !slices.Contains(o.choices, v.String()) {
		return fmt.Errorf("%q is not one of %s", o.shown(text), strings.Join(o.choices, ", "))
	}
	if o.listens && v.String() != "" {
		_, port, err := net.SplitHostPort(v.String())
		if _, odd := strconv.ParseUint(port, 10, 16); err != nil || odd != nil {
			return fmt.Errorf("%q is not an address to listen on, such as 127.0.0.1:8080", o.shown(text))
		}
	}
	if o.low == "" && o.high == "" {
		return nil
	}
	if n := v.Int(); n < o.bound(v.Type(), o.low, math.MinInt64) || n > o.bound(v.Type(), o.high, math.MaxInt64) {
		return fmt.Errorf("%s is out of range; allowed is %s to %s", o.shown(text), o.low, o.high)
	}
	return nil
}

// bound is an end of the range. A tag that does not parse is a mistake in Config, which the
// tests find.
func (o option) bound(t reflect.Type, tag string, otherwise int64) int64 {
	if tag == "" {
		return otherwise
	}
	v := reflect.New(t).Elem()
	if err := parse(v, tag); err != nil {
		panic(fmt.Sprintf("config: %s: range %q is %v", o.key(), tag, err))
	}
	return v.Int()
}
