package cli

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// reader reads the text of a flag. What it cannot read is wrong use, which is said before anything is done.
type reader[T any] struct {
	kind string // what stands for the value in help
	read func(string) (T, error)
	may  []string // the only values, if there are few: shells complete them
}

// flagOf is a flag that puts what is read of its text into a variable, at once what is read of the usual text.
func flagOf[T any](to *T, usual string, r reader[T]) pflag.Value {
	f := &readFlag[T]{to: to, text: usual, reader: r}
	if v, err := r.read(usual); err == nil { // a flag without a usual value has none of the text ""
		*to = v
	}
	return f
}

type readFlag[T any] struct {
	to   *T
	text string
	reader[T]
}

// Set implements pflag.Value.
func (f *readFlag[T]) Set(text string) error {
	v, err := f.read(text)
	if err == nil {
		*f.to, f.text = v, text
	}
	return err
}

func (f *readFlag[T]) String() string    { return f.text }
func (f *readFlag[T]) Type() string      { return f.kind }
func (f *readFlag[T]) choices() []string { return f.may }

// listOf is a flag that is given several times, or once with commas.
func listOf[T any](to *[]T, r reader[T]) pflag.Value { return &listFlag[T]{to: to, reader: r} }

type listFlag[T any] struct {
	to   *[]T
	text []string
	reader[T]
}

// Set implements pflag.Value.
func (f *listFlag[T]) Set(text string) error {
	for part := range strings.SplitSeq(text, ",") {
		v, err := f.read(strings.TrimSpace(part))
		if err != nil {
			return err
		}
		*f.to, f.text = append(*f.to, v), append(f.text, part)
	}
	return nil
}

func (f *listFlag[T]) String() string    { return strings.Join(f.text, ",") }
func (f *listFlag[T]) Type() string      { return f.kind + ",..." }
func (f *listFlag[T]) choices() []string { return f.may }

// completing lets shells complete the values of flags that may have few.
func completing(cmd *cobra.Command) {
	cmd.LocalFlags().VisitAll(func(f *pflag.Flag) {
		v, ok := f.Value.(interface{ choices() []string })
		if !ok || len(v.choices()) == 0 {
			return
		}
		complete := cobra.FixedCompletions(v.choices(), cobra.ShellCompDirectiveNoFileComp)
		_ = cmd.RegisterFlagCompletionFunc(f.Name, complete) // the flag exists, and a second time says the same
	})
	for _, sub := range cmd.Commands() {
		completing(sub)
	}
}

// either is one of a few words.
func either(may ...string) reader[string] {
	return reader[string]{strings.Join(may, "|"), func(s string) (string, error) {
		if !slices.Contains(may, s) {
			return "", fmt.Errorf("it is %s", orOf(may))
		}
		return s, nil
	}, may}
}

// orOf joins words as a sentence does.
func orOf(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " or " + words[len(words)-1]
}

// between is a number in a range, both ends included.
func between[T int | uint64 | float64](least, most T) reader[T] {
	return reader[T]{kind: "number", read: func(s string) (T, error) {
		v, err := numberOf[T](s)
		if err != nil || !(v >= least && v <= most) { // so that a NaN is outside
			return v, fmt.Errorf("it is a number from %v to %v", least, most)
		}
		return v, nil
	}}
}

func numberOf[T int | uint64 | float64](s string) (v T, err error) {
	switch p := any(&v).(type) {
	case *int:
		*p, err = strconv.Atoi(s)
	case *uint64:
		*p, err = strconv.ParseUint(s, 10, 64)
	case *float64:
		*p, err = strconv.ParseFloat(s, 64)
	}
	return v, err
}

// span is a length of time in a range.
func span(least, most time.Duration) reader[time.Duration] {
	return reader[time.Duration]{kind: "span", read: func(s string) (time.Duration, error) {
		d, err := time.ParseDuration(s)
		if err != nil || d < least || d > most {
			return 0, fmt.Errorf("it is a span from %v to %v, such as 90s", least, most)
		}
		return d, nil
	}}
}

// place is where to listen: a host, which may be left out, and a port.
var place = reader[string]{kind: "host:port", read: func(s string) (string, error) {
	_, port, err := net.SplitHostPort(s)
	if n, failed := strconv.ParseUint(port, 10, 16); err == nil && (failed != nil || n > 1<<16-1) {
		err = errors.New("the port is no number up to 65535")
	}
	if err != nil {
		return "", fmt.Errorf("it is an address such as 127.0.0.1:8080: %w", err)
	}
	return s, nil
}}

// site is the address of a server, "" for none.
var site = reader[string]{kind: "address", read: func(s string) (string, error) {
	whole := s
	if !strings.Contains(whole, "://") {
		whole = "https://" + whole
	}
	u, err := url.Parse(whole)
	if s != "" && (err != nil || u.Hostname() == "" || strings.ContainsAny(s, " \t\n") || u.Scheme != "https" && u.Scheme != "http") {
		return "", errors.New("it is the address of a server, such as https://example.social")
	}
	return s, nil
}}

// nonempty is a name that means nothing when it is empty, as an unset variable of a shell makes it.
func nonempty(kind string) reader[string] {
	return reader[string]{kind: kind, read: func(s string) (string, error) {
		if strings.TrimSpace(s) == "" {
			return "", fmt.Errorf("it is the name of a %s, not nothing", kind)
		}
		return s, nil
	}}
}

// account is the name of somebody, without the @ that may begin it.
var account = reader[string]{kind: "account", read: func(s string) (string, error) {
	name := strings.TrimPrefix(s, "@")
	if name == "" || strings.ContainsAny(name, " \t\n,") || strings.HasPrefix(name, "@") || strings.HasSuffix(name, "@") {
		return "", errors.New("it is an account, such as @name@example.social")
	}
	return name, nil
}}

// accountOf is whom an argument names, without the @.
func accountOf(arg string) (string, error) {
	who, err := account.read(arg)
	if err != nil {
		return "", usageError(fmt.Errorf("%q: %w", arg, err))
	}
	return who, nil
}

// needs says which flags a command cannot do without.
func needs(cmd *cobra.Command, names ...string) {
	check := cmd.Args
	cmd.Args = func(cmd *cobra.Command, args []string) error {
		for _, name := range names {
			if !cmd.Flags().Changed(name) {
				return usageError(fmt.Errorf("--%s is missing\nusage: %s", name, cmd.UseLine()))
			}
		}
		return check(cmd, args)
	}
}
