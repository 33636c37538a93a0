package plain_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"slugpuppy/bot/network/plain"
)

func TestTextOfAPostIsWhatAPersonReads(t *testing.T) {
	tests := map[string]string{
		"": "",
		`<p><span class="h-card"><a href="https://a.example/@dreambot" class="u-url mention">@<span>dreambot</span></a></span> deeper 2</p>`: "@dreambot deeper 2",
		"<p>one<br />two</p><p>three &amp; four</p>": "one\ntwo\nthree & four",
		`<p>see <a href="https://example.com/a/b"><span class="invisible">https://</span><span class="ellipsis">example.com/a</span><span class="invisible">/b</span></a></p>`: "see https://example.com/a/b",
		"cw=&quot;a b&quot; no&nbsp;dogs":           `cw="a b" no dogs`,
		"<script>alert(1)</script><style>x</style>": "",
		"<p>unclosed <b>bold":                       "unclosed bold",
		"a < b":                                     "a < b",
		"&amp;lt;b&amp;gt;":                         "&lt;b&gt;",
		`<p class="quote-inline">RE: <a href="https://a.example/1">https://a.example/1</a></p><p>into birds</p>`:                                      "into birds",
		`<p>into birds<span class="quote-inline"><br/><br/>RE: <a href="https://a.example/1">https://a.example/1</a></span></p>`:                      "into birds",
		`<p>into birds<span><br><br>RE: </span><a href="https://a.example/1"><span class="invisible">https://</span><span>a.example/1</span></a></p>`: "into birds",
		"<p>into birds<br><br>RT: https://a.example/1</p>":                                                                                            "into birds",
		"<p><span>into birds<br><br>RE: \U0001f512</span></p>":                                                                                        "into birds",
		"<p>RE: your picture</p>":           "RE: your picture",
		`<p class="big">into birds</p>`:     "into birds",
		"<ul><li>one</li><li>two</li></ul>": "one\ntwo",
		`<h1>My cat</h1><span class="h-card">@<a>dreambot</a></span> dream<ul><li>eyes</li></ul>fur<hr>end<blockquote>said</blockquote>`: "My cat\n@dreambot dream\neyes\nfur\nend\nsaid",
	}
	for html, want := range tests {
		if got := plain.Text(html); got != want {
			t.Errorf("%s\n got %q\nwant %q", html, got, want)
		}
	}
}

func FuzzText(f *testing.F) {
	for _, s := range []string{"", "<p>a<br>b</p>", "<a href='x'>&lt;", "<script>", "</p></p>", "&#x110000;", "<![CDATA[x]]>", "<p\xff>"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		text := plain.Text(s)
		if utf8.ValidString(s) && !utf8.ValidString(text) && len(s) <= 1<<16 {
			t.Fatalf("%q became invalid text %q", s, text)
		}
		for line := range strings.SplitSeq(text, "\n") {
			if text != "" && strings.TrimSpace(line) != line {
				t.Fatalf("%q: line %q is not tidy", s, line)
			}
		}
	})
}
