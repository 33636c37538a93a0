package config

import (
	"errors"
	"fmt"
	"log/slog"
	"math"
	"strconv"
	"strings"
	"time"
)

// ByteSize is an amount of bytes, written as 1.5GiB, 16MiB, 300MB or a plain number.
type ByteSize int64

// Units of ByteSize.
const (
	KiB ByteSize = 1 << 10
	MiB ByteSize = 1 << 20
	GiB ByteSize = 1 << 30
	TiB ByteSize = 1 << 40
)

// units are tried in this order: the long names first, since B ends all of them.
var units = []struct {
	name string
	size ByteSize
}{
	{"TiB", TiB}, {"GiB", GiB}, {"MiB", MiB}, {"KiB", KiB},
	{"TB", 1e12}, {"GB", 1e9}, {"MB", 1e6}, {"kB", 1e3}, {"B", 1}, {"", 1},
}

var errSize = errors.New(`not an amount of bytes; write it as "16MiB", "1.5GiB" or a number`)

// UnmarshalText reads a size; case does not matter.
func (b *ByteSize) UnmarshalText(text []byte) error {
	s := strings.TrimSpace(string(text))
	for _, u := range units {
		if len(s) < len(u.name) || !strings.EqualFold(s[len(s)-len(u.name):], u.name) {
			continue
		}
		n, err := strconv.ParseFloat(strings.TrimSpace(s[:len(s)-len(u.name)]), 64)
		if err != nil || !(n >= 0) || n*float64(u.size) >= math.MaxInt64 {
			return errSize
		}
		*b = ByteSize(math.Round(n * float64(u.size)))
		return nil
	}
	return errSize
}

// String is the size in the largest unit that writes it exactly with two decimals at most.
func (b ByteSize) String() string {
	for _, u := range units[:4] {
		if hundredths := b * 100 / u.size; b >= u.size && hundredths*u.size == b*100 && b < math.MaxInt64/100 {
			return strconv.FormatFloat(float64(hundredths)/100, 'f', -1, 64) + u.name
		}
	}
	return strconv.FormatInt(int64(b), 10)
}

// Duration is a time span, written as 30s, 15m, 24h, 7d or 1h30m.
type Duration time.Duration

const day = 24 * time.Hour

var errDuration = errors.New(`not a time span; write it as "30s", "15m", "24h" or "7d"`)

// UnmarshalText reads a span; whole days may be written with d.
func (d *Duration) UnmarshalText(text []byte) error {
	s := strings.TrimSpace(string(text))
	if days, ok := strings.CutSuffix(s, "d"); ok {
		n, err := strconv.ParseUint(days, 10, 16)
		if err != nil {
			return errDuration
		}
		*d = Duration(time.Duration(n) * day)
		return nil
	}
	v, err := time.ParseDuration(s)
	if err != nil {
		return errDuration
	}
	*d = Duration(v)
	return nil
}

// String is the span without parts that are zero.
func (d Duration) String() string {
	v := time.Duration(d)
	if v >= 2*day && v%day == 0 {
		return fmt.Sprintf("%dd", v/day)
	}
	s := v.String()
	if s, ok := strings.CutSuffix(s, "m0s"); ok {
		s += "m"
		if h, ok := strings.CutSuffix(s, "h0m"); ok {
			return h + "h"
		}
		return s
	}
	return s
}

// Std is the span as the standard library's type.
func (d Duration) Std() time.Duration { return time.Duration(d) }

// Dollars is an amount of money in millionths of a US dollar, written as $10 or 0.005.
type Dollars int64

// Dollar is one US dollar.
const Dollar Dollars = 1_000_000

// mostDollars is far above any budget and far below what the type holds.
const mostDollars = 1e9

var errDollars = errors.New(`not an amount of US dollars; write it as "$10" or "0.005"`)

// UnmarshalText reads an amount, with or without $. Amounts below a millionth are no amount.
func (d *Dollars) UnmarshalText(text []byte) error {
	v, err := strconv.ParseFloat(strings.TrimPrefix(strings.TrimSpace(string(text)), "$"), 64)
	millionths := v * float64(Dollar)
	if err != nil || !(v >= 0) || v > mostDollars || math.Abs(millionths-math.Round(millionths)) > 1e-3 {
		return errDollars
	}
	*d = Dollars(math.Round(millionths))
	return nil
}

// String is the amount without zeros that say nothing.
func (d Dollars) String() string {
	return "$" + strconv.FormatFloat(float64(d)/float64(Dollar), 'f', -1, 64)
}

// Secret is text that is never printed. Reveal returns it.
type Secret string

// UnmarshalText reads a secret.
func (s *Secret) UnmarshalText(text []byte) error {
	*s = Secret(strings.TrimSpace(string(text)))
	return nil
}

const redacted = "(set, not shown)"

// String hides the secret.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return redacted
}

// GoString hides the secret from %#v.
func (s Secret) GoString() string { return strconv.Quote(s.String()) }

// MarshalText hides the secret from encoders.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// LogValue hides the secret from logs.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// Reveal returns the secret itself.
func (s Secret) Reveal() string { return string(s) }
