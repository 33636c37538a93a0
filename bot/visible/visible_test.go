package visible_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"slugpuppy/bot/visible"
)

func TestWhatWouldBeObeyedIsShown(t *testing.T) {
	for in, want := range map[string]string{
		"Ana": "Ana",
		"Füße 漢字 👩‍👩‍👧 🏴󠁧󠁢󠁥󠁮󠁧󠁿":      "Füße 漢字 👩‍👩‍👧 🏴󠁧󠁢󠁥󠁮󠁧󠁿",
		"שלום می\u200cخواهم":         "שלום می\u200cخواهم",
		"\x1b[2Jgone":                `\u001b[2Jgone`,
		"a\rb":                       `a\u000db`,
		"a\nadmin: yes":              `a\u000aadmin: yes`,
		"a\tb":                       `a\u0009b`,
		"\u009b31m":                  `\u009b31m`, // a CSI in one character
		"\x9b31m":                    "\uFFFD31m", // and in one byte
		"\x7f\x00\a\b":               `\u007f\u0000\u0007\u0008`,
		"user\u202egnp.exe":          `user\u202egnp.exe`,
		"\u2066a\u2069 \u200f\u061c": `\u2066a\u2069 \u200f\u061c`,
		"a\u2028b\u2029c\u0085":      `a\u2028b\u2029c\u0085`,
		"\xff\xc3":                   "\uFFFD\uFFFD",
	} {
		if got := visible.Line(in); got != want {
			t.Errorf("Line(%q) = %q, want %q", in, got, want)
		}
	}
	if got := visible.Text("a\n\tb\r\n"); got != "a\n\tb\\u000d\n" {
		t.Errorf("Text: %q", got)
	}
}

func TestShownJSONIsTheSameJSON(t *testing.T) {
	in := "a\u202e\u009b\x1b\u2028\nb"
	data, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	var out string
	if err := json.Unmarshal([]byte(visible.Text(string(data))), &out); err != nil || out != in {
		t.Errorf("%q, %v", out, err)
	}
}

func FuzzWriter(f *testing.F) {
	f.Add("a\u202eb漢\xff\xe6\xbc", 3)
	f.Add("\x1b]0;x\a", 1)
	f.Fuzz(func(t *testing.T, s string, n int) {
		var b bytes.Buffer
		w := visible.NewWriter(&b)
		n = max(1, n%16)
		for at := 0; at < len(s); at += n {
			if k, err := w.Write([]byte(s[at:min(len(s), at+n)])); err != nil || k != min(n, len(s)-at) {
				t.Fatal(k, err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		if got, want := b.String(), visible.Text(s); got != want {
			t.Errorf("in parts of %d %q, at once %q", n, got, want)
		}
		if line := visible.Line(s); !utf8.ValidString(line) || strings.ContainsAny(line, "\n\t\r\x1b\u202e") {
			t.Errorf("%q is obeyed", line)
		}
	})
}
