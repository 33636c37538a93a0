package config

import (
	"encoding"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// option is one field of Config with what its tags say.
type option struct {
	section, name string
	doc           string
	low, high     string // range, "" for none
	choices       []string
	secret        bool
	index         [2]int
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

// sections lists every option, in the order of Config.
func sections() []section {
	var all []section
	t := reflect.TypeFor[Config]()
	for i := range t.NumField() {
		f := t.Field(i)
		if !f.IsExported() {
			continue
		}
		s := section{name: f.Tag.Get("toml"), doc: f.Tag.Get("doc")}
		for j := range f.Type.NumField() {
			s.options = append(s.options, newOption(s.name, f.Type.Field(j), [2]int{i, j}))
		}
		all = append(all, s)
	}
	return all
}

func newOption(section string, f reflect.StructField, index [2]int) option {
	o := option{
		section: section, name: f.Tag.Get("toml"), doc: f.Tag.Get("doc"),
		low: f.Tag.Get("min"), high: f.Tag.Get("max"),
		secret: f.Type == reflect.TypeFor[Secret](), index: index,
	}
	if c := f.Tag.Get("choice"); c != "" {
		o.choices = strings.Split(c, ",")
	}
	return o
}

// options lists every option without its section.
func options() []option {
	var all []option
	for _, s := range sections() {
		all = append(all, s.options...)
	}
	return all
}

// field is where a config keeps the option.
func (o option) field(c *Config) reflect.Value {
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
