package config

import (
	"bytes"
	"fmt"
	"io"
	"reflect"
	"strconv"
	"strings"
)

// Setting is one option with its value and where that comes from.
type Setting struct {
	Key    string
	Value  string // secrets are not shown
	Source string
}

// Settings lists every option, in the order of the file.
func (c *Config) Settings() []Setting {
	var all []Setting
	for _, o := range c.options() {
		all = append(all, Setting{o.key(), o.text(c), c.sources[o.key()].String()})
	}
	return all
}

// Dump writes every option as a file that Load reads back, with where each value comes from.
// Secrets are named but not shown.
func (c *Config) Dump(w io.Writer) error {
	return write(w, func(b *bytes.Buffer) {
		for i, s := range c.sections() {
			if i > 0 {
				b.WriteByte('\n')
			}
			fmt.Fprintf(b, "[%s]\n", s.name)
			for _, o := range s.options {
				from := c.sources[o.key()]
				switch {
				case o.secret && o.text(c) != "":
					fmt.Fprintf(b, "# %s is set and not shown (%s)\n", o.name, from)
				case o.secret:
					fmt.Fprintf(b, "# %s is not set\n", o.name)
				default:
					fmt.Fprintf(b, "%s = %s # %s\n", o.name, o.literal(c), from)
				}
			}
		}
	})
}

// Example writes a file with every option, switched off and explained; it is for Default.
func (c *Config) Example(w io.Writer) error {
	return write(w, func(b *bytes.Buffer) {
		b.WriteString("# Options of slugpuppy. Lines with a value behind # show the default.\n" +
			"# Every option can also be set in the environment: bot.poll is SLUGPUPPY_BOT_POLL.\n")
		for _, s := range c.sections() {
			fmt.Fprintf(b, "\n# %s\n[%s]\n", sentence(s.doc), s.name)
			for _, o := range s.options {
				fmt.Fprintf(b, "\n# %s%s.\n#%s = %s\n", sentence(o.doc), o.allowed(), o.name, o.literal(c))
			}
		}
	})
}

// Table writes the options as a Markdown table, for docs/configuration.md; it is for Default.
func (c *Config) Table(w io.Writer) error {
	return write(w, func(b *bytes.Buffer) {
		b.WriteString("| key | default | what it is |\n|---|---|---|\n")
		for _, o := range c.options() {
			value := ""
			if text := o.text(c); text != "" {
				value = "`" + text + "`"
			}
			fmt.Fprintf(b, "| `%s` | %s | %s%s |\n", o.key(), value, o.doc, o.allowed())
		}
	})
}

func write(w io.Writer, content func(*bytes.Buffer)) error {
	var b bytes.Buffer
	content(&b)
	if _, err := b.WriteTo(w); err != nil {
		return fmt.Errorf("write the configuration: %w", err)
	}
	return nil
}

// literal is the value as TOML.
func (o option) literal(c *Config) string {
	text := o.text(c)
	switch o.field(c).Type() {
	case reflect.TypeFor[int](), reflect.TypeFor[int64]():
		return text
	}
	return strconv.Quote(text) // no value holds what Go and TOML escape differently
}

// allowed says which values there are, in brackets.
func (o option) allowed() string {
	switch {
	case len(o.choices) > 0:
		return " (" + strings.Join(o.choices, ", ") + ")"
	case o.low != "":
		return " (" + o.low + " to " + o.high + ")"
	}
	return ""
}

func sentence(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
